package otp

import (
	"context"
	"fmt"
	"time"

	"countersign/pkg/guard"
)

// Challenges is the table of challenges.
//
// Each method but Challenge is one atomic conditional write on one item. It applies whole or not at
// all, and writes to one key have a single order that every caller sees. If the
// condition does not hold, the method returns Applied false and the item as it was at
// that moment. An error means that the write may or may not have been applied.
//
// Conditions compare with the instant that the caller gives, never with a clock of the
// store. They never rely on items being swept at their TTL. A store that repeats a
// write whose answer was lost may find its own first try applied. It then reports a
// refusal like any other, and the caller recognizes its own Owner or Op in the item.
//
// All methods may be called concurrently.
type Challenges interface {
	// Challenge returns the item under key as it is at this moment, nil if there is none. The methods that follow
	// need no read before them.
	Challenge(ctx context.Context, key string) (*Challenge, error)

	// Reserve stores c IF its key is free: there is no item, or its TTL is at or before
	// now. If over is given, it also replaces an item whose Owner, State and Op are still
	// those of over, and whose lease is over at now. When applied, Item is nil.
	Reserve(ctx context.Context, c Challenge, over *Challenge, now Millis) (Write, error)

	// TakeOver makes t.Owner the owner of a challenge IF it is Reserved or
	// MaybeDelivered, owned by t.From, its lease is over at t.Now and it has not
	// expired. Nothing else of the item changes. When applied, Item is the item
	// after the write.
	TakeOver(ctx context.Context, t TakeOver) (Write, error)

	// Claim makes c.Owner the owner of a challenge, to send its code once more, IF it
	// is Delivered or MaybeDelivered, its lease is over at c.Now, ExpiresAt > c.Now,
	// Guess is not Code, Attempts < Max, AuthID is c.AuthID if that is given, and, if
	// c.After is given, the owner does not begin with [SignedMark] or is less than c.After,
	// byte by byte. When applied, Item is the item after the write.
	Claim(ctx context.Context, c Claim) (Write, error)

	// Settle sets State, Result and Lease IF the owner is s.Owner. If s.SentAt is not 0 it
	// also sets SentAt and Mask, if s.Messages is not empty Messages, and with s.Forget the
	// TTL to the second of the lease. s.Guard, if it is not empty, is set too. When applied, Item is nil.
	Settle(ctx context.Context, s Settlement) (Write, error)

	// Attempt sets Guess and Op, and Source unless g.KeepSource, and adds one to Attempts
	// IF there is an item and it is Delivered or MaybeDelivered, Attempts < Max,
	// ExpiresAt > g.Now, Guess is not Code, Op is not g.Op, KeyVersion is g.KeyVersion,
	// User is g.User, SentAt > g.SentAfter unless the code was Chosen, and AuthID is
	// g.AuthID if that is given. When applied, Item is the item after the write.
	Attempt(ctx context.Context, g Guess) (Write, error)
}

// Write is the result of a conditional write.
type Write struct {
	Applied bool
	Item    *Challenge // nil if there is none
}

// TakeOver is a change of owner.
type TakeOver struct {
	Key, From, Owner string
	Lease, Now       Millis
}

// Claim is a change of owner of a live challenge.
type Claim struct {
	Key, AuthID, Owner string
	After              string // see [Resend]; "" for a claim after any owner
	Lease, Now         Millis
}

// SignedMark begins the owner of a re-send whose request was signed. No other owner
// begins with it.
const SignedMark = "@"

// signedOwner returns the beginning of the owner of a re-send that was signed at this
// instant. Those of later ones are greater, byte by byte.
func signedOwner(at Millis) string { return fmt.Sprintf("%s%016d", SignedMark, max(at, 0)) }

// Settlement stores what became of a challenge's message. If State is neither
// Delivered nor Failed, another call may take over from Lease on.
type Settlement struct {
	Key, Owner string
	State      State
	Result     Outcome
	Lease      Millis
	SentAt     Millis // 0 leaves SentAt and Mask unchanged
	Mask       string
	Messages   []byte // empty leaves them unchanged
	Guard      []byte // empty leaves it unchanged
	Forget     bool   // frees the key
}

// Guess is one attempt: a typed code to be evaluated.
type Guess struct {
	Key        string
	AuthID     string // "" matches any
	KeyVersion int
	User       string // the user whose standing was checked; "" for a challenge without one
	Digest     []byte
	Op         string
	Now        Millis
	SentAfter  Millis // the latest message must be younger; 0 means any age
	Source     []byte // digest of the source of the guess; nil for none
	KeepSource bool   // the challenge keeps its own: nobody but the caller of its init can guess
}

// Ledgers is the table of sends per number, with the guarantees of [Challenges].
type Ledgers interface {
	// Spend counts one send IF no limit of s.Limits refuses it, s.ID is not counted yet,
	// and the ledger knows s.Source if that is given. It prepends {s.Now, s.ID} to Sends
	// and adds one to Unanswered, unless s.Limits.Uncounted. It then drops the oldest sends down to Limits.Trim. When
	// applied, Item is nil. When refused, Item is the ledger that refused the send.
	//
	// With s.Guard, [guard.Admit] counts the message too, unless the number is known: the ledger's Answered is after
	// s.KnownSince. If that refuses it, nothing is counted, and Item is the ledger without this send, an empty one if
	// there is none.
	Spend(ctx context.Context, s Spend) (Spent, error)

	// Refund removes the send with this id, whose message was not handed to the sender,
	// and subtracts one from Unanswered, which stays at least 0. It does nothing if there
	// is no such send. If there was one, it gives the charges back, see [guard.Budgets].
	Refund(ctx context.Context, key, id string, charged ...guard.Charged) error

	// Answered sets Unanswered to 0 and Known to what [Remember] returns, if there is a
	// ledger. If a.At is not 0, it also sets Answered, unless that is later, and a TTL of [KnownMemory] after a.At,
	// unless the ledger has a later one.
	Answered(ctx context.Context, a Answer) error
}

// Answer is a right code for a number.
type Answer struct {
	Ledger string // key of the ledger of the number
	Source []byte // digest of the source that is known from now on; nil for none
	At     Millis // of the right code; 0 if the service did not make the code
}

// Spend is one message to be counted.
type Spend struct {
	Key    string
	ID     string // see [SendID]
	Now    Millis
	Limits Limits
	TTL    int64 // seconds
	// Source is the digest of a source that the ledger must know; nil for none.
	Source []byte
	// Guard is the message for the guard, nil if it counts nothing. KnownSince is the instant after which a number must
	// have answered to be known.
	Guard      *guard.Message
	KnownSince Millis
	// Found is what was read of the ledger and the entries of Guard a moment ago. A store where each write costs money
	// and time then refuses a message without room in one write, and counts one with room in its ledger and its entries
	// at the same time. It never lets more go out.
	Found Found
	// Answered is that of an older ledger of the number, for a newer one: it is set, unless it is 0.
	Answered Millis
}

// Spent is the result of [Ledgers.Spend].
type Spent struct {
	Applied bool
	Item    *Ledger
	// Answered is that of the ledger, with [Spend].Guard. Verdict is that of the guard, if it was asked.
	Answered Millis
	Verdict  guard.Verdict
}

// Ahead reads what decides about a message before it is counted.
type Ahead interface {
	// Look returns the ledger under a key, and the entries of a message. They may be as they were a moment ago.
	Look(ctx context.Context, ledger string, m guard.Message) (Found, error)
}

// Found is the answer of an [Ahead], zero if nobody looked.
type Found struct {
	Ledger  *Ledger // an empty one, with its key, where there is none
	Entries guard.Found
}

// Room reports whether the ledger that was found would count a send, as one to a new number.
func (f Found) Room(p Spend) bool {
	n := f.Ledger
	return n != nil && n.Key == p.Key && !p.Known(*n) && !n.Counted(p.ID) && p.Refusal(*n) == ""
}

// Known reports whether the number of a ledger is known.
func (p Spend) Known(n Ledger) bool { return n.Answered > p.KnownSince }

// Refusal returns why a ledger refuses the send, "" if it does not.
func (p Spend) Refusal(n Ledger) Outcome {
	if len(p.Source) > 0 && !n.Knows(p.Source) {
		return TooMany
	}
	why, _ := p.Limits.Refusal(n, p.Now)
	return why
}

// Sender hands one message to a provider. It tries once, since a provider may not
// recognize a second try as the same message; with another provider it may try again
// only if the first one is certain not to send the message. It may be called
// concurrently and returns when ctx is done.
type Sender interface {
	// Send returns what became of the message, and the provider's id of an accepted one, by which
	// receipts name it; "" if it has none. The error is the cause of Refused or MaybeSent, for the
	// log. It contains neither the number nor the text.
	Send(ctx context.Context, m Message) (d Delivery, id string, err error)
}

// Message is one text to one phone.
type Message struct {
	// Client and AuthID name the challenge. A provider returns them with its receipts, if it can.
	Client, AuthID string
	Origin         Origin
	To             Phone
	// Region is the country of To, ISO 3166-1 alpha-2. "" is unknown.
	Region string
	Text   string
	Code   Code // the code inside Text, for senders that show it to a developer
	// Life is the time that the code still has when the message is handed over. A message that arrives later is of no
	// use to anybody.
	Life time.Duration
	// Lease is the instant from which another call may send the code. A sender begins no request from then on: two
	// messages could go out. 0 is no such instant.
	Lease Millis
}

// Delivery is a sender's answer.
type Delivery int

const (
	// MaybeSent: no clear answer. The message may have been sent.
	MaybeSent Delivery = iota
	// Accepted: the provider accepted the message.
	Accepted
	// Refused: the provider refused the message, and always will.
	Refused
)
