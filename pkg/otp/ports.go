package otp

import "context"

// Challenges is the table of challenges.
//
// Each method is one atomic conditional write on one item: it applies whole or
// not at all, and writes to one key form a single order that every caller sees.
// A write whose condition does not hold comes back with Applied false and the
// item that refused it, as it was at that moment. An error means that the write
// may or may not have been applied.
//
// Conditions compare with the instant that the caller hands over, never with a
// clock of the store's own, and never rely on items being swept at their TTL.
// A store that retries inside may find its own first write in the way; that is
// a refusal like any other, and the caller knows it by its Owner or Op.
//
// All methods may be called concurrently.
type Challenges interface {
	// Reserve puts c where its key is free: no item, or one whose TTL is at or
	// before now. With over it also replaces an item that is still as over was read
	// (its Owner, State and Op are the same) and whose lease is over at now. When
	// applied, Item is nil.
	Reserve(ctx context.Context, c Challenge, over *Challenge, now Millis) (Write, error)

	// TakeOver makes t.Owner the owner of a challenge IF it is Reserved or
	// MaybeDelivered, owned by t.From, its lease is over at t.Now and it has not
	// expired. Nothing else of the item changes. When applied, Item is the item
	// after the write.
	TakeOver(ctx context.Context, t TakeOver) (Write, error)

	// Claim makes c.Owner the owner of a challenge, to send its code once more, IF it
	// is Delivered or MaybeDelivered, its lease is over at c.Now, ExpiresAt > c.Now,
	// Guess is not Code, Attempts < Max, and AuthID is c.AuthID where that is given.
	// When applied, Item is the item after the write.
	Claim(ctx context.Context, c Claim) (Write, error)

	// Settle sets State, Result and Lease, with s.SentAt not 0 also SentAt and
	// Mask, and with s.Forget the TTL to the second of the lease, IF the owner is s.Owner. When applied, Item is nil.
	Settle(ctx context.Context, s Settlement) (Write, error)

	// Attempt sets Guess and Op and adds one to Attempts IF there is an item and
	// it is Delivered or MaybeDelivered, Attempts < Max, ExpiresAt > g.Now, Guess is
	// not Code, Op is not g.Op, KeyVersion is g.KeyVersion, User is g.User, SentAt >
	// g.SentAfter unless the code was Chosen, and AuthID is g.AuthID where that is
	// given. When applied, Item is the item after the write.
	Attempt(ctx context.Context, g Guess) (Write, error)
}

// Write is what a conditional write came back with.
type Write struct {
	Applied bool
	Item    *Challenge // nil: there is none
}

// TakeOver is a change of owner.
type TakeOver struct {
	Key, From, Owner string
	Lease, Now       Millis
}

// Claim is a change of owner of a live challenge.
type Claim struct {
	Key, AuthID, Owner string
	Lease, Now         Millis
}

// Settlement is what became of a challenge's message. Lease is when another
// invocation may take over, where State is neither Delivered nor Failed.
type Settlement struct {
	Key, Owner string
	State      State
	Result     Outcome
	Lease      Millis
	SentAt     Millis // 0 leaves SentAt and Mask as they are
	Mask       string
	Forget     bool // the key is free again
}

// Guess is one evaluation of what a person typed.
type Guess struct {
	Key        string
	AuthID     string // "" matches any
	KeyVersion int
	User       string // whose standing was checked; "" for a challenge of no user
	Digest     []byte
	Op         string
	Now        Millis
	SentAfter  Millis // 0: however long ago
}

// Ledgers is the table of sends per number, with the guarantees of [Challenges].
type Ledgers interface {
	// Spend counts one send: it prepends {s.Now, s.ID} to Sends and, unless
	// s.Limits.Unanswered is 0, adds one to Unanswered IF no limit of s.Limits speaks against it and s.ID is not
	// counted yet. When applied, Item is nil; when refused, it is the ledger that
	// refused. The oldest sends are then dropped down to Limits.Trim.
	Spend(ctx context.Context, s Spend) (Spent, error)

	// Refund takes the send with this id off again, with its unanswered mark; it
	// does nothing when there is none.
	Refund(ctx context.Context, key, id string) error

	// Answered sets Unanswered to 0 where there is a ledger.
	Answered(ctx context.Context, key string) error
}

// Spend is one message to be counted.
type Spend struct {
	Key    string
	ID     string // see [SendID]
	Now    Millis
	Limits Limits
	TTL    int64 // seconds
}

// Spent is what [Ledgers.Spend] came back with.
type Spent struct {
	Applied bool
	Item    *Ledger
}

// Sender hands one message to a provider. It tries once: a provider that does
// not deduplicate must never see a message twice for one call. It may be called
// concurrently and gives up when ctx is done.
type Sender interface {
	// Send reports what became of the message. The error is the cause of Refused
	// and MaybeSent, for the log; it carries neither the number nor the text.
	Send(ctx context.Context, m Message) (Delivery, error)
}

// Message is one text to one phone.
type Message struct {
	From string // sender name that the client wants, "" for the default
	To   Phone
	Text string
	Code Code // the code inside Text, for senders that show it to a developer
}

// Delivery is a sender's answer.
type Delivery int

const (
	// MaybeSent: no clear answer; the message may have gone out.
	MaybeSent Delivery = iota
	// Accepted: the provider took the message.
	Accepted
	// Refused: the provider will never take this message, and did not.
	Refused
)
