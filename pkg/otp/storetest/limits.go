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
		{"the messages of a client bound all that go out", quotaBounds},
		{"a crashed init stays as it is while the client has no messages", quotaAfterCrash},
		{"a message that does not go out is given back", quotaGivenBack},
	})
}

// windows compares the decisions of a store with those of [otp.Limits.Refusal], over
// random schedules of sends by strangers and by known sources, refunds and answers (P12).
func windows(t *testing.T, o Opener) {
	s := o.Open(t)
	for _, policy := range []otp.Policy{otp.DefaultPolicy(), sample()} {
		t.Run(fmt.Sprint(policy.PerDay), func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			m := &schedule{
				Rand: rand.New(rand.NewPCG(seed, 0)), store: s, policy: policy, at: now,
				ledger: otp.Ledger{Key: fmt.Sprintf("N#windows%d", seed)},
			}
			for n := range 300 {
				m.step(t, fmt.Sprint(n))
			}
		})
	}
}

// sample is a policy with few messages, so that random calls come to each of its limits.
func sample() otp.Policy {
	return otp.Policy{PerHour: 2, PerDay: 4, Cooldown: time.Minute, Unanswered: 3, Pause: 24 * time.Hour}
}

// source returns the digest of the n-th source, nil for n < 0.
func source(n int) []byte {
	if n < 0 {
		return nil
	}
	return fmt.Appendf(nil, "%08d", n)
}

// schedule makes random calls on one ledger of a store, and on a model of it.
type schedule struct {
	*rand.Rand
	store  Store
	policy otp.Policy
	ledger otp.Ledger
	at     otp.Millis
}

func (m *schedule) step(t *testing.T, id string) {
	t.Helper()
	sp := spend(m.ledger.Key, id, 0)
	sp.Limits = m.policy.Limits()
	if m.IntN(3) == 0 {
		sp.Limits, sp.Source = m.policy.KnownLimits(), source(m.IntN(12))
	}
	// A step ends at the edge of a window as often as just beside it.
	w := sp.Limits.Windows[m.IntN(len(sp.Limits.Windows))]
	m.at = m.at.Add(w.In/time.Duration(w.Sends)) + otp.Millis(m.IntN(3)-1)
	sp.Now = m.at
	why, _ := sp.Limits.Refusal(m.ledger, m.at)
	may := why == "" && (sp.Source == nil || m.ledger.Knows(sp.Source))
	spent(t, m.store, sp, may)
	if !may {
		return
	}
	m.ledger.Sends = append([]otp.Send{{At: m.at, ID: id}}, m.ledger.Sends...)
	m.ledger.Unanswered++
	switch m.IntN(20) {
	case 0:
		refund(t, m.store, m.ledger.Key, id)
		m.ledger.Sends = m.ledger.Sends[1:]
		m.ledger.Unanswered--
	case 1:
		a := otp.Answer{Ledger: m.ledger.Key, Source: source(m.IntN(13) - 1)}
		if err := m.store.Answered(ctx, a); err != nil {
			t.Fatal(err)
		}
		m.ledger.Unanswered, m.ledger.Known = 0, otp.Remember(m.ledger.Known, a.Source)
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

// unansweredPause sends as early as the limits allow it. Three messages go through in each
// pause, and each pause is twice as long as the one before, up to the longest.
func unansweredPause(t *testing.T, o Opener) {
	s := o.Open(t)
	var sends []otp.Millis
	at := now
	for n := range 45 {
		if n < 20 {
			at = at.Add(24 * time.Hour)
		} else {
			pause := min(time.Hour<<((n-20)/3), 24*time.Hour)
			at = max(at.Add(cooldown), sends[n-3].Add(pause), sends[n-10].Add(24*time.Hour+otp.LongestLife))
			spent(t, s, spend("N#3", fmt.Sprint("early", n), at-1), false)
		}
		spent(t, s, spend("N#3", fmt.Sprint(n), at), true)
		sends = append(sends, at)
	}
	if err := s.Answered(ctx, otp.Answer{Ledger: "N#3"}); err != nil {
		t.Fatal(err)
	}
	spent(t, s, spend("N#3", "answered", at.Add(cooldown)), true)
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
