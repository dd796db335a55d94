package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"countersign/pkg/guard"
	"countersign/pkg/otp"

	"countersign/pkg/clocktest"
)

// testBudgetRaces asks for more messages at once than there is room for (P12).
func testBudgetRaces(t *testing.T, o Opener) {
	run(t, o, cases{
		{"charges of each kind of entry", chargesAtOnce},
		{"charges beyond a country's budget", beyondAtOnce},
		{"500 new numbers of a block", blockAtOnce},
		{"500 new numbers of a country", countryAtOnce},
		{"500 new numbers of countries without a baseline", youngAtOnce},
		{"500 new numbers for a source", sourceAtOnce},
		{"charges and their return at once", returnsAtOnce},
		{"new numbers at the turn of an hour", hourAtOnce},
	})
}

// charges makes so many charges at once and returns how many found room.
func charges(t testing.TB, s Store, n int, c guard.Charge) int {
	t.Helper()
	got := Together(t, n, func(int) (otp.Outcome, error) {
		_, ok, err := s.Charge(ctx, c)
		return map[bool]otp.Outcome{true: otp.Sent, false: otp.OverBlock}[ok], err
	})
	return got[otp.Sent]
}

func chargesAtOnce(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	for _, c := range []struct {
		guard.Charge
		room, calls int
	}{
		{guard.Charge{Key: countryKey("MY"), Kind: guard.Country, Base: baseOf[guard.Country]}, roomOfCountry, 70},
		{guard.Charge{Key: youngKey(), Kind: guard.Young, Base: baseOf[guard.Young]}, guard.DefaultYoung, 250},
		{guard.Charge{Key: "G#demo#b#1", Kind: guard.Block}, roomOfBlock, 60},
		{guard.Charge{Key: "G#demo#b#2", Kind: guard.Block, Usual: 100}, roomOfBlock, 60},
		{guard.Charge{Key: "G#demo#s#1", Kind: guard.Source, Region: "MY"}, roomOfSource, 60},
		{guard.Charge{Key: countryKey("TH"), Kind: guard.Country, Base: baseOf[guard.Country]}, 100, 100}, // young
		{guard.Charge{Key: "G#demo#b#3", Kind: guard.Block, Force: true}, 100, 100},
	} {
		c.Hour = w.hour()
		if got := charges(t, w.Store, c.calls, c.Charge); got != c.room {
			t.Errorf("%s: %d messages, want %d", c.Key, got, c.room)
		}
		unanswered(t, w.Store, c.room, c.Key)
	}
}

func beyondAtOnce(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	c := guard.Charge{Key: countryKey("MY"), Kind: guard.Country, Base: baseOf[guard.Country], Hour: w.hour()}
	charges(t, w.Store, roomOfCountry+20, c)
	c.Beyond = 3
	if got := charges(t, w.Store, 60, c); got != 3 {
		t.Errorf("%d messages, want 3", got)
	}
	unanswered(t, w.Store, roomOfCountry+3, c.Key)
}

// race asks for codes for 500 numbers at once, and returns the outcomes. Some of the calls read no entry ahead.
func (w *world) race(t testing.TB, r func(n int) otp.Start) map[otp.Outcome]int {
	t.Helper()
	before := len(w.Inbox.Messages())
	got := Together(t, 500, func(n int) (otp.Outcome, error) {
		by := w.Issuer
		if n%5 == 0 {
			by.Ahead = nil
		}
		got, err := by.Init(ctx, r(n))
		return got.Outcome, err
	})
	if sent := len(w.Inbox.Messages()) - before; sent != got[otp.Sent] {
		t.Errorf("%d messages for the outcomes %v", sent, got)
	}
	return got
}

// blockAtOnce: calls that the block is about to refuse hold the room of the country for a moment, so some are refused
// by that.
func blockAtOnce(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	got := w.race(t, func(n int) otp.Start { return block(0, n) })
	if got[otp.Sent] != roomOfBlock || got[otp.OverBlock]+got[otp.OverCountry] != 500-roomOfBlock {
		t.Errorf("outcomes %v, want %d sent", got, roomOfBlock)
	}
	n, _, _ := w.tagged(t, block(0, 0).ID)
	unanswered(t, w.Store, roomOfBlock, countryKey("MY"), n.BlockKey())
	w.sends(t, 1, 0, 1, otp.Sent) // the country has all of its room again
}

func countryAtOnce(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	got := w.race(t, func(n int) otp.Start { return block(n, n) })
	Want(t, got, map[otp.Outcome]int{otp.Sent: roomOfCountry, otp.OverCountry: 500 - roomOfCountry})
	unanswered(t, w.Store, roomOfCountry, countryKey("MY"))
}

func youngAtOnce(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	got := w.race(t, func(n int) otp.Start {
		r := block(n, n)
		r.Region = []string{"MY", "TH", "VN", "ID"}[n%4]
		return r
	})
	const sent = 4 + guard.DefaultYoung // each country has room for one of its own
	Want(t, got, map[otp.Outcome]int{otp.Sent: sent, otp.OverClient: 500 - sent})
	unanswered(t, w.Store, guard.DefaultYoung, youngKey())
}

func sourceAtOnce(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	got := w.race(t, func(n int) otp.Start {
		r := block(n, n)
		r.Source = "attacker"
		return r
	})
	Want(t, got, map[otp.Outcome]int{otp.Sent: roomOfSource, otp.OverSource: 500 - roomOfSource})
	n, _, _ := w.tagged(t, block(0, 0).ID)
	unanswered(t, w.Store, roomOfSource, n.SourceKey(), countryKey("MY"))
}

// returnsAtOnce: what is given back is used again, and never more than there is.
func returnsAtOnce(t *testing.T, o Opener) {
	s, hour := o.Open(t), now.Hour()
	c := guard.Charge{Key: "G#demo#b#1", Kind: guard.Block, Hour: hour}
	var held, most atomic.Int64
	Together(t, 200, func(int) (otp.Outcome, error) {
		_, ok, err := s.Charge(ctx, c)
		if err != nil || !ok {
			return "", err
		}
		for n := held.Add(1); ; {
			if is := most.Load(); is >= n || most.CompareAndSwap(is, n) {
				break
			}
		}
		held.Add(-1)
		return "", s.Uncharge(ctx, guard.Charged{Key: c.Key, Hour: hour})
	})
	if most.Load() > roomOfBlock {
		t.Errorf("%d messages at once, want at most %d", most.Load(), roomOfBlock)
	}
	unanswered(t, s, 0, c.Key)
	if got := charges(t, s, 60, c); got != roomOfBlock {
		t.Errorf("%d messages after all was given back, want %d", got, roomOfBlock)
	}
}

// hourAtOnce: half of the processes are in the next hour already, for which the entries have to be computed anew.
func hourAtOnce(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	w.sends(t, 0, 0, 3, otp.Sent)
	ahead := *w
	ahead.Clock = clocktest.New(w.Clock.Now())
	ahead.Issuer.Now = ahead.Clock.Now
	ahead.toHour(w.hour() + 1)
	got := Together(t, 100, func(n int) (otp.Outcome, error) {
		by := w.Issuer
		if n%2 == 0 {
			by = ahead.Issuer
		}
		r := block(0, 100+n)
		r.ID = fmt.Sprint("turn", n)
		got, err := by.Init(ctx, r)
		return got.Outcome, err
	})
	if got[otp.Sent] != roomOfBlock-3 {
		t.Errorf("outcomes %v, want %d sent", got, roomOfBlock-3)
	}
	n, _, _ := w.tagged(t, block(0, 0).ID)
	unanswered(t, w.Store, roomOfBlock, countryKey("MY"), n.BlockKey())
}
