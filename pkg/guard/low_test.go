package guard

import (
	"context"
	"slices"
	"testing"
)

// An entry is low by the room that it has beyond what is usual, whatever share of its messages nobody answers.
func TestLow(t *testing.T) {
	type day struct{ unanswered, answered int }
	days := func(unanswered, answered int) []day {
		return slices.Repeat([]day{{unanswered, answered}}, 4)
	}
	for name, c := range map[string]struct {
		days    []day
		more    int // unanswered messages beyond those of a usual day
		low     bool
		country bool
	}{
		"a usual day, one in four not answered":       {days(30, 90), 0, false, true},
		"a usual day, two in three not answered":      {days(200, 100), 0, false, true},
		"half of the room beyond it":                  {days(200, 100), 18, false, true},
		"nearly all of the room beyond it":            {days(200, 100), 27, true, true},
		"a day without answers":                       {days(30, 90), 25, true, true},
		"a country without a baseline":                {nil, 1000, false, true},
		"a few messages to countries without one":     {nil, 100, false, false},
		"many messages to countries without baseline": {nil, 141, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			charge := Charge{Key: "k", Kind: Country, Base: 2000}
			if !c.country {
				charge.Kind, charge.Base = Young, 20000
			}
			e := Fresh("k", charge.Kind, 0)
			for day, d := range c.days {
				charge.Hour = int64(24*day + 12)
				charge.Force = true
				for range d.answered + d.unanswered {
					e.Take(charge)
				}
				e.Credit(slices.Repeat([]Credit{{Event: Answered, Hour: charge.Hour}}, d.answered), 0)
			}
			for range c.more {
				e.Take(charge)
			}
			if e.Low() != c.low {
				t.Errorf("low is %v, want %v: %d of %d left, usual %d", e.Low(), c.low, e.Left, e.Allowance(), e.Usual)
			}
		})
	}
}

// one is a table of one entry of each key.
type one map[string]*Entry

func (o one) Charge(_ context.Context, c Charge) (Entry, bool, error) {
	if o[c.Key] == nil {
		e := Fresh(c.Key, c.Kind, c.Hour)
		o[c.Key] = &e
	}
	ok := o[c.Key].Take(c)
	return *o[c.Key], ok, nil
}

func (o one) Uncharge(_ context.Context, c Charged) error { o[c.Key].GiveBack(c.Hour); return nil }

// The verdict of a message to a country without a baseline has the entry that bounds it.
func TestVerdictOfYoungCountry(t *testing.T) {
	m := Message{
		Policy:  Policy{Mode: Enforce, Young: 200, Shards: 1},
		Numbers: Numbers{Client: "a", Region: "MY", Block: make([]byte, DigestSize)}, Hour: 500_000,
	}
	table := one{}
	if v, err := Admit(t.Context(), table, m); err != nil || v.Entry.Kind != Country || !v.Entry.Unlimited() {
		t.Errorf("%+v, %v; want the country, which has room for one message of its own", v.Entry, err)
	}
	v, err := Admit(t.Context(), table, m)
	if err != nil || v.Reason != "" || v.Entry.Kind != Young || v.Entry.Left != 19900 {
		t.Errorf("%+v, %v; want the entry of young countries with room for 199", v.Entry, err)
	}
}

// An attack that is a tenth of a country's traffic, spread over its blocks, makes the country low within two days,
// before anything is refused: an alarm can see it. The same days without it, and a launch of ten times the usual, do
// not.
func TestLowUnderSlowAttack(t *testing.T) {
	const days, begin, honest = 7, 5 * 24, 72 // messages to new numbers in an hour, of which three in four answer
	answers := append(slices.Repeat([]Credit{{Event: Answered}}, honest*3/4),
		slices.Repeat([]Credit{{Event: AnsweredByKnown}}, honest*9/8)...)
	for name, c := range map[string]struct {
		attack, launch int // messages in an hour; how many times as many people in one hour
		low            bool
	}{
		"an attack of a tenth of all messages": {18, 1, true},
		"no attack":                            {0, 1, false},
		"no attack, and a launch":              {0, 10, false},
	} {
		e, low := Fresh("k", Country, 0), false
		for hour := range int64(days * 24) {
			rounds, n := 1, honest
			if hour == begin+10 {
				rounds = c.launch
			}
			if hour >= begin {
				n += c.attack
			}
			for i := range rounds * n {
				if !e.Take(Charge{Key: "k", Kind: Country, Base: 2000, Hour: hour}) && hour >= begin && !low {
					t.Fatalf("%s: a message is refused in hour %d, and nothing was low before", name, hour)
				}
				low = low || hour >= begin && e.Low()
				if i%n == n-1 {
					for k := range answers {
						answers[k].Hour = hour
					}
					e.Credit(answers, 0)
				}
			}
		}
		if low != c.low {
			t.Errorf("%s: low is %v, want %v", name, low, c.low)
		}
	}
}
