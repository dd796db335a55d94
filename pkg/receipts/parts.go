package receipts

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// farthest is how far from now the time of a report may be: more than any report is late, and than a queue keeps one.
const farthest = 30 * 24 * time.Hour

// newReceipt returns the receipt of a message with what both kinds of reports have.
func newReceipt(messageID string, reason otp.Reason, number string, at, now time.Time) (*otp.Receipt, error) {
	switch {
	case !otp.IsMessageID(messageID):
		return nil, errors.New("the message id of a report is missing or not a UUID in lower case")
	case at.Before(now.Add(-farthest)) || at.After(now.Add(farthest)):
		const days = farthest / (24 * time.Hour)
		return nil, fmt.Errorf("the time of a report is missing, or not within %d days from now", days)
	}
	r := &otp.Receipt{
		MessageID: messageID, Reason: reason, At: otp.MillisOf(at),
		TTL: otp.MillisOf(now.Add(otp.ReceiptMemory)).Seconds(),
	}
	r.Mask = phone.MaskE164(number)
	return r, nil
}

// beside is a field that a report has beside its message. One of another type than documented is left out: it must not
// cost what became of the message.
type beside[T any] struct{ value T }

// UnmarshalJSON implements [json.Unmarshaler].
func (b *beside[T]) UnmarshalJSON(text []byte) error {
	var value T
	if json.Unmarshal(text, &value) == nil {
		b.value = value
	}
	return nil
}

// digits is a code that AWS writes as a string or as a number.
type digits string

// UnmarshalJSON implements [json.Unmarshaler]. What is no code is "".
func (d *digits) UnmarshalJSON(text []byte) error {
	if s := strings.Trim(string(text), `"`); len(s) <= 3 && s != "" && strings.Trim(s, "0123456789") == "" {
		*d = digits(s)
	}
	return nil
}

// network returns the code of a network, "" where it is not known. A number has lost its zeros.
func network(mcc, mnc digits) string {
	if len(mcc) != 3 || mcc == "000" || mnc == "" {
		return ""
	}
	return fmt.Sprintf("%s-%02s", mcc, mnc)
}

// parts returns the number of a message's parts, 0 for one that cannot be.
func parts(n int) int {
	const most = 100 // more than a message may have
	if n < 0 || n > most {
		return 0
	}
	return n
}

// micros returns a price in millionths of a dollar, 0 for one that cannot be.
func micros(price json.Number) int64 {
	const most = 1000 // dollars for one message
	usd, err := price.Float64()
	if err != nil || usd < 0 || usd > most {
		return 0
	}
	return int64(math.Round(usd * 1e6))
}

// country returns a country's code, "" for what is none.
func country(code string) string {
	if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return code
}

// authID returns an authenticationId, "" for what is none.
func authID(text string) string {
	if !otp.IsAuthID(text) {
		return ""
	}
	return text
}

// client returns what [otp.ClientReference] makes of a client's id, "" for what is none.
func client(text string) string {
	if !otp.IsClientReference(text) {
		return ""
	}
	return text
}

// shown returns a text of AWS for a line, with a star for each digit: it may hold a number.
func shown(text string) string {
	const most = 100
	var b strings.Builder
	for _, r := range text {
		switch {
		case b.Len() >= most:
			return b.String()
		case r >= '0' && r <= '9':
			b.WriteByte('*')
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}
