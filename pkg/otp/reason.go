package otp

import "slices"

// MessageState is what became of a message, by its receipts.
type MessageState string

// The states, from the highest to the lowest: the higher one of two receipts holds.
const (
	// MessageDelivered: the phone or its network has the message.
	MessageDelivered MessageState = "delivered"
	// MessageUndeliverable: no message reaches the number, now or later.
	MessageUndeliverable MessageState = "undeliverable"
	// MessageBlocked: a network, a filter or a limit of the account stopped the message. It is the operator's matter.
	MessageBlocked MessageState = "blocked"
	// MessageExpired: the message was not handed over in time, and is dropped.
	MessageExpired MessageState = "expired"
	// MessageUndelivered: the message did not arrive. A further one may.
	MessageUndelivered MessageState = "undelivered"
)

// Reason is why a message has its state. Receipts and events keep it, so the texts must not change.
type Reason string

// The reasons.
const (
	ReasonSilence            Reason = "silence"
	ReasonFailed             Reason = "failed"
	ReasonInvalidMessage     Reason = "invalid_message"
	ReasonNoAnswer           Reason = "no_answer"
	ReasonNetworkUnreachable Reason = "network_unreachable"
	ReasonPhoneUnreachable   Reason = "phone_unreachable"
	ReasonExpired            Reason = "expired"
	ReasonPrice              Reason = "price"
	ReasonSpendLimit         Reason = "spend_limit"
	ReasonProtect            Reason = "protect"
	ReasonBlocked            Reason = "blocked"
	ReasonCarrierBlocked     Reason = "carrier_blocked"
	ReasonSpam               Reason = "spam"
	ReasonInvalidNumber      Reason = "invalid_number"
	ReasonOptedOut           Reason = "opted_out"
	ReasonAccepted           Reason = "accepted"
	ReasonArrived            Reason = "arrived"
)

// meaning is the state that a reason stands for, and the reason in words.
type meaning struct {
	Reason
	rank  int
	state MessageState
	words string
}

// meanings has each reason, with its rank. Stored receipts are compared by rank, so a rank never changes; a new reason
// has a rank among those of its state.
var meanings = []meaning{
	{ReasonSilence, 10, MessageUndelivered, "neither the network nor the phone reported anything"},
	{ReasonFailed, 11, MessageUndelivered, "the network gave no reason"},
	{ReasonInvalidMessage, 12, MessageUndelivered, "the network refused the text of the message"},
	{ReasonNoAnswer, 13, MessageUndelivered, "nobody took the call"},
	{ReasonNetworkUnreachable, 14, MessageUndelivered, "the network of the phone cannot be reached at present"},
	{ReasonPhoneUnreachable, 15, MessageUndelivered, "the phone is off or out of reach"},
	{ReasonExpired, 20, MessageExpired, "the message was not handed over while its code was valid"},
	{ReasonPrice, 30, MessageBlocked, "the message costs more than the maximum price"},
	{ReasonSpendLimit, 31, MessageBlocked, "the account reached its spend limit"},
	{ReasonProtect, 32, MessageBlocked, "the rules of the protect configuration block the country or the number"},
	{ReasonBlocked, 33, MessageBlocked, "the phone or a list blocks the message"},
	{ReasonCarrierBlocked, 34, MessageBlocked, "the network blocks messages of this sender"},
	{ReasonSpam, 35, MessageBlocked, "the network takes the message for spam"},
	{ReasonInvalidNumber, 40, MessageUndeliverable, "the number does not exist"},
	{ReasonOptedOut, 41, MessageUndeliverable, "the person opted out of messages"},
	{ReasonAccepted, 50, MessageDelivered, "the network of the phone accepted the message"},
	{ReasonArrived, 51, MessageDelivered, "the phone has the message"},
}

// Reasons returns all reasons, in the order of their ranks.
func Reasons() []Reason {
	all := make([]Reason, len(meanings))
	for i, m := range meanings {
		all[i] = m.Reason
	}
	return all
}

func (r Reason) meaning() meaning {
	i := slices.IndexFunc(meanings, func(m meaning) bool { return m.Reason == r })
	if i < 0 {
		return meaning{Reason: r}
	}
	return meanings[i]
}

// State returns the state that the reason stands for, "" for a text that is no reason.
func (r Reason) State() MessageState { return r.meaning().state }

// Rank orders the receipts of a message: the one with the highest rank is kept. It is 0 for a text that is no reason.
func (r Reason) Rank() int { return r.meaning().rank }

// Words returns the reason in plain words.
func (r Reason) Words() string { return r.meaning().words }
