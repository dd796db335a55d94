package changes

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// Kind is the kind of a fact. Its text is the detail-type of the event.
type Kind string

const (
	// Sent: the sender accepted a message. A challenge has one such fact for each.
	Sent Kind = "ChallengeSent"
	// Passed: the right code was typed. A challenge has at most one such fact.
	Passed Kind = "ChallengePassed"
	// Failed: a wrong code was typed, and attempts are left.
	Failed Kind = "ChallengeFailed"
	// Exhausted: a wrong code was typed, and it was the last attempt.
	Exhausted Kind = "ChallengeExhausted"
	// Expired: the challenge expired, and the right code was never typed. The fact follows
	// from the deletion of the item, a day or more after the expiry.
	Expired Kind = "ChallengeExpired"
	// Refused: no message was sent for a challenge and none will be. With the result
	// [otp.NoUser] there is no such fact: nobody can act on a user who does not exist,
	// and strangers can invent any number of them. Metrics count them.
	Refused Kind = "SendRefused"
	// Delivered: a message arrived. This kind and the next three follow from the receipts of a
	// message, which is in each state at most once. So it has at most one fact for each state,
	// also if receipts come twice and in any order.
	Delivered Kind = "MessageDelivered"
	// Undelivered: a message did not arrive. State shows whether a further one may.
	Undelivered Kind = "MessageUndelivered"
	// Blocked: a network, a filter or a limit of the account stopped a message.
	Blocked Kind = "MessageBlocked"
	// MessageExpired: a message was not handed over in time, and is dropped.
	MessageExpired Kind = "MessageExpired"
	// Unreadable: a record of the stream cannot be read, and the facts in it are lost to
	// the receivers. It is for the operator.
	Unreadable Kind = "RecordUnreadable"
)

// Fact is one thing that happened. Its JSON is the detail of the event; the schemas
// are in docs/events. It holds no code, nothing from which a code could be found, and
// only the mask of the number.
type Fact struct {
	ID   string    `json:"id"` // the same each time that the fact is published
	Kind Kind      `json:"-"`
	Time time.Time `json:"time"` // when it happened, UTC

	otp.Reported // of the challenge; of a receipt what it has of that; zero for Unreadable
	otp.Marks    // of the challenge; zero for receipts and Unreadable

	MessageID string `json:"messageId,omitempty"` // with Sent and receipts: the provider's id of the message

	// AttemptsLeft is that after the fact; nil for [Sent], [Refused], [Unreadable] and receipts.
	AttemptsLeft *int `json:"attemptsLeft,omitempty"`
	// Reason is an [otp.Outcome] for Refused, an [otp.Reason] for receipts, the fault for Unreadable.
	Reason string `json:"reason,omitempty"`

	// Guard has the figures behind a refusal by a budget of the guard, nil for other facts.
	Guard *guard.Figures `json:"guard,omitempty"`

	// Parts are those of the message: with Sent those that it has, with receipts those that are billed.
	Parts int `json:"parts,omitzero"`

	// With receipts only.
	State       otp.MessageState `json:"state,omitempty"`
	Description string           `json:"description,omitempty"` // the reason in plain words
	Network     string           `json:"network,omitempty"`
	PriceUSD    float64          `json:"priceUSD,omitzero"` // of all parts

	// The place of the record, for Unreadable only.
	Stream         string `json:"stream,omitempty"`
	SequenceNumber string `json:"sequenceNumber,omitempty"`

	// For [Consumer], and not published: with Passed what changes for the number, with Sent, Passed
	// and Refused what changes in the budgets of the guard, and with Passed and Expired the ids of the
	// messages about which the fact is a [Verdict].
	answer   otp.Answer
	credits  []guard.Credit
	messages []string
	record   string // the sequence number of the change, see [Change]
}

// newFact makes a fact about a challenge. Its id is a digest of the kind, of the challenge
// and, for a fact that a challenge can have several times, of which.
func newFact(c *otp.Challenge, kind Kind, at time.Time, which ...string) Fact {
	f := Fact{
		ID:       factID(append([]string{string(kind), c.Key, string(c.Seed)}, which...)...),
		Kind:     kind,
		Time:     at.UTC().Truncate(time.Millisecond),
		Reported: c.Reported,
		Marks:    c.Marks,
	}
	f.leave(c.Max - c.Attempts)
	return f
}

func (f *Fact) leave(attempts int) {
	left := max(0, attempts)
	f.AttemptsLeft = &left
}

// NewUnreadable returns the fact that a record of a stream cannot be read. reason must
// not quote the record's values.
func NewUnreadable(stream, sequence, reason string, at time.Time) Fact {
	return Fact{
		ID:     factID(string(Unreadable), stream, sequence),
		Kind:   Unreadable,
		Time:   at.UTC().Truncate(time.Millisecond),
		Reason: reason, Stream: stream, SequenceNumber: sequence,
	}
}

// factID returns a digest of the parts, so that an id discloses nothing about the
// challenge: 120 bits, 20 letters.
func factID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p)))) // #nosec G115 -- no field is 4 GB long
		h.Write([]byte(p))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:15])
}

// Source is the source of all events of Countersign.
const Source = "countersign"

// Event is an event of EventBridge, without the fields that the bus adds.
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
