package otp_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign/pkg/otp"
)

// The default policy is valid, and the error of an empty one names every field.
func TestDefaultPolicyIsValid(t *testing.T) {
	if err := otp.DefaultPolicy().Validate(); err != nil {
		t.Error(err)
	}
	err := otp.Policy{}.Validate()
	for _, field := range reflect.VisibleFields(reflect.TypeFor[otp.Policy]()) {
		if field.Name != "Cooldown" && !strings.Contains(err.Error(), field.Name+" is ") {
			t.Errorf("an empty policy: %v, want an error for %s", err, field.Name)
		}
	}
	var out *otp.RangeError
	if !errors.As(err, &out) {
		t.Errorf("the error is a %T, want a RangeError", err)
	}
}

// A policy that is accepted is inside the caps (P10), and allows few guesses at one
// number in a day.
func TestPolicyCaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.Int64Range(-int64(time.Hour), int64(200*time.Hour))
		n := rapid.IntRange(-2, 150)
		long := func(name string) time.Duration { return time.Duration(d.Draw(t, name)) }
		p := otp.Policy{
			Digits: n.Draw(t, "digits"), Attempts: n.Draw(t, "attempts"),
			PerHour: n.Draw(t, "hour"), PerDay: n.Draw(t, "day"), Unanswered: n.Draw(t, "unanswered"),
			Validity: long("validity"), Cooldown: long("cooldown"), Pause: long("pause"), Memory: long("memory"),
		}
		if rapid.Bool().Draw(t, "mostly default") {
			p = otp.DefaultPolicy()
			p.Attempts, p.Validity, p.PerDay = n.Draw(t, "attempts"), long("validity"), n.Draw(t, "day")
		}
		if p.Validate() != nil {
			return
		}
		if p.Validity > 10*time.Minute || p.Attempts > 5 || p.Digits < 4 || p.PerDay*p.Attempts > 100 {
			t.Errorf("the policy is accepted: %+v", p)
		}
	})
}

// The limits decide as a plain count over each window does (P12).
func TestLimitsCount(t *testing.T) {
	steps := rapid.SampledFrom([]otp.Millis{1, 29_999, 30_000, 30_001, 600_000, 719_999, 720_000, 8_640_000})
	policy, source := otp.DefaultPolicy(), []byte("source")
	rapid.Check(t, func(t *rapid.T) {
		n := otp.Ledger{}
		if rapid.Bool().Draw(t, "known") {
			n.Known = otp.Remember(nil, source)
		}
		now := otp.Millis(1_795_317_208_457)
		for range 200 {
			now += steps.Draw(t, "step")
			if rapid.IntRange(0, 39).Draw(t, "answered") == 0 {
				n.Unanswered = 0
			}
			limits := policy.Limits()
			if len(n.Known) > 0 && rapid.Bool().Draw(t, "from known") {
				limits = policy.KnownLimits()
			}
			why, wait := limits.Refusal(n, now)
			if got := counted(limits, n, now); why != got {
				t.Fatalf("the refusal is %q, a plain count gives %q", why, got)
			}
			if why != "" {
				if after, _ := limits.Refusal(n, now.Add(wait)); after != "" {
					t.Fatalf("%s after the wait of %v, want no refusal", after, wait)
				}
				if before, _ := limits.Refusal(n, now.Add(wait)-1); before == "" {
					t.Fatalf("no refusal just before the wait of %v is over", wait)
				}
				continue
			}
			n.Sends = append([]otp.Send{{At: now}}, n.Sends...)
			n.Sends = n.Sends[:limits.Trim(len(n.Sends))]
			n.Unanswered++
		}
	})
}

// counted counts the sends in each window.
func counted(l otp.Limits, n otp.Ledger, now otp.Millis) (why otp.Outcome) {
	for _, w := range l.Windows {
		if w.From > n.Unanswered || w.Reserve && len(n.Known) == 0 {
			continue
		}
		in := 0
		for _, s := range n.Sends {
			if s.At > now.Add(-w.In) {
				in++
			}
		}
		if in >= w.Sends && w.Cooldown && why == "" {
			why = otp.TooSoon
		} else if in >= w.Sends && !w.Cooldown {
			why = otp.TooMany
		}
	}
	return why
}
