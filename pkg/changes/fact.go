package changes

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Kind is what happened. Its text is the detail-type of the event.
type Kind string

const (
	// Sent: the sender accepted a message. A challenge has one such fact for each.
	Sent Kind = "ChallengeSent"
	// Passed: the code was typed. It never is again.
	Passed Kind = "ChallengePassed"
	// Failed: another code was typed, and attempts are left.
	Failed Kind = "ChallengeFailed"
	// Exhausted: another code was typed, and it was the last attempt.
	Exhausted Kind = "ChallengeExhausted"
	// Expired: the code's time is over and it was never typed. It is told when the
	// item goes, a day or more after its time.
	Expired Kind = "ChallengeExpired"
	// Refused: no message was sent for a challenge and none will be. It is not told of
	// [otp.NoUser]: nobody can do anything about somebody who does not exist, and
	// strangers may invent as many as they like. The log counts them.
	Refused Kind = "SendRefused"
	// Unreadable: a record of the stream cannot be understood, and may hold facts
	// that nobody was told of. It is for the operator.
	Unreadable Kind = "RecordUnreadable"
)

// Fact is one thing that happened. Its JSON is the detail of the event; schemas
// are in docs/events. It holds no code, nothing from which one could be found, and
// of the number only the mask.
type Fact struct {
	ID   string    `json:"id"` // the same whenever the fact is told
	Kind Kind      `json:"-"`
	Time time.Time `json:"time"` // when it happened, UTC

	Client           string `json:"client,omitempty"`
	AuthenticationID string `json:"authenticationId,omitempty"`
	Country          string `json:"country,omitempty"`      // ISO 3166-1 alpha-2, "" where it is not known
	MaskedNumber     string `json:"maskedNumber,omitempty"` // "" where a user has none that could be one
	AttemptsLeft     *int   `json:"attemptsLeft,omitempty"` // after it; nil for [Sent], [Refused] and [Unreadable]
	Reason           string `json:"reason,omitempty"`       // with Refused an [otp.Outcome], with Unreadable what is wrong

	// Of Unreadable only: where the record is.
	Stream         string `json:"stream,omitempty"`
	SequenceNumber string `json:"sequenceNumber,omitempty"`

	ledger string // of the number, for [Consumer]; not published
}

// fact makes a fact about a challenge. Its id stands for the kind, the challenge
// and, where it can happen to one more than once, what tells the times apart.
func (i Image) fact(kind Kind, at time.Time, which ...string) Fact {
	f := Fact{
		ID: factID(append([]string{string(kind), i.Key, string(i.Seed)}, which...)...), Kind: kind, Time: at.UTC().Truncate(time.Millisecond),
		Client: i.Client, AuthenticationID: i.AuthID, Country: i.Region, MaskedNumber: i.Mask,
		ledger: i.Ledger,
	}
	f.leave(i.Max - i.Attempts)
	return f
}

func (f *Fact) leave(attempts int) {
	left := max(0, attempts)
	f.AttemptsLeft = &left
}

// NewUnreadable tells of a record of a stream. reason must not quote its values.
func NewUnreadable(stream, sequence, reason string, at time.Time) Fact {
	return Fact{
		ID: factID(string(Unreadable), stream, sequence), Kind: Unreadable, Time: at.UTC().Truncate(time.Millisecond),
		Reason: reason, Stream: stream, SequenceNumber: sequence,
	}
}

// factID is a digest, so that it shows nothing of what it stands for. 120 bits are
// 20 letters.
func factID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p)))) // #nosec G115 -- no field is 4 GB long
		h.Write([]byte(p))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:15])
}

// Source is what events of ours have as their source.
const Source = "countersign"

// Event is a fact as a rule of EventBridge sees it, but for what the bus adds.
type Event struct {
	Source     string    `json:"source"`
	DetailType Kind      `json:"detail-type"`
	Time       time.Time `json:"time"`
	Detail     Fact      `json:"detail"`
}

// Event returns the fact as an event.
func (f Fact) Event() Event {
	return Event{Source: Source, DetailType: f.Kind, Time: f.Time, Detail: f}
}
