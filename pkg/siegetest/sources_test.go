package siegetest

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// asksAll has somebody take all messages that the limits of two hours allow.
func (w *world) asksAll(p person, source string) {
	for range 2 {
		for p.ask(number, source) {
			w.clock.Advance(otp.DefaultPolicy().Cooldown)
		}
		w.clock.Advance(time.Hour)
	}
}

// TestSources: what a request has in the place of the source makes its sender a stranger,
// unless it is a source from which a right code came. It never refuses the request: once
// the limits of strangers allow a message, it goes out.
func TestSources(t *testing.T) {
	for _, via := range []string{"ams", "unimatrix", "cognito"} {
		t.Run(via, func(t *testing.T) {
			w := newWorld(t, otp.DefaultPolicy())
			owner, others := w.people()[via](), w.people()[via]()
			if !owner.ask(number, home) || !owner.guess(number, home, w.code()) {
				t.Fatal("the owner cannot sign in")
			}
			w.clock.Advance(48 * time.Hour)
			w.asksAll(others, stranger)
			wrong := []string{
				"", "-", strings.ToUpper(home), home + " ", " " + home, home + "," + home, "203.0.113.7", "10.0.0.1",
				"unknown", strings.Repeat("x", 500), "é", home + "\n",
			}
			for _, source := range wrong {
				if others.ask(number, source) {
					t.Errorf("the source %q passes for that of the owner", source)
				}
			}
			if !owner.ask(number, home) {
				t.Error("the owner gets no code")
			}
			if strings.Contains(w.log.String(), home) || w.log.Len() == 0 {
				t.Error("the log has the source of the owner, or no lines")
			}
			for _, source := range wrong {
				w.clock.Advance(25 * time.Hour)
				if !others.ask(number, source) {
					t.Errorf("the source %q refuses a request", source)
				}
			}
		})
	}
}

// TestStandingIsNotLent: an owner with a known source mistypes his code. Strangers who leave
// their source out do not pass for him after that.
func TestStandingIsNotLent(t *testing.T) {
	for _, via := range []string{"ams", "unimatrix", "cognito"} {
		w := newWorld(t, otp.DefaultPolicy())
		owner, others := w.people()[via](), w.people()[via]()
		if !owner.ask(number, home) || !owner.guess(number, home, w.code()) {
			t.Fatal("the owner cannot sign in")
		}
		w.clock.Advance(48 * time.Hour)
		w.asksAll(others, stranger)
		for try := range 3 {
			if !owner.ask(number, home) {
				t.Errorf("%s: the owner has %d messages of the day, want 3", via, try)
			}
			owner.guess(number, home, "0000")
			w.clock.Advance(otp.DefaultPolicy().Cooldown)
			if others.ask(number, "") {
				t.Errorf("%s: somebody without a source has a message of the owner's", via)
			}
		}
	}
}

// TestWrongGuessIsNotRemembered: a stranger guesses wrong at the code of somebody whose
// requests have no source. The right code does not make the stranger known.
func TestWrongGuessIsNotRemembered(t *testing.T) {
	for _, via := range []string{"ams", "unimatrix", "cognito"} {
		w := newWorld(t, otp.DefaultPolicy())
		p := w.people()[via]()
		if !p.ask(number, "") {
			t.Fatal("no message")
		}
		code := w.code()
		p.guess(number, stranger, "0000")
		if !p.guess(number, "", code) {
			t.Fatalf("%s: the right code does not pass", via)
		}
		w.clock.Advance(48 * time.Hour)
		w.asksAll(p, "198.51.100.10-third-device")
		if p.ask(number, stranger) {
			t.Errorf("%s: the source of a wrong guess is known", via)
		}
	}
}

// TestKnownForHalfAYear: a source is known for 180 days after the last message, also if
// that message was asked for without a source.
func TestKnownForHalfAYear(t *testing.T) {
	for _, via := range []string{"ams", "unimatrix", "cognito"} {
		w := newWorld(t, otp.DefaultPolicy())
		owner, others := w.people()[via](), w.people()[via]()
		if !owner.ask(number, home) || !owner.guess(number, home, w.code()) {
			t.Fatal("the owner cannot sign in")
		}
		w.clock.Advance(time.Hour)
		others.ask(number, "")
		w.clock.Advance(179 * 24 * time.Hour)
		sqlitetest.Sweep(t, w.store, otp.MillisOf(w.clock.Now()))
		w.asksAll(others, stranger)
		if !owner.ask(number, home) {
			t.Errorf("%s: the owner is not known any more", via)
		}
	}
}
