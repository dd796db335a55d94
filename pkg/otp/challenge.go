package otp

// State of a challenge. There is no "passed": a challenge has passed when its
// Guess equals its Code.
type State string

const (
	// Reserved: made, and its message neither counted nor sent as far as the item
	// tells. Nobody can hold its code, and no guess at it is evaluated: else a flood
	// of inits that the limits refuse would be a flood of codes to guess at.
	Reserved State = "reserved"
	// MaybeDelivered: the message was counted, and may have gone out. Its code is
	// live; another call may take over and send it again.
	MaybeDelivered State = "unclear"
	// Delivered: the sender accepted the message. Its code is live.
	Delivered State = "sent"
	// Failed: no message was sent and none will be; Result says why.
	Failed State = "failed"
)

// Challenge is one item of the challenges table. It holds neither the code nor
// the number, and nothing from which either could be computed without the
// [Keys].
type Challenge struct {
	Key        string // primary key, see [ChallengeKey]
	AuthID     string // authenticationId, told to the caller
	Print      []byte // keyed digest of the fields that must not change between retries
	State      State
	Result     Outcome // why a Failed challenge failed
	Owner      string  // the invocation that may send
	Lease      Millis  // until when it may
	Seed       []byte  // random; the code is derived from it
	Digits     int     // of the code
	KeyVersion int     // of the code key that Print, Code and Guess are made with
	Code       []byte  // keyed digest of Key and the code
	Guess      []byte  // the same of the latest guess; "-" before the first
	Op         string  // id of the verify call that wrote Guess; "-" before the first
	Attempts   int     // guesses evaluated
	Max        int     // guesses allowed
	SentAt     Millis  // start of the code's lifetime
	ExpiresAt  Millis  // its end: the first instant at which the code is refused
	Ledger     string  // key of the number's ledger, see [Keys.LedgerKey]
	Mask       string  // the number with its middle starred
	TTL        int64   // seconds; the item may be swept, and its id is free, from here on
}

// none stands for "no guess yet": a value that no digest and no id equals.
const none = "-"

// ChallengeKey returns the primary key of a client's challenge. Client ids have
// no "#" in them, so no two pairs share a key.
func ChallengeKey(client, id string) string { return "C#" + client + "#" + id }

// Number is a number's ledger: its sends, newest first, and how many of the
// latest were not answered by a right code.
type Number struct {
	Key        string
	Sends      []Send
	Unanswered int
	TTL        int64 // seconds; the item may be swept from here on
}

// Send is one counted message.
type Send struct {
	At Millis
	ID string // see [SendID]; a message is counted once per id
}

// Counts reports whether a send with this id is among n's latest.
func (n Number) Counts(id string) bool {
	for _, s := range n.Sends {
		if s.ID == id {
			return true
		}
	}
	return false
}
