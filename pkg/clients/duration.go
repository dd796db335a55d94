package clients

import (
	"fmt"
	"time"
)

// Duration is a time.Duration that records hold as people write it: "90s", "5m",
// "24h".
type Duration time.Duration

func (d Duration) String() string {
	s := time.Duration(d).String()
	for _, zero := range []string{"m0s", "h0m"} { // 24h0m0s
		if len(s) > len(zero) && s[len(s)-len(zero):] == zero {
			s = s[:len(s)-2]
		}
	}
	return s
}

// MarshalText returns the form that [Duration.UnmarshalText] reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads whole seconds with their unit.
func (d *Duration) UnmarshalText(text []byte) error {
	got, err := time.ParseDuration(string(text))
	if err != nil || got%time.Second != 0 {
		return fmt.Errorf(`%q must be whole seconds with their unit, such as "90s", "5m" or "24h"`, text)
	}
	*d = Duration(got)
	return nil
}
