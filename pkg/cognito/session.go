package cognito

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/otp"
)

// session is the state of a session at the start of a round. It is in the metadata of the round's challenge,
// which Cognito shows to nobody. It depends only on the policy, the clock and the number of answers, so it
// does not depend on whether the user exists.
type session struct {
	ID    string     `json:"id"`    // random, see [newID]
	Ends  otp.Millis `json:"ends"`  // the code is refused from here on
	Left  int        `json:"left"`  // answers left
	Asked otp.Millis `json:"asked"` // the last time that a message was asked for
}

// custom is Cognito's name for a challenge that triggers make.
const custom = "CUSTOM_CHALLENGE"

// idLength is the length of a session's id: 128 bits in base64url.
const idLength = 22

func newID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("random bytes: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// metadata returns the text that [parse] reads.
func (s session) metadata() string {
	text, _ := json.Marshal(s) // cannot fail: strings and numbers
	return string(text)
}

// parse reads the metadata of a round. ok is false for a challenge that is not ours.
func parse(r *events.CognitoEventUserPoolsChallengeResult) (s session, ok bool) {
	if r == nil || r.ChallengeName != custom {
		return s, false
	}
	d := json.NewDecoder(strings.NewReader(r.ChallengeMetadata))
	d.DisallowUnknownFields()
	ok = d.Decode(&s) == nil && len(s.ID) == idLength && s.Left > 0 && s.Ends > 0
	return s, ok
}

// step is how a session goes on.
type step int

const (
	foreign step = iota // fails: another pool's triggers or a password began the session, or it was altered
	fails
	begins
	continues
	passes
)

// follow returns the state of a session after its rounds so far, and how it goes on. resend is set if the
// latest answer was a request to send the code again.
func follow(rounds []*events.CognitoEventUserPoolsChallengeResult, resend bool, now otp.Millis) (session, step) {
	if len(rounds) == 0 {
		return session{}, begins
	}
	var s session
	for i, r := range rounds {
		next, ok := parse(r)
		switch {
		case !ok, i > 0 && next.ID != s.ID: // another pool's triggers or a password began it
			return s, foreign
		case r.ChallengeResult && i < len(rounds)-1: // a round after a passed one
			return s, foreign
		}
		s = next
	}
	if rounds[len(rounds)-1].ChallengeResult {
		return s, passes
	}
	if !resend {
		s.Left--
	}
	if s.Left == 0 || s.Ends <= now {
		return s, fails
	}
	return s, continues
}
