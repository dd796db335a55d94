package password

import (
	"fmt"
	"log/slog"
)

// Clear is a password in clear. It formats and logs as stars, always as many, so a password that is printed by mistake
// is not disclosed.
type Clear string

const stars = "********"

func (c Clear) String() string               { return stars }
func (c Clear) Format(f fmt.State, _ rune)   { fmt.Fprint(f, stars) }
func (c Clear) LogValue() slog.Value         { return slog.StringValue(stars) }
func (c Clear) MarshalText() ([]byte, error) { return []byte(stars), nil }
