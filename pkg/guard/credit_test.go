package guard

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// charged returns an entry with unanswered messages in an hour.
func charged(kind Kind, hour int64, messages int) Entry {
	e := Fresh(KeyPrefix+"demo#"+string(kind)+"#x", kind, hour)
	for range messages {
		e.Take(Charge{Key: e.Key, Kind: kind, Hour: hour, Base: 2000, Usual: 233, Force: true})
	}
	return e
}

// credits returns credits of an hour, of the records behind the first one of a batch.
func credits(event Event, hour int64, from int, records ...int) (all []Credit) {
	for _, r := range records {
		all = append(all, Credit{Event: event, Hour: hour, From: fmt.Sprint(from), Record: fmt.Sprint(r)})
	}
	return all
}

// What each event changes in each kind of entry.
func TestCredit(t *testing.T) {
	const hour = 500_000
	for name, c := range map[string]struct {
		kind                        Kind
		event                       Event
		unanswered, answered, known int
		left                        int // more than before
	}{
		"a block's message":                {Block, Answered, 2, 1, 0, 100 + 233*5/4 + blockExtra + 3728 - 800},
		"a block's known number":           {Block, AnsweredByKnown, 3, 0, 1, 3728 - 800},
		"a country's known number":         {Country, AnsweredByKnown, 3, 0, 1, knownRate},
		"a young country's message":        {Country, Answered, 2, 1, 0, 100 + youngRate},
		"a message to young countries":     {Young, Answered, 2, 1, 0, 100 + youngRate},
		"a source's message":               {Source, Answered, 2, 1, 0, 100},
		"a block's message did not go out": {Block, NotSent, 2, 0, 0, 100},
		"a country's did not":              {Country, NotSent, 2, 0, 0, 100},
		"a young country's did not":        {Young, NotSent, 2, 0, 0, 100},
		"a source's did not":               {Source, NotSent, 2, 0, 0, 100},
		"a refusal gives nothing":          {Country, WasRefused, 3, 0, 0, 0},
		"a refusal by a block gives none":  {Block, WasRefused, 3, 0, 0, 0},
		"a refusal by a source gives none": {Source, WasRefused, 3, 0, 0, 0},
		"a watched message gives nothing":  {Country, WasWatched, 3, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := charged(c.kind, hour, 3)
			before := e.Left
			if !e.Credit(credits(c.event, hour, 1, 1), 0) {
				t.Error("nothing is new")
			}
			u, a, k := Sum(e.Unanswered), Sum(e.Answered), Sum(e.Known)
			if u != c.unanswered || a != c.answered || k != c.known {
				t.Errorf("unanswered %d, answered %d, known %d", u, a, k)
			}
			if e.Left-before != c.left || e.Refused[Slot(hour)] != map[bool]int{c.event == WasRefused: 1}[true] {
				t.Errorf("%d more room, want %d; refused %v", e.Left-before, c.left, e.Refused)
			}
			if (e.AnsweredAt == hour) != c.event.answers() || (e.Since == hour) != (c.event == WasRefused) {
				t.Errorf("answered at %d, refused since %d", e.AnsweredAt, e.Since)
			}
			left := e.Left
			if e.compute(); e.Left != left {
				t.Errorf("left %d, computed anew %d", left, e.Left)
			}
		})
	}
}

// Room never comes out of nothing: not from answers to messages that no entry counts any more, or that came too late.
func TestCreditOfNothing(t *testing.T) {
	const hour = 500_000
	for name, c := range map[string]struct {
		messages, answers int
		late              int64
		want              int // answers that count
	}{
		"in time":                           {5, 3, 0, 3},
		"more answers than messages":        {5, 9, 0, 5},
		"23 hours late":                     {5, 3, 23, 3},
		"24 hours late":                     {5, 3, 24, 0},
		"25 hours late":                     {5, 3, 25, 0},
		"the entry was swept":               {0, 3, 0, 0},
		"the entry was swept, and it is 5h": {0, 3, 5, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []Kind{Block, Country, Young, Source} {
				e, empty := charged(kind, hour, c.messages), charged(kind, hour, 0)
				e.roll(hour + c.late)
				empty.Base = e.Base
				empty.roll(hour + c.late)
				left := e.Left
				for n := range c.answers {
					e.Credit(credits(Answered, hour, n+1, n+1), 40)
				}
				if got := Sum(e.Answered); got != c.want || e.AnsweredAt != hour {
					t.Errorf("%c: %d answers count, want %d; answered at %d", kind, got, c.want, e.AnsweredAt)
				}
				left += e.base() - empty.base() // a block that answers has more
				if more := e.Left - left; more != c.want*(100+e.perAnswer()) ||
					e.Left-e.base() > empty.Left-empty.base()+c.want*e.perAnswer() {
					t.Errorf("%c: %d more room, %d of %d", kind, more, e.Left, empty.Left)
				}
			}
		})
	}
}

// A record is credited once, however often and in whatever batches it comes, as long as they begin with the same one.
func TestCreditOnce(t *testing.T) {
	const hour = 500_000
	want := charged(Block, hour, 50)
	for range 9 {
		want.Credit([]Credit{{Event: Answered, Hour: hour}}, 0)
	}
	to := func(n int) (all []int) {
		for r := 1; r <= n; r++ {
			all = append(all, r)
		}
		return all
	}
	for name, batches := range map[string][]int{
		"twice": {9, 9}, "longer": {3, 9}, "shorter, and longer": {5, 2, 1, 9, 4, 9}, "bit by bit": to(9),
	} {
		t.Run(name, func(t *testing.T) {
			e := charged(Block, hour, 50)
			for i, n := range batches {
				changed := e.Credit(credits(Answered, hour, 1, to(n)...), 0)
				if new := n > slices.Max(append([]int{0}, batches[:i]...)); changed != new {
					t.Errorf("batch %d changed it: %v", i, changed)
				}
				e.Credit(credits(WasRefused, hour-1, 100+i, 100+i), 0) // another shard meanwhile
			}
			if e.Left != want.Left || e.Answered != want.Answered || e.Unanswered != want.Unanswered {
				t.Errorf("%+v, want %+v", e, want)
			}
		})
	}
}

// A batch that was credited comes again, since its process ended before its report, and is done in part. What the next
// batch begins with has its credits, also where other shards used the entry meanwhile.
func TestCreditInParts(t *testing.T) {
	const hour = 500_000
	for done := 1; done <= 9; done++ {
		for credited := range 10 {
			e := charged(Block, hour, 50)
			e.Credit(credits(Answered, hour, 1, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}[:credited]...), 0)
			given, rest := credits(Answered, hour, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9), []Credit(nil)
			for i := range given[done:] {
				given[done+i].Again = fmt.Sprint(done + 1)
			}
			before := Sum(e.Answered)
			e.Credit(given, 0)
			if got, want := Sum(e.Answered), max(before, done); got != want {
				t.Errorf("%d credited, then %d done: %d, want %d", credited, done, got, want)
			}
			if e.Credit(given, 0) {
				t.Errorf("%d credited, then %d done: the repeat changes it", credited, done)
			}
			for r := done + 1; r <= 9; r++ {
				rest = append(rest, credits(Answered, hour, done+1, r)...)
			}
			if e.Credit(rest, 0); Sum(e.Answered) != 9 || Sum(e.Unanswered) != 41 {
				t.Errorf("%d credited, then %d done, then the rest: %d answers", credited, done, Sum(e.Answered))
			}
		}
	}
}

// The numbers of records grow to any length.
func TestLater(t *testing.T) {
	order := []string{"9", "10", "99999999999999999999", "300000000000000499659", "4421584500000000017450439091"}
	for i, a := range order {
		for j, b := range order {
			if later(a, b) != (i > j) {
				t.Errorf("%s later than %s: %v", a, b, later(a, b))
			}
		}
	}
}

// A country shows the blocks that were refused most, and those of the latest batch first.
func TestWorst(t *testing.T) {
	const hour = 500_000
	e := charged(Country, hour, 1)
	refuse := func(blocks string) {
		var all []Credit
		for i := range blocks {
			all = append(all, Credit{Event: WasRefused, Hour: hour, Block: []byte(blocks[i : i+1])})
		}
		e.Credit(all, 0)
	}
	shown := func() (s string) {
		for _, b := range e.Worst {
			s += string(b)
		}
		return s
	}
	for _, step := range []struct{ refused, want string }{
		{"abacbd", "abcd"}, {"xyzzyxwwwv", "wxyzabcd"}, {"d", "dwxyzabc"}, {"ijkl", "ijkldwxyzabc"},
		{"mnop", "mnopijkldwxyzabc"}, {"q", "qmnopijkldwxyzab"},
	} {
		if refuse(step.refused); shown() != step.want {
			t.Errorf("after %s: %s, want %s", step.refused, shown(), step.want)
		}
	}
}

// A country shows a block that was refused for a day, and one that was watched as long as messages may be unanswered.
func TestWorstIsForgotten(t *testing.T) {
	const hour = 500_000
	for name, c := range map[string]struct {
		event      Event
		last       int64 // hours until the last message to the country
		after      int64
		shown      bool
		unanswered int
	}{
		"refused, a day later":             {WasRefused, 0, 24, false, 0},
		"refused, less than a day later":   {WasRefused, 0, 23, true, 1},
		"watched, in the next hour":        {WasWatched, 0, 1, true, 1},
		"watched, less than a day later":   {WasWatched, 0, 23, true, 1},
		"watched, a day later":             {WasWatched, 0, 24, false, 0},
		"watched, and the country goes on": {WasWatched, 20, 24, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			e := charged(Country, hour, 1)
			e.Credit([]Credit{{Event: c.event, Hour: hour, Block: []byte("a")}}, 0)
			if c.last > 0 {
				e.Take(Charge{Kind: Country, Hour: hour + c.last, Force: true})
			}
			if e = e.At(hour + c.after); len(e.Worst) > 0 != c.shown || Sum(e.Unanswered) != c.unanswered {
				t.Errorf("shows %q, and %d are unanswered", e.Worst, Sum(e.Unanswered))
			}
		})
	}
}

// Countries come before what depends on them, and refusals alone make no entry.
func TestDue(t *testing.T) {
	n := Numbers{Client: "demo", Region: "MY", Block: make([]byte, DigestSize)}
	var all []Credit
	for i := range 20 { // twenty blocks are refused, the later ones more often
		n.Block = []byte{byte(i), 0, 0, 0, 0, 0, 0, 0}
		all = append(all, slices.Repeat([]Credit{{Key: n.BlockKey(), Event: WasRefused}}, i+1)...)
	}
	n.Block = make([]byte, DigestSize)
	old, young := n, n
	old.Region = "SG"
	for _, m := range []Numbers{old, young} {
		for _, key := range []string{m.BlockKey(), m.CountryKey()} {
			all = append(all, Credit{Key: key, Event: AnsweredByKnown, Country: m.CountryKey()})
		}
	}
	countries := Countries(all)
	if len(countries) != 2 || countries[0].Key != young.CountryKey() || !countries[1].Create {
		t.Fatalf("%+v", countries)
	}
	others := Others(all, map[string]Entry{
		old.CountryKey(): {Kind: Country, Days: []int{1, 2, 3}, Usual: 2}, young.CountryKey(): {Kind: Country},
	})
	if len(others) != 1+mostRefused {
		t.Errorf("%d others, want the block, and %d refused blocks", len(others), mostRefused)
	}
	for i, d := range others {
		if d.Create != (i < 1) || d.Entry().Kind != KindOf(d.Key) {
			t.Errorf("%+v", d)
		}
	}
	for i := range all { // they come again: no block is left out, since an earlier try may have credited it
		all[i].Again = "9"
	}
	if again := Others(all, nil); len(again) != len(others) || again[0].Create {
		t.Errorf("%d others that come again, want as many: %+v", len(again), again)
	}
	if last := others[1]; len(last.Credits) != 20 {
		t.Errorf("%d refusals of the first block, want those of the worst", len(last.Credits))
	}
}

// Whatever comes: messages and answers of an entry are never more than what was sent, and its room is what the counts
// say.
func TestCreditAtRandom(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- a test's
	for range 300 {
		kind := []Kind{Block, Country, Young, Source}[r.IntN(4)]
		e, hour, sent := charged(kind, 500_000, 0), int64(500_000), map[int64]int{}
		for n := range 200 {
			if r.IntN(12) == 0 {
				hour += r.Int64N(6)
			}
			at := hour - r.Int64N(30)
			switch r.IntN(3) {
			case 0:
				if e.Take(Charge{Kind: kind, Hour: hour, Base: 2000, Usual: 233, Force: true}) {
					sent[hour]++
				}
			case 1:
				e.Credit(credits(Answered, at, n, n, n+1), 0)
			default:
				e.Credit(credits([]Event{AnsweredByKnown, WasRefused}[r.IntN(2)], at, n, n), 0)
			}
			got := e
			if got.compute(); e.TTL != 0 && got.Left != e.Left {
				t.Fatalf("left %d, computed anew %d", e.Left, got.Left)
			}
			for h := e.Hour - hours + 1; h <= e.Hour; h++ {
				if i := Slot(h); e.Unanswered[i] < 0 || e.Unanswered[i]+e.Answered[i] != sent[h] {
					t.Fatalf("hour %d: %d and %d of %d", h, e.Unanswered[i], e.Answered[i], sent[h])
				}
			}
			if len(e.Seen) > mostSeen {
				t.Fatalf("marks %v", e.Seen)
			}
		}
	}
}
