package changes

import (
	"time"

	"countersign/pkg/otp"
)

// kinds are the facts of the states of a message.
var kinds = map[otp.MessageState]Kind{
	otp.MessageDelivered:     Delivered,
	otp.MessageUndeliverable: Undelivered,
	otp.MessageBlocked:       Blocked,
	otp.MessageExpired:       MessageExpired,
	otp.MessageUndelivered:   Undelivered,
}

// received returns the fact that a message has another state. Its id is a digest of the message and the state.
func received(was, is *otp.Receipt) []Fact {
	state := is.State()
	if was != nil && was.State() == state {
		return nil
	}
	kind := kinds[state]
	return []Fact{{
		ID:          factID(string(kind), is.MessageID, string(state)),
		Kind:        kind,
		Time:        is.At.Time().Truncate(time.Millisecond),
		Reported:    is.Reported,
		MessageID:   is.MessageID,
		Reason:      string(is.Reason),
		State:       state,
		Description: is.Reason.Words(),
		Network:     is.Network,
		Parts:       is.Parts,
		PriceUSD:    float64(is.Price) / 1e6,
	}}
}
