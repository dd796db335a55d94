package guard

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// at is an hour of our time, the first one of a day.
const at = 500_000 / 24 * 24

// seeded returns random numbers, and prints their seed.
func seeded(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// counts are those of an entry by hours that do not wrap around.
type counts struct {
	unanswered, answered, known, refused map[int64]int
}

func newCounts() counts {
	return counts{map[int64]int{}, map[int64]int{}, map[int64]int{}, map[int64]int{}}
}

// place returns the hour of the last 24 that a message of another hour counts in.
func place(e Entry, hour int64) int64 { return e.Hour - ((e.Hour-hour)%hours+hours)%hours }

// check fails the test unless an entry has these counts, and the room that follows from them.
func (c counts) check(t *testing.T, e Entry) {
	t.Helper()
	for name, x := range map[string]struct {
		want map[int64]int
		got  [hours]int
	}{
		"unanswered": {c.unanswered, e.Unanswered}, "answered": {c.answered, e.Answered}, "known": {c.known, e.Known},
		"refused": {c.refused, e.Refused},
	} {
		for h := e.Hour - hours + 1; h <= e.Hour; h++ {
			if x.got[Slot(h)] != x.want[h] {
				t.Fatalf("%c: %s in the hour %d before: %d, want %d", e.Kind, name, e.Hour-h, x.got[Slot(h)], x.want[h])
			}
		}
	}
	want := e.base() - 100*Sum(e.Unanswered) + e.perAnswer()*Sum(e.Answered) + e.perKnown()*Sum(e.Known)
	if e.Left != want {
		t.Fatalf("%c: room for %d, want %d: %+v", e.Kind, e.Left, want, e)
	}
	if e.TTL != (e.Hour+memory)*3600 {
		t.Fatalf("TTL %d in hour %d", e.TTL, e.Hour)
	}
	if len(e.Days) > mostDays || e.Usual > mostUsual || len(e.Regions) > sourceRegions {
		t.Fatalf("too many days or regions, or a ratio above all: %+v", e)
	}
}

// step makes a random change of an entry, and the same one of the counts.
func (c counts) step(t *testing.T, r *rand.Rand, e *Entry, now int64) {
	hour := now - int64(r.IntN(3)) + int64(r.IntN(2)) // a clock behind, or ahead
	if r.IntN(50) == 0 {
		hour -= hours
	}
	switch r.IntN(5) {
	case 0, 1, 2:
		x := Charge{
			Key: e.Key, Kind: e.Kind, Hour: hour, Force: r.IntN(5) == 0, Answering: e.Kind == Block && r.IntN(5) == 0,
		}
		switch e.Kind {
		case Block:
			x.Usual = []int{0, 33, 400}[r.IntN(20)/9]
		case Country, Young:
			x.Base = []int{2000, 1000}[r.IntN(20)/19]
		case Source:
			x.Region = []string{"MY", "TH", "SG", "ZZ"}[r.IntN(4)]
		}
		if e.Kind == Country && r.IntN(5) == 0 {
			x.Beyond = 3
		}
		current, before := e.TTL != 0 && e.Current(x), *e
		ok := e.Take(x)
		if ok {
			c.unanswered[place(*e, hour)]++
		}
		if plain := x.Beyond == 0 && !x.Force && !x.Answering && x.Kind != Source; current && plain {
			if ok != (before.Left >= 100) || ok && e.Left != before.Left-100 || !ok && e.Left != before.Left {
				t.Fatalf("%c: a current entry with room for %d: %v, then %d", e.Kind, before.Left, ok, e.Left)
			}
		}
	case 3:
		i := place(*e, hour)
		in := hour > e.Hour-hours && hour <= e.Hour
		if e.GiveBack(hour); in && c.unanswered[i] > 0 {
			c.unanswered[i]--
		}
	case 4:
		x := Credit{Hour: hour, Event: Answered + Event(r.IntN(5))}
		e.Credit([]Credit{x}, 33)
		c.credit(x, *e)
	}
}

// credit changes the counts as a credit of an entry does.
func (c counts) credit(x Credit, e Entry) {
	switch {
	case x.Hour <= e.Hour-hours:
	case x.Event == Answered && c.unanswered[x.Hour] > 0:
		c.unanswered[x.Hour]--
		c.answered[x.Hour]++
	case x.Event == NotSent && c.unanswered[x.Hour] > 0:
		c.unanswered[x.Hour]--
	case x.Event == AnsweredByKnown:
		c.known[x.Hour]++
	case x.Event == WasRefused:
		c.refused[x.Hour]++
	}
}

// The room of an entry is what its counts of the last 24 hours make of it, whatever happens in whichever order.
func TestRoom(t *testing.T) {
	r := seeded(t)
	for _, kind := range []Kind{Block, Country, Young, Source} {
		for range 100 {
			c, now, e := newCounts(), int64(at+r.IntN(48)), Entry{}
			e = Fresh("k", kind, now)
			e.Take(Charge{Kind: kind, Hour: now, Region: "MY", Base: 2000})
			c.unanswered[now]++
			for range 300 {
				if r.IntN(4) == 0 {
					now += int64([]int{1, 1, 1, 1, 1, 2, 5, 23, 24, 25, 100}[r.IntN(11)])
				}
				c.step(t, r, &e, now)
				c.check(t, e)
				if from := e.At(now + 3); e.Hour < now+3 && from.Hour != now+3 {
					t.Fatal("an entry as a later message finds it has another hour")
				}
			}
		}
	}
}

// However messages come that nobody answers, at most the allowance goes out in any 24 hours, and exactly the allowance
// if enough are asked for.
func TestWindow(t *testing.T) {
	r := seeded(t)
	for kind, charge := range map[Kind]Charge{
		Block: {}, Country: {Base: 2000}, Young: {Base: 20000}, Source: {Region: "MY"},
	} {
		most := map[Kind]int{Block: 8, Country: 20, Young: 200, Source: 10}[kind]
		for range 50 {
			e, sent, now := Fresh("k", kind, at), map[int64]int{}, int64(at)
			if kind == Country {
				e.Days = []int{33, 33, 33}
			}
			charge.Kind = kind
			for range 400 {
				if r.IntN(8) == 0 {
					now += int64(1 + r.IntN(12))
				}
				charge.Hour = now
				inDay := 0
				for h := now - hours + 1; h <= now; h++ {
					inDay += sent[h]
				}
				n := 1 + r.IntN(most)
				for range n {
					ok := e.Take(charge)
					if ok != (inDay < most) {
						t.Fatalf("%c: %d of %d messages in 24 hours, and one more: %v", kind, inDay, most, ok)
					}
					if ok {
						sent[now]++
						inDay++
					}
				}
			}
		}
	}
}

// An entry is current for a charge if its room is that of the charge's hour, base and ratio. A charge brings it there,
// and one of an earlier hour neither turns it back nor ends its day.
func TestCurrent(t *testing.T) {
	for name, x := range map[string]struct {
		kind    Kind
		change  func(c *Charge)
		current bool
	}{
		"the same":                       {Block, func(*Charge) {}, true},
		"an earlier hour":                {Block, func(c *Charge) { c.Hour -= hours - 1 }, true},
		"an hour a day ago":              {Block, func(c *Charge) { c.Hour -= hours }, false},
		"a later hour":                   {Block, func(c *Charge) { c.Hour++ }, false},
		"another ratio":                  {Block, func(c *Charge) { c.Usual = 40 }, false},
		"another base of a country":      {Country, func(c *Charge) { c.Base = 1000 }, false},
		"another base of young ones":     {Young, func(c *Charge) { c.Base = 1000 }, false},
		"another base the day before":    {Country, func(c *Charge) { c.Base, c.Hour = 1000, at-1 }, false},
		"a country's ratio is its own":   {Country, func(c *Charge) { c.Usual = 40 }, true},
		"the base of a block is its own": {Block, func(c *Charge) { c.Base = 40 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			c, e := Charge{Kind: x.kind, Base: 2000, Usual: 33, Hour: at}, Fresh("k", x.kind, at)
			for range fewAnswers {
				e.Take(c)
				e.Credit([]Credit{{Event: Answered, Hour: at}}, 33)
			}
			before := e
			if x.change(&c); e.Current(c) != x.current {
				t.Errorf("current: %v", !x.current)
			}
			if c.Force = true; !e.Take(c) || e.Hour != max(at, c.Hour) || len(e.Days) != len(before.Days) {
				t.Errorf("%+v", e)
			}
			if !e.Current(c) && c.Hour > at-hours || x.kind == Block && e.Usual != c.Usual {
				t.Errorf("it is not current after the charge: %+v", e)
			}
		})
	}
}

// A message counts for 24 hours: in the hour that is a day later there is room again, and Wait says so.
func TestWait(t *testing.T) {
	for from := range int64(48) {
		e := Fresh("k", Block, at+from)
		c := Charge{Kind: Block, Hour: at + from}
		for range 8 {
			if !e.Take(c) {
				t.Fatal("no room for 8")
			}
		}
		for later := range int64(hours) {
			c.Hour = at + from + later
			if e.Take(c) {
				t.Fatalf("a ninth message %d h later", later)
			}
			if got := e.Wait(); got != hours-later {
				t.Fatalf("%d h later the wait is %d h", later, got)
			}
		}
		if c.Hour = at + from + hours; !e.Take(c) {
			t.Fatal("no room a day later")
		}
	}
}

// Wait is the time after which a message passes, whatever the entry holds.
func TestWaitIsExact(t *testing.T) {
	r, refused := seeded(t), 0
	for range 2000 {
		kind := []Kind{Block, Country, Young, Source}[r.IntN(4)]
		e := Fresh("k", kind, at)
		if kind == Country {
			e.Days = []int{33, 33, 33}
		}
		c := Charge{Kind: kind, Hour: at, Base: 2000 * (1 + r.IntN(2)), Region: "MY", Force: true}
		for range r.IntN(60) {
			c.Hour += int64(r.IntN(4) / 3)
			c.Region = []string{"MY", "TH", "SG", "VN"}[r.IntN(4)]
			e.Take(c)
			if r.IntN(4) == 0 && kind != Source && Sum(e.Answered) < fewAnswers-1 { // it learns nothing
				e.Credit([]Credit{{Event: Answered, Hour: c.Hour}}, 0)
			}
		}
		e = e.At(e.Hour + int64(r.IntN(6)))
		c.Force, c.Region, c.Hour = false, "ZA", e.Hour
		if now := e; now.Take(c) {
			continue
		}
		refused++
		first := slices.IndexFunc(make([]int, hours+1), func(int) bool { c.Hour++; later := e; return later.Take(c) })
		if first+1 != int(e.Wait()) {
			t.Fatalf("%c: room after %d h, but a wait of %d: %+v", kind, first+1, e.Wait(), e)
		}
	}
	if refused < 200 {
		t.Errorf("%d refusals are too few to say anything", refused)
	}
}
