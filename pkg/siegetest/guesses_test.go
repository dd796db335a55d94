package siegetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// hoarder asks for as many codes of a number as its limits allow, in every way that a
// contract has, and keeps each for the time at which its guesses do most harm.
type hoarder struct {
	*world
	*rand.Rand
	ams    []held // live codes
	passes int
}

// held is a code that the hoarder has not guessed at yet.
type held struct {
	viaAMS
	until time.Time
}

// step asks for codes in both contracts, by an init, a re-send or another length of code.
func (h *hoarder) step(source string) {
	p := viaAMS{world: h.world}
	if p.ask(number, source) {
		h.ams = append(h.ams, held{p, h.clock.Now().Add(otp.DefaultPolicy().Validity)})
	} else if n := len(h.ams); n > 0 && h.IntN(2) == 0 {
		h.ams[h.IntN(n)].again()
	}
	h.query("otp.send", source, object{"to": number, "digits": 4 + h.IntN(5)})
}

// guess uses all guesses at the codes that are due: on a random one in so many steps, or
// just before they expire.
func (h *hoarder) guess(source string, patience int) {
	kept := h.ams[:0]
	for _, c := range h.ams {
		if last := c.until.Add(-2 * time.Minute); h.clock.Now().Before(last) && h.IntN(patience) > 0 {
			kept = append(kept, c)
			continue
		}
		for range 7 {
			if c.viaAMS.guess(number, source, h.random()) {
				h.passes++
			}
		}
	}
	h.ams = kept
	if h.IntN(min(patience, 6)) == 0 { // its codes live longer
		for range 7 {
			h.query("otp.verify", source, object{"to": number, "code": h.random(), "ttl": 1800})
		}
		h.follow()
	}
}

func (h *hoarder) random() string { return fmt.Sprintf("%04d", h.IntN(10_000)) }

// most returns the most guesses in any 24 hours, and on any day of the calendar.
func most(at []time.Time) (sliding, calendar int) {
	days := map[string]int{}
	for n, first := 0, 0; n < len(at); n++ {
		for at[n].Sub(at[first]) >= 24*time.Hour {
			first++
		}
		sliding = max(sliding, n-first+1)
		day := at[n].Format(time.DateOnly)
		days[day]++
		calendar = max(calendar, days[day])
	}
	return sliding, calendar
}

// TestGuesses: at most 50 guesses of a client at a number are evaluated in any 24 hours
// (P11). Attackers ask for codes, send them again, keep them, and guess: at once, at random,
// and as late as they can. Some of them are where the owner was, and the owner goes on to
// sign in.
func TestGuesses(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	policy := otp.DefaultPolicy()
	policy.Digits = 4 // so that some guesses are right
	guesses, passes := 0, 0
	for player, patience := range []int{1, 3, 1000} {
		w := newWorld(t, policy)
		h := &hoarder{world: w, Rand: rand.New(rand.NewPCG(seed, uint64(player)))}
		owner := w.people()["ams"]()
		for end := w.clock.Now().Add(days * 24 * time.Hour); w.clock.Now().Before(end); {
			source := ""
			if player > 0 && h.IntN(2) == 0 {
				source = home
			}
			if player > 0 && h.IntN(200) == 0 && owner.ask(number, home) {
				owner.guess(number, home, w.code())
			}
			h.step(source)
			h.guess(source, patience)
			w.clock.Advance(time.Duration(20+h.IntN(2500)) * time.Second)
		}
		for client, at := range w.evaluated {
			sliding, calendar := most(at)
			t.Logf("attacker %d, %s: %d guesses, at most %d in 24 hours and %d on a day",
				player, client, len(at), sliding, calendar)
			if sliding > 50 {
				t.Errorf("attacker %d, %s: %d guesses in 24 hours, want at most 50", player, client, sliding)
			}
		}
		guesses, passes = guesses+len(w.evaluated["ams"]), passes+h.passes
	}
	expected := float64(guesses) / 10_000
	t.Logf("AMS: %d guesses at codes of 4 digits, %d right, %.1f expected; "+
		"at codes of 6 digits %.3f %% for a number in 30 days",
		guesses, passes, expected, 100*float64(guesses)/3/1e6)
	if float64(passes) > expected+6*math.Sqrt(expected)+1 {
		t.Errorf("%d right guesses, expected %.1f", passes, expected)
	}
}

// TestGuessesHoarded is the worst schedule: as many codes as possible just before a day, to
// guess at in the day, and as many as possible in the day itself.
func TestGuessesHoarded(t *testing.T) {
	w := newWorld(t, otp.DefaultPolicy())
	var held []func() // guesses at one code
	burst := func() {
		for range 5 {
			p, intent := viaAMS{world: w}, w.id()
			if p.ask(number, "") {
				held = append(held, func() { p.guess(number, "", "000000") })
			}
			w.query("otp.send", "", object{"to": number, "intent": intent})
			held = append(held, func() {
				w.query("otp.verify", "", object{"to": number, "code": "000000", "intent": intent, "ttl": 1800})
			})
			w.clock.Advance(otp.DefaultPolicy().Cooldown)
		}
	}
	guess := func() {
		for _, one := range held {
			for range 5 {
				one()
			}
		}
		held = nil
	}
	w.clock.Advance(24*time.Hour - 270*time.Second)
	burst()
	w.clock.Advance(2 * time.Minute)
	guess() // at midnight, at codes of the day before
	for range 23 {
		w.clock.Advance(time.Hour - 150*time.Second)
		burst()
		guess()
	}
	w.clock.Advance(time.Hour - 270*time.Second) // the first message is 24 hours old
	burst()
	guess()
	for _, client := range []string{"ams", "unimatrix"} {
		sliding, calendar := most(w.evaluated[client])
		t.Logf("%s: at most %d guesses in 24 hours and %d on a day", client, sliding, calendar)
		if sliding != 50 || calendar > 50 {
			t.Errorf("%s: %d guesses in 24 hours and %d on a day, want 50, and at most 50", client, sliding, calendar)
		}
	}
}
