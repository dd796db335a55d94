package changes

import (
	"slices"
	"strconv"

	"countersign/pkg/otp"
)

// Of reports whether the fact is of this challenge. Several challenges may follow each other under one
// authenticationId, so that does not tell them apart: the id of a fact does. A receipt is of the challenge if that
// names its message, which only the latest [otp.MaxMessages] are.
func (f Fact) Of(c *otp.Challenge) bool {
	which := []string{string(f.Kind), c.Key, string(c.Seed)}
	switch f.Kind {
	case Sent:
		which = append(which, strconv.FormatInt(f.Time.UnixMilli(), 10))
	case Passed, Failed, Exhausted:
		if f.AttemptsLeft == nil {
			return false
		}
		which = append(which, strconv.Itoa(c.Max-*f.AttemptsLeft))
	case Refused, Expired:
	default:
		return f.MessageID != "" && slices.Contains(c.MessageIDs(), f.MessageID)
	}
	return f.ID == factID(which...)
}
