package inquiry

import (
	"cmp"
	"time"

	"countersign/pkg/otp"
)

// Lives is what was found. Its JSON is a part of what countersign messages --json prints.
type Lives struct {
	Challenges []Life    `json:"challenges"`
	Others     []Counted `json:"others"`
}

// Life is what became of a challenge and of its messages.
type Life struct {
	Client    string        `json:"client"`
	AuthID    string        `json:"authenticationId"`
	Number    string        `json:"number"` // masked
	Country   string        `json:"country,omitempty"`
	Test      bool          `json:"test,omitzero"`
	Password  bool          `json:"password,omitzero"` // it asks for a password: it has no code, and no message
	State     string        `json:"state"`
	Reason    string        `json:"reason,omitempty"`
	Sending   otp.State     `json:"sending"`
	Attempts  int           `json:"attempts"`
	Allowed   int           `json:"attemptsAllowed"`
	ExpiresAt time.Time     `json:"expiresAt"`
	SentAt    time.Time     `json:"sentAt,omitzero"` // of the latest message
	Counted   []time.Time   `json:"counted"`         // without re-sends, newest first
	Messages  []SentMessage `json:"messages"`        // newest first
}

// SentMessage is a message that the provider accepted.
type SentMessage struct {
	ID      string   `json:"id"`
	Receipt *Receipt `json:"receipt,omitempty"`
}

// Receipt is what the provider reported about a message.
type Receipt struct {
	State       otp.MessageState `json:"state"`
	Reason      otp.Reason       `json:"reason"`
	Description string           `json:"description"`
	At          time.Time        `json:"at"`
	Country     string           `json:"country,omitempty"`
	Network     string           `json:"network,omitempty"`
	Parts       int              `json:"parts,omitzero"`
	PriceUSD    float64          `json:"priceUSD,omitzero"`
}

// Counted is a message that is counted, and that no challenge names.
type Counted struct {
	Client string    `json:"client"`
	At     time.Time `json:"at"`
}

// States of a [Life] besides the outcomes used, expired and locked.
const (
	Pending = "pending"
	Unsent  = "unsent"
	Live    = "live"
	Asks    = "asks" // for a password, that may be typed
)

// LifeOf returns a challenge without its messages.
func LifeOf(c otp.Challenge, now time.Time) Life {
	l := Life{
		Client: c.Client, AuthID: c.AuthID, Number: c.Mask, Country: c.Region, Test: c.Test,
		Password: ofPassword(c), State: Live, Sending: c.State, Attempts: c.Attempts, Allowed: c.Max,
		ExpiresAt: c.ExpiresAt.Time(), Counted: []time.Time{}, Messages: []SentMessage{},
	}
	switch ended := c.Ended(otp.MillisOf(now)); {
	case c.State == otp.Failed:
		l.State, l.Reason = Unsent, string(c.Result)
	case c.State == otp.Reserved:
		l.State = Pending
	case c.State == otp.Asked && ended == otp.Unknown:
		l.State = Asks
	case ended != "":
		l.State = string(ended)
	}
	if c.State == otp.Delivered {
		l.SentAt = c.SentAt.Time()
	}
	return l
}

// ReceiptOf returns a receipt as it is shown, nil for none.
func ReceiptOf(r *otp.Receipt) *Receipt {
	if r == nil {
		return nil
	}
	return &Receipt{
		State: r.State(), Reason: r.Reason, Description: r.Reason.Words(), At: r.At.Time(), Country: r.Region,
		Network: r.Network, Parts: r.Parts, PriceUSD: float64(r.Price) / 1e6,
	}
}

// unsentWords are the reasons why no message was sent.
var unsentWords = map[otp.Outcome]string{
	otp.TooSoon: "the latest message to the number was a moment before, or the client's messages of the day were " +
		"used up",
	otp.TooMany:       "a limit of messages to the number refused it",
	otp.Undeliverable: "the service refused the message, or the user has no address",
	otp.BadNumber:     "the number in the user's record is not possible",
	otp.Barred:        "the client may not send to the number in the user's record",
	otp.OverBlock:     "too many messages to the block of the number were not answered",
	otp.OverCountry:   "too many messages to the country were not answered",
	otp.OverClient:    "too many messages to countries without a history were not answered",
	otp.OverSource:    "too many messages for the source were not answered",
	otp.OperatorBlock: "the operator blocked the country or the numbers",
	otp.BadToken:      "the user's token is unknown, revoked or expired",
	otp.NoUser:        "the user does not exist",
	otp.Blocked:       "the user may not sign in",
	otp.NoPassword:    "the number has no user with such a password who may sign in",
}

// Why returns in words why no message was sent, "" if one was.
func (l Life) Why() string { return cmp.Or(UnsentWords(otp.Outcome(l.Reason)), l.Reason) }

// UnsentWords returns in words why no message was sent, "" for a reason without words.
func UnsentWords(reason otp.Outcome) string { return unsentWords[reason] }
