package storetest

import (
	"fmt"
	"math/rand/v2"
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

func spent(t testing.TB, s Store, sp otp.Spend, want bool) *otp.Ledger {
	t.Helper()
	got, err := s.Spend(ctx, sp)
	if err != nil {
		t.Fatal(err)
	}
	if got.Applied != want {
		t.Fatalf("spend %s at %d applied: %v, want %v (ledger %+v)", sp.ID, sp.Now, got.Applied, want, got.Item)
	}
	if !want && got.Item == nil {
		t.Fatalf("spend %s was refused without the ledger that refused it", sp.ID)
	}
	return got.Item
}

// ledgerOf reads a ledger by a spend that is always refused: id is counted.
func ledgerOf(t testing.TB, s Store, key, id string) otp.Ledger {
	t.Helper()
	return *spent(t, s, spend(key, id, now.Add(10*365*24*time.Hour)), false)
}

func testLedger(t *testing.T, o Opener) {
	s := o.Open(t)
	minute := func(n int) otp.Millis { return now.Add(time.Duration(n) * time.Minute) }

	t.Run("counts", func(t *testing.T) {
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
	t.Run("refund of what was not counted as unanswered", func(t *testing.T) {
		uncounted := spend("N#uncounted", "a", minute(0))
		uncounted.Limits.Unanswered = 0 // a newer ledger while the number key is rotated
		spent(t, s, uncounted, true)
		answered := spend("N#answered", "a", minute(0))
		spent(t, s, answered, true)
		if err := s.Answered(ctx, answered.Key); err != nil {
			t.Fatal(err)
		}
		for _, sp := range []otp.Spend{uncounted, answered} {
			if err := s.Refund(ctx, sp.Key, "a"); err != nil {
				t.Fatal(err)
			}
			sp.ID = "b"
			sp.Limits.Unanswered = 0
			spent(t, s, sp, true) // the first takes no room any more
			if got := ledgerOf(t, s, sp.Key, "b"); got.Unanswered != 0 || len(got.Sends) != 1 {
				t.Errorf("%+v, want one send and none unanswered", got)
			}
		}
	})
	t.Run("refund of the newest", func(t *testing.T) {
		for range 2 { // the second does nothing
			if err := s.Refund(ctx, "N#1", "b"); err != nil {
				t.Fatal(err)
			}
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
		if err := s.Refund(ctx, "N#1", "c"); err != nil {
			t.Fatal(err)
		}
		got := ledgerOf(t, s, "N#1", "a")
		want := []otp.Send{{At: minute(4), ID: "e"}, {At: minute(3), ID: "d"}, {At: minute(0), ID: "a"}}
		if !reflect.DeepEqual(got.Sends, want) || got.Unanswered != 3 {
			t.Errorf("ledger %+v, want sends %+v and 3 unanswered", got, want)
		}
	})
	t.Run("refund of nothing", func(t *testing.T) {
		for _, key := range []string{"N#1", "N#none"} {
			if err := s.Refund(ctx, key, "no such id"); err != nil {
				t.Fatal(err)
			}
		}
		if got := ledgerOf(t, s, "N#1", "a"); len(got.Sends) != 3 || got.Unanswered != 3 {
			t.Errorf("ledger changed: %+v", got)
		}
	})
	t.Run("answered", func(t *testing.T) {
		for _, key := range []string{"N#1", "N#none"} {
			if err := s.Answered(ctx, key); err != nil {
				t.Fatal(err)
			}
		}
		if got := ledgerOf(t, s, "N#1", "a"); len(got.Sends) != 3 || got.Unanswered != 0 {
			t.Errorf("ledger %+v, want three sends and none unanswered", got)
		}
		spent(t, s, spend("N#none", "first", now), true) // no ledger was made
	})
	t.Run("unanswered", func(t *testing.T) {
		at, limits := now, otp.DefaultPolicy().Limits()
		for n := range limits.Unanswered {
			at = at.Add(3 * time.Hour)
			spent(t, s, spend("N#3", fmt.Sprint("u", n), at), true)
		}
		spent(t, s, spend("N#3", "paused", at.Add(limits.Pause)-1), false)
		spent(t, s, spend("N#3", "over", at.Add(limits.Pause)), true)
		at = at.Add(limits.Pause)
		spent(t, s, spend("N#3", "paused again", at.Add(time.Hour)), false)
		if err := s.Answered(ctx, "N#3"); err != nil {
			t.Fatal(err)
		}
		spent(t, s, spend("N#3", "answered", at.Add(time.Hour)), true)
	})
}

// testWindows holds a store to the limits as Go states them, over random
// schedules of sends and refunds (P12).
func testWindows(t *testing.T, o Opener) {
	s := o.Open(t)
	for _, limits := range []otp.Limits{
		otp.DefaultPolicy().Limits(),
		{Windows: []otp.Window{{Sends: 1, In: 0, Cooldown: true}, {Sends: 2, In: time.Minute}, {Sends: 20, In: time.Hour}}, Unanswered: 7, Pause: time.Hour},
	} {
		t.Run(fmt.Sprint(limits), func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewPCG(seed, 0))
			key := fmt.Sprintf("N#windows%d", seed)
			model := otp.Ledger{Key: key}
			at := now
			for n := range 300 {
				// Steps end exactly at a window's edge as often as beside it.
				w := limits.Windows[r.IntN(len(limits.Windows))]
				at = at.Add(w.In/time.Duration(w.Sends)) + otp.Millis(r.IntN(3)-1)
				id := fmt.Sprint(n)
				why, _ := limits.Refusal(model, at)
				sp := spend(key, id, at)
				sp.Limits = limits
				spent(t, s, sp, why == "")
				if why != "" {
					continue
				}
				model.Sends = append([]otp.Send{{At: at, ID: id}}, model.Sends...)
				model.Unanswered++
				switch r.IntN(6) {
				case 0:
					if err := s.Refund(ctx, key, id); err != nil {
						t.Fatal(err)
					}
					model.Sends = model.Sends[1:]
					model.Unanswered--
				case 1:
					if err := s.Answered(ctx, key); err != nil {
						t.Fatal(err)
					}
					model.Unanswered = 0
				}
			}
		})
	}
}
