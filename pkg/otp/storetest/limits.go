package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testLimits counts messages to one number (P12).
func testLimits(t *testing.T, o Opener) {
	run(t, o, cases{
		{"any window, at random", windows},
		{"a limit names its reason and the wait", limitsNameReason},
		{"unanswered messages pause a number", unansweredPause},
		{"each request to the sender is counted, whatever it answers", eachRequestCounted},
	})
}

// windows compares the decisions of a store with those of [otp.Limits.Refusal], over
// random schedules of sends and refunds (P12).
func windows(t *testing.T, o Opener) {
	s := o.Open(t)
	for _, limits := range []otp.Limits{
		otp.DefaultPolicy().Limits(),
		{
			Windows: []otp.Window{
				{Sends: 1, In: 0, Cooldown: true}, {Sends: 2, In: time.Minute}, {Sends: 20, In: time.Hour},
			},
			Unanswered: 7, Pause: time.Hour,
		},
	} {
		t.Run(fmt.Sprint(limits), func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewPCG(seed, 0))
			key := fmt.Sprintf("N#windows%d", seed)
			model := otp.Ledger{Key: key}
			at := now
			for n := range 300 {
				// A step ends at the edge of a window as often as just beside it.
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

func limitsNameReason(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.init(t, start("a", phone), otp.Sent)
	w.Clock.Advance(10 * time.Second)
	if got := w.init(t, start("b", phone), otp.TooSoon); got.Wait != 20*time.Second {
		t.Errorf("wait %v, want 20 s", got.Wait)
	}
	w.verify(t, "b", "000000", otp.Unknown)
	for n := range 4 {
		w.Clock.Advance(30 * time.Second)
		w.init(t, start(fmt.Sprint("c", n), phone), otp.Sent)
	}
	if got := w.init(t, start("d", phone), otp.TooMany); got.Wait != time.Hour-130*time.Second {
		t.Errorf("wait %v, want an hour after the first message", got.Wait)
	}
	w.init(t, start("e", "+606543216354"), otp.Sent) // another number is free
}

func unansweredPause(t *testing.T, o Opener) {
	s := o.Open(t)
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
}

func eachRequestCounted(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Inbox.Answers = []otp.Delivery{otp.MaybeSent, otp.Refused}
	w.init(t, start("id", phone), otp.Unclear)
	w.Clock.Advance(cooldown)
	w.init(t, start("id", phone), otp.Undeliverable)
	w.init(t, start("next", phone), otp.TooSoon)
	w.counted(t, 2)
}
