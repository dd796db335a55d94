package otp

import (
	"context"
	"io"
	"time"

	"countersign/pkg/guard"
)

// Issuer makes challenges and sends their codes. All fields but NumberPerDay, Quota,
// Ahead and Receipts are required. It holds no state of its own and is safe for concurrent use.
//
// Each of its methods goes the same way: it acquires a challenge, so that no other
// call may send for it (acquire.go), delivers one message (deliver.go), and settles
// what became of it (settle.go).
type Issuer struct {
	Challenges Challenges
	Ledgers    Ledgers
	Sender     Sender
	Keys       Keyring
	Now        func() time.Time
	Rand       io.Reader // crypto/rand.Reader, or a test's own

	// NumberPerDay bounds the messages of all clients together to one number in any 24
	// hours. 0 means no such limit, and one write less for each message.
	NumberPerDay int
	// Quota bounds the messages of a client. nil means no such limit.
	Quota Quota
	// Ahead, if it is set, is read before a message is counted, for [Spend].Found. It is one read for each call that
	// sends or repeats a message, at the same time as its first write. nil where reading ahead saves nothing.
	Ahead Ahead
	// Receipts, if it is set, refuses a further message of a live challenge whose latest one is
	// undeliverable for good. It is one read for each such message. An Init reads none.
	Receipts ReceiptReader
}

// Lease is how long one call may work on a challenge before another may take it
// over. It is longer than any call lasts, so no two calls send at the same time.
const Lease = 15 * time.Second

// SettleTime is how much longer than its call the writes after a message may take,
// all together. A function needs this much time beyond the deadline of its calls.
const SettleTime = time.Second

// Start asks for a challenge. The contract has checked every field.
type Start struct {
	Client        string
	ID            string   // idempotency key, unique per client; with [Issuer.Send] a scenario, see [Keys.Scenarios]
	Fingerprinted []string // the fields that must be the same whenever ID comes again; not of [Issuer.Send]
	To            Phone
	Mask          string // To with its middle starred, returned by repeats
	Region        string // country of To, "" if it is not known
	Policy        Policy
	Text          Text    // the message
	Origins       Origins // by the country of To
	Template      string  // that Text is registered under, in place of the origin's; "" for none
	PerDay        int     // all messages of the client in a day, see [Quota]; 0 for any number
	Guard         guard.Policy

	Code           Code          // chosen by the client; "" makes one
	Digits         int           // of the code that is made; 0 means Policy.Digits
	StatedValidity time.Duration // caps the validity that the message states; 0 means no cap

	// Payment is what the code confirms, zero for none. Text shows it. A repeat of an Init must have it again; a Send
	// with another one sends another code.
	Payment Payment

	// Test, if it is set, is that of To. Its code takes the place of Code and Digits.
	Test Test

	// Source is the address or the device of the end user who asks for the code, "" if the
	// caller does not have it. See [Keys.Source].
	Source string
	// Remembers: it matters for long who answered, as requests of the client have sources, or the guard counts its
	// messages, if not this one. Its ledgers are kept for [KnownMemory].
	Remembers bool

	// User is the reference of the user who has the number, see [Users]; "" if the
	// caller gave the number.
	User string
	// Refusal, if set, refuses the user or the number: nothing is sent, and the challenge
	// is stored as failed with this outcome. To and Mask may be empty then. A challenge
	// that an earlier Init left unclear fails too; a live one of Send stays as it is.
	Refusal Outcome
	// RefusalWait is the time until a message may go out, 0 if that is not known.
	RefusalWait time.Duration
}

// Text writes the message around a code that is valid for as long as left.
type Text func(code string, left time.Duration) string

// Started is the answer to a [Start] or a [Resend].
type Started struct {
	Outcome Outcome
	AuthID  string // with Sent, except for a [Resend]
	Mask    string // with Sent
	// Password is the reference of the password that is asked for, with AskedPassword.
	Password string
	Test     bool // with Sent, except for the repeat of a [Resend]: of a test number, nothing went out
	// Time until a send may pass again: with TooSoon, TooMany and the outcomes of the guard, except for a repeat of a
	// finished call, and with Unclear if the limits refuse another copy.
	Wait time.Duration
	// Guard is the verdict of the guard on the message of this call, zero if it was not asked. In mode
	// [guard.Monitor] a message goes out that it would refuse: then its Reason is not "". A repeat has the Reason and
	// the Figures of the call that was refused.
	Guard guard.Verdict
	Cause error // with Unclear and Undeliverable: the sender's answer or the limit, for the log
}

// sending is one call of Init, Send or Resend, and the message that it sends.
type sending struct {
	Issuer
	Start            // of a re-send: only the fields that a [Resend] has, and To and Payment once they are decrypted
	at      Millis   // the instant of the call, with which all its conditions compare
	keys    *Keys    // hold the code key of the challenge that is sent, once it is owned
	id      string   // under which the message is counted, see [SendID]
	resumes State    // of the challenge if an earlier call left it unfinished, else ""
	ledgers []string // that count the message, or may do so
	message string   // the provider's id of the message, once it is accepted
	source  []byte   // digest of the source of the challenge that a [Resend] sends again

	tag      guard.Tag       // of the message, once the guard counted or refused it, or the number is known
	charged  []guard.Charged // by the guard
	verdict  guard.Verdict   // of the guard, if it was asked
	answered Millis          // when the number answered, as its oldest ledger has it
	found    Found           // see [Spend]
	looked   bool            // whether found was asked for

	giveBack  func()                  // returns the message to the quota; nil unless it is counted
	recipient func(to Phone) Decision // see [Resend]
	// wording is that of a [Resend].
	wording func(region string, p Payment) (Text, string, error)
}

func (i Issuer) begin(ctx context.Context, r Start) *sending {
	return &sending{Issuer: i, Start: r, at: MillisOf(i.Now()), keys: i.Keys.Keys(ctx)}
}

// keysFor returns keys that hold a version of the code key, if there are any.
func (s *sending) keysFor(ctx context.Context, version int) *Keys {
	if s.keys.holds(version) {
		return s.keys
	}
	return s.Keys.Newer(ctx, version)
}
