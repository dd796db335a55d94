package clients

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Sealed is a secret as the table keeps it, encrypted by a [Sealer]. It formats,
// logs and marshals as the word "sealed": only the registry's own encoding holds
// the value, so that no listing shows it.
type Sealed string

const sealedWord = "sealed"

func (s Sealed) String() string               { return sealedWord }
func (s Sealed) Format(f fmt.State, _ rune)   { fmt.Fprint(f, sealedWord) }
func (s Sealed) LogValue() slog.Value         { return slog.StringValue(sealedWord) }
func (s Sealed) MarshalText() ([]byte, error) { return []byte(sealedWord), nil }

// encode returns v as it lies in the table: readable, and with sealed values in full.
func encode(v any) ([]byte, error) {
	inFull := json.MarshalToFunc(func(e *jsontext.Encoder, s Sealed) error {
		return e.WriteToken(jsontext.String(string(s)))
	})
	return json.Marshal(v, json.WithMarshalers(inFull), jsontext.WithIndent("  "))
}

// decode reads what encode wrote, and nothing but: a member that is unknown,
// misspelled or there twice is an error. What a record says is never guessed.
func decode(text []byte, v any) error {
	return json.Unmarshal(text, v, json.RejectUnknownMembers(true))
}

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
