package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// spend returns a spend with the default limits.
func spend(key, id string, at otp.Millis) otp.Spend {
	return otp.Spend{
		Key: key, ID: id, Now: at, Limits: otp.DefaultPolicy().Limits(),
		TTL: at.Add(30 * 24 * time.Hour).Seconds(),
	}
}

// spent fails the test unless a spend goes as expected. It returns the ledger that
// refused it.
func spent(t testing.TB, s Store, sp otp.Spend, want bool) *otp.Ledger {
	t.Helper()
	got, err := s.Spend(ctx, sp)
	if err != nil {
		t.Fatal(err)
	}
	if got.Applied != want {
		t.Fatalf("spend %s at %d: applied is %v, want %v (ledger %+v)", sp.ID, sp.Now, got.Applied, want, got.Item)
	}
	if !want && got.Item == nil {
		t.Fatalf("spend %s was refused without the ledger that refused it", sp.ID)
	}
	return got.Item
}

// ledgerOf reads a ledger with a spend that is always refused, as id is counted.
func ledgerOf(t testing.TB, s Store, key, id string) otp.Ledger {
	t.Helper()
	return *spent(t, s, spend(key, id, now.Add(10*365*24*time.Hour)), false)
}

// refund removes a send from a ledger.
func refund(t testing.TB, s Store, key, id string) {
	t.Helper()
	if err := s.Refund(ctx, key, id); err != nil {
		t.Fatal(err)
	}
}

// minute returns the n-th minute of the test.
func minute(n int) otp.Millis { return now.Add(time.Duration(n) * time.Minute) }

// testLedger counts sends in a ledger, and removes them.
func testLedger(t *testing.T, o Opener) {
	run(t, o, cases{
		{"spends and refunds", spendsAndRefunds},
		{"refund of a send that is not counted as unanswered", refundAnswered},
		{"the first send sets the TTL", ledgerTTL},
		{"old sends are dropped", ledgerTrim},
		{"a send before the newest one is refused, without a cooldown too", clockAhead},
	})
}

// spendsAndRefunds changes one ledger step by step.
func spendsAndRefunds(t *testing.T, o Opener) {
	s := o.Open(t)
	t.Run("spend", func(t *testing.T) {
		spent(t, s, spend("N#1", "a", minute(0)), true)
		spent(t, s, spend("N#1", "b", minute(1)), true)
		want := otp.Ledger{
			Key: "N#1", Sends: []otp.Send{{At: minute(1), ID: "b"}, {At: minute(0), ID: "a"}},
			Unanswered: 2, TTL: minute(1).Add(30 * 24 * time.Hour).Seconds(),
		}
		for _, id := range []string{"a", "b"} { // an id is counted once, however late it comes again
			if got := ledgerOf(t, s, "N#1", id); !reflect.DeepEqual(got, want) {
				t.Errorf("ledger\n%+v\nwant\n%+v", got, want)
			}
		}
	})
	t.Run("refund of the newest", func(t *testing.T) {
		for range 2 { // the second does nothing
			refund(t, s, "N#1", "b")
		}
		got := ledgerOf(t, s, "N#1", "a")
		if len(got.Sends) != 1 || got.Unanswered != 1 {
			t.Errorf("ledger %+v, want one send and one unanswered", got)
		}
	})
	t.Run("refund of an older one", func(t *testing.T) {
		for n, id := range []string{"c", "d", "e"} {
			spent(t, s, spend("N#1", id, minute(2+n)), true)
		}
		refund(t, s, "N#1", "c")
		got := ledgerOf(t, s, "N#1", "a")
		want := []otp.Send{{At: minute(4), ID: "e"}, {At: minute(3), ID: "d"}, {At: minute(0), ID: "a"}}
		if !reflect.DeepEqual(got.Sends, want) || got.Unanswered != 3 {
			t.Errorf("ledger %+v, want sends %+v and 3 unanswered", got, want)
		}
	})
	t.Run("refund of an unknown send", func(t *testing.T) {
		for _, key := range []string{"N#1", "N#none"} {
			refund(t, s, key, "no such id")
		}
		if got := ledgerOf(t, s, "N#1", "a"); len(got.Sends) != 3 || got.Unanswered != 3 {
			t.Errorf("ledger changed: %+v", got)
		}
	})
	t.Run("answered", func(t *testing.T) {
		for _, key := range []string{"N#1", "N#none"} {
			if err := s.Answered(ctx, otp.Answer{Ledger: key}); err != nil {
				t.Fatal(err)
			}
		}
		if got := ledgerOf(t, s, "N#1", "a"); len(got.Sends) != 3 || got.Unanswered != 0 {
			t.Errorf("ledger %+v, want three sends and none unanswered", got)
		}
		spent(t, s, spend("N#none", "first", now), true) // no ledger was made
	})
}

func refundAnswered(t *testing.T, o Opener) {
	s := o.Open(t)
	uncounted := spend("N#uncounted", "a", minute(0))
	uncounted.Limits.Uncounted = true // a newer ledger while the number key is rotated
	spent(t, s, uncounted, true)
	answered := spend("N#answered", "a", minute(0))
	spent(t, s, answered, true)
	if err := s.Answered(ctx, otp.Answer{Ledger: answered.Key}); err != nil {
		t.Fatal(err)
	}
	for _, sp := range []otp.Spend{uncounted, answered} {
		if err := s.Refund(ctx, sp.Key, "a"); err != nil {
			t.Fatal(err)
		}
		sp.ID = "b"
		sp.Limits.Uncounted = true
		spent(t, s, sp, true) // the first send takes no room any more
		if got := ledgerOf(t, s, sp.Key, "b"); got.Unanswered != 0 || len(got.Sends) != 1 {
			t.Errorf("%+v, want one send and none unanswered", got)
		}
	}
}

func ledgerTTL(t *testing.T, o Opener) {
	s := o.Open(t)
	sp := spend("N#1", "a", now)
	spent(t, s, sp, true)
	if got := ledgerOf(t, s, "N#1", "a"); got.TTL != sp.TTL {
		t.Errorf("TTL %d, want %d", got.TTL, sp.TTL)
	}
}

func ledgerTrim(t *testing.T, o Opener) {
	s := o.Open(t)
	limits := otp.Limits{Windows: []otp.Window{{Sends: 3, In: time.Second}}}
	for n := range 40 {
		p := spend("N#2", fmt.Sprint(n), now.Add(time.Duration(n)*time.Minute))
		p.Limits = limits
		spent(t, s, p, true)
	}
	got := ledgerOf(t, s, "N#2", "39")
	if kept := len(got.Sends) - limits.Depth(); kept < 2 || kept >= 12 || got.Unanswered != 40 {
		t.Errorf("of 40 sends %d are kept and %d unanswered, want 5 to 14 and 40", len(got.Sends), got.Unanswered)
	}
}

// clockAhead counts a send of a host whose clock is ahead. The other hosts wait for
// that instant, and for the cooldown after it.
func clockAhead(t *testing.T, o Opener) {
	for _, pause := range []time.Duration{0, time.Millisecond, cooldown, time.Hour} {
		t.Run(fmt.Sprint("cooldown ", pause), func(t *testing.T) {
			w := newWorld(o.Open(t))
			start := func(id string) otp.Start {
				r := start(id, phone)
				r.Policy.Cooldown = pause
				return r
			}
			w.Clock.Advance(5 * time.Minute)
			w.init(t, start("ahead"), otp.Sent)
			for n, behind := range []time.Duration{5 * time.Minute, time.Second, time.Millisecond} {
				w.Clock.Advance(-behind)
				got := w.init(t, start(fmt.Sprint("behind", n)), otp.TooSoon)
				if want := behind + pause; got.Wait != want {
					t.Errorf("%v behind: wait %v, want %v", behind, got.Wait, want)
				}
				w.Clock.Advance(behind)
			}
			w.Clock.Advance(pause)
			w.init(t, start("in time"), otp.Sent)
			w.counted(t, 2)
		})
	}
}
