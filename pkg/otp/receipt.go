package otp

import (
	"context"
	"time"
)

// Receipt is what the provider reported about one message: what became of it, and why. It names no code and only the
// mask of the number. Each of its fields is in [ReceiptFields].
type Receipt struct {
	MessageID string // the provider's id, as [Sender.Send] returned it
	// Reported has Client and AuthID, if the provider returned them (see [Message]), the country, and the mask.
	Reported
	Reason  Reason
	Network string // mobile country and network code, such as "502-12"; "" where it is not known
	At      Millis // when it happened, by the provider's clock
	Parts   int    // of the message, 0 where the provider does not name them
	Price   int64  // of all parts in millionths of a US dollar, 0 where the provider does not name it
	TTL     int64  // Unix time in seconds from which the item may be swept
}

// State returns the state of the message.
func (r Receipt) State() MessageState { return r.Reason.State() }

// ReceiptMemory is how long a receipt is kept. Providers report until three days after a message.
const ReceiptMemory = 7 * 24 * time.Hour

// Receipts is the table of receipts: one for each message, which is its highest so far, see [Reason.Rank]. It has the
// guarantees of [Challenges]. Receipts of one message come twice, late, and in any order, and before its challenge is
// settled: a message has the same receipt in the end, whatever their order.
type Receipts interface {
	// Receive stores r IF there is no receipt of its message or the rank of that one is lower. It reports whether the
	// write was applied and the message has another state since then: of each state of a message, this is so once. A
	// store that repeats a write whose answer was lost may report false for the first try.
	Receive(ctx context.Context, r Receipt) (changed bool, err error)

	ReceiptReader
}

// ReceiptReader reads receipts.
type ReceiptReader interface {
	// Receipt returns the receipt of a message, nil if there is none. It is one read.
	Receipt(ctx context.Context, messageID string) (*Receipt, error)
}

// ReceiptKey returns the primary key of a message's receipt.
func ReceiptKey(messageID string) string { return ReceiptPrefix + messageID }

// ReceiptPrefix begins the primary keys of receipts, and of no other items.
const ReceiptPrefix = "M#"

// ReceiptFields lists every field of a [Receipt], the primary key first, as [ChallengeFields] does. A store also keeps
// the rank of the reason, by which it compares.
var ReceiptFields = []FieldOf[Receipt]{
	{Name: "pk", Followed: true, Pointer: func(r *Receipt) any { return &r.MessageID }},
	{Name: "reason", Followed: true, Pointer: func(r *Receipt) any { return (*string)(&r.Reason) }},
	{Name: "at", Followed: true, Pointer: func(r *Receipt) any { return (*int64)(&r.At) }},
	{Name: "client", Optional: true, Followed: true, Pointer: func(r *Receipt) any { return &r.Client }},
	{Name: "authId", Optional: true, Followed: true, Pointer: func(r *Receipt) any { return &r.AuthID }},
	{Name: "region", Optional: true, Followed: true, Pointer: func(r *Receipt) any { return &r.Region }},
	{Name: "mask", Optional: true, Followed: true, Pointer: func(r *Receipt) any { return &r.Mask }},
	{Name: "network", Optional: true, Followed: true, Pointer: func(r *Receipt) any { return &r.Network }},
	{Name: "parts", Optional: true, Followed: true, Pointer: func(r *Receipt) any { return &r.Parts }},
	{Name: "price", Optional: true, Followed: true, Pointer: func(r *Receipt) any { return &r.Price }},
	{Name: "ttl", Pointer: func(r *Receipt) any { return &r.TTL }},
}
