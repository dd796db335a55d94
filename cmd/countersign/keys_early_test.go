package main

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyringtest"
)

// longAfter is long after the keys of package keyringtest were made.
var longAfter = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

const hour = time.Hour

func firstKeys(t *testing.T) *keyring.Document {
	t.Helper()
	d, err := keyring.Parse(keyringtest.AtRest())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

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
			d := firstKeys(t)
			for i, at := range c.rotate {
				from := time.Time{}
				if c.from[i] > 0 {
					from = longAfter.Add(at + c.from[i])
				}
				if _, err := d.Rotate(c.kind, from, longAfter.Add(at), rand.Reader); err != nil {
					t.Fatal(err)
				}
			}
			if c.until == 0 {
				if err := tooEarly(d, c.kind, c.version, longAfter.Add(2*hour)); err != nil {
					t.Error(err)
				}
				return
			}
			err := tooEarly(d, c.kind, c.version, longAfter.Add(c.until-time.Second))
			if err == nil || !strings.Contains(err.Error(), longAfter.Add(c.until).UTC().Format(time.RFC3339)) {
				t.Errorf("%v, want an error with %v", err, longAfter.Add(c.until))
			}
			if err := tooEarly(d, c.kind, c.version, longAfter.Add(c.until)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Once the oldest version of a number key is retired in time, the next one is not free at once: a newer one has not
// counted for a longAfter.
func TestTooEarlyOneAfterTheOther(t *testing.T) {
	d := firstKeys(t)
	for _, at := range []time.Duration{0, 20 * hour} {
		if _, err := d.Rotate(keyring.Number, time.Time{}, longAfter.Add(at), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Retire(keyring.Number, 1, longAfter.Add(26*hour)); err != nil {
		t.Fatal(err)
	}
	early := func(at time.Duration) bool { return tooEarly(d, keyring.Number, 2, longAfter.Add(at)) != nil }
	if !early(26*hour) || early(45*hour) {
		t.Error("the second one must wait until the third has counted for a day")
	}
}
