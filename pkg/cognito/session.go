package cognito

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/otp"
)

// session is where a session stands at the start of a round. It travels in the
// metadata of the round's challenge, which Cognito keeps to itself, and depends on
// nothing but the policy, the clock and the number of answers: it is the same
// whether there is such a user or not.
type session struct {
	ID    string     `json:"id"`    // random, see [newID]
	Ends  otp.Millis `json:"ends"`  // the code is refused from here on
	Left  int        `json:"left"`  // answers left
	Asked otp.Millis `json:"asked"` // when a message was last asked for
}

// custom is Cognito's name of a challenge that triggers make.
const custom = "CUSTOM_CHALLENGE"

// idLength is that of a session's id: 128 bits in base64url.
const idLength = 22

func newID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("random bytes: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// metadata is the opposite of [parse].
func (s session) metadata() string {
	text, _ := json.Marshal(s) // never fails: strings and numbers
	return string(text)
}

// parse reads the metadata of a round. It reports false for a challenge that is
// not ours.
func parse(r *events.CognitoEventUserPoolsChallengeResult) (s session, ok bool) {
	if r == nil || r.ChallengeName != custom {
		return s, false
	}
	d := json.NewDecoder(bytes.NewReader([]byte(r.ChallengeMetadata)))
	d.DisallowUnknownFields()
	ok = d.Decode(&s) == nil && len(s.ID) == idLength && s.Left > 0 && s.Ends > 0
	return s, ok
}

// step is how a session goes on.
type step int

const (
	foreign step = iota // fails too: these triggers lead no session so
	fails
	begins
	continues
	passes
)

// follow says how a session goes on after its rounds so far, and where it stands
// then. resend is whether the latest answer was a request to send the code again.
func follow(rounds []*events.CognitoEventUserPoolsChallengeResult, resend bool, now otp.Millis) (session, step) {
	if len(rounds) == 0 {
		return session{}, begins
	}
	var s session
	for i, r := range rounds {
		next, ok := parse(r)
		switch {
		case !ok, i > 0 && next.ID != s.ID: // begun by a password, or by another pool's triggers
			return s, foreign
		case r.ChallengeResult && i < len(rounds)-1: // was passed before, and went on all the same
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
