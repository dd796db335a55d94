package keyring_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/pkg/keyring"
)

// A version that is still needed is too early to retire, until nothing is lost with it.
func TestTooEarly(t *testing.T) {
	at := func(all ...time.Duration) []time.Duration { return all }
	for name, c := range map[string]struct {
		kind    keyring.Kind
		rotate  []time.Duration // when a version is made
		from    []time.Duration // and how much later it comes into force
		version int
		until   time.Duration // 0: never too early
	}{
		"number":               {keyring.Number, at(0), at(0), 1, 25 * hour},
		"number, ahead":        {keyring.Number, at(0), at(9 * hour), 1, 25 * hour},
		"number, twice":        {keyring.Number, at(0, 2*hour), at(0, 0), 1, 25 * hour},
		"number, between":      {keyring.Number, at(0, 2*hour), at(0, 0), 2, 0},
		"no such number":       {keyring.Number, nil, nil, 7, 0},
		"code":                 {keyring.Code, at(0), at(0), 1, 35 * time.Minute},
		"code, from a time on": {keyring.Code, at(0), at(2 * hour), 1, 2*hour + 35*time.Minute},
		"code, twice":          {keyring.Code, at(0, hour), at(0, 0), 1, 35 * time.Minute},
		"code, twice, newer":   {keyring.Code, at(0, hour), at(0, 0), 2, hour + 35*time.Minute},
		"pepper":               {keyring.Pepper, at(0), at(0), 1, 5 * time.Minute},
		"pepper, ahead":        {keyring.Pepper, at(0), at(2 * hour), 1, 2*hour + 5*time.Minute},
		"pepper, twice, newer": {keyring.Pepper, at(0, hour), at(0, 0), 2, hour + 5*time.Minute},
		"encrypt":              {keyring.Encrypt, at(0), at(0), 1, 35 * time.Minute},
		"encrypt, ahead":       {keyring.Encrypt, at(0), at(24 * hour), 1, 24*hour + 35*time.Minute},
		"seal":                 {keyring.Seal, at(0), at(0), 1, 0},
		"sign":                 {keyring.Sign, at(0), at(0), 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := parse(t, passwords([]v{{Version: 1}}, []v{{Version: 1}}))
			for i, at := range c.rotate {
				from := time.Time{}
				if c.from[i] > 0 {
					from = day.Add(at + c.from[i])
				}
				if _, err := d.Rotate(c.kind, from, day.Add(at), rand.Reader); err != nil {
					t.Fatal(err)
				}
			}
			if c.until == 0 {
				if err := d.TooEarly(c.kind, c.version, day.Add(2*hour)); err != nil {
					t.Error(err)
				}
				return
			}
			err := d.TooEarly(c.kind, c.version, day.Add(c.until-time.Second))
			var early *keyring.EarlyError
			if !errors.As(err, &early) || !early.Until.Equal(day.Add(c.until)) ||
				!strings.Contains(err.Error(), day.Add(c.until).UTC().Format(time.RFC3339)) {
				t.Errorf("%v, want an error with %v", err, day.Add(c.until))
			}
			if err := d.TooEarly(c.kind, c.version, day.Add(c.until)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Once the oldest version of a number key is retired in time, the next one is not free at once: a newer one has not
// counted for a day.
func TestTooEarlyOneAfterTheOther(t *testing.T) {
	d := parse(t, codes(1))
	for _, at := range []time.Duration{0, 20 * hour} {
		if _, err := d.Rotate(keyring.Number, none, day.Add(at), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Retire(keyring.Number, 1, day.Add(26*hour)); err != nil {
		t.Fatal(err)
	}
	early := func(at time.Duration) bool { return d.TooEarly(keyring.Number, 2, day.Add(at)) != nil }
	if !early(26*hour) || early(45*hour) {
		t.Error("the second one must wait until the third has counted for a day")
	}
}
