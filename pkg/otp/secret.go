package otp

import (
	"fmt"
	"log/slog"
	"strings"
)

// Code is a one-time code in clear. It formats and logs as stars, so a code that is
// printed by mistake is not disclosed.
type Code string

func (c Code) String() string               { return strings.Repeat("*", len(c)) }
func (c Code) Format(f fmt.State, _ rune)   { fmt.Fprint(f, c.String()) }
func (c Code) LogValue() slog.Value         { return slog.StringValue(c.String()) }
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Phone is a phone number in E.164 form, "+" and up to 15 digits. It formats
// and logs as stars and its last four digits, or fewer of a short number.
// [Phone.E164] returns the number itself.
type Phone string

// E164 returns the number in clear, for senders and for encryption.
func (p Phone) E164() string { return string(p) }

func (p Phone) String() string {
	const plusAndCode = 4 // of the longest calling code; half of the rest may be shown
	national := len(p) - plusAndCode
	if national <= 4 {
		return strings.Repeat("*", len(p))
	}
	hidden := len(p) - min(4, national/2)
	return strings.Repeat("*", hidden) + string(p[hidden:])
}
func (p Phone) Format(f fmt.State, _ rune)   { fmt.Fprint(f, p.String()) }
func (p Phone) LogValue() slog.Value         { return slog.StringValue(p.String()) }
func (p Phone) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

func (m Message) String() string             { return "message to " + m.To.String() }
func (m Message) Format(f fmt.State, _ rune) { fmt.Fprint(f, m.String()) }
func (m Message) LogValue() slog.Value       { return slog.StringValue(m.String()) }
