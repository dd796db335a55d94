package guard

import (
	"slices"
	"testing"
)

// live lets a country have a day, from its first hour on: messages are spread over its hours, and their first ones are
// answered.
func live(e *Entry, day int64, answered, unanswered int) {
	for i := range answered + unanswered {
		hour := day*24 + int64(i%24)
		e.Take(Charge{Kind: e.Kind, Base: 2000, Hour: hour, Force: true})
		if i < answered {
			e.Credit([]Credit{{Event: Answered, Hour: hour}}, 0)
		}
	}
}

// day is what one day teaches a country: what it remembers then, and what is usual.
type day struct {
	answered, unanswered int
	skip                 int64 // days without messages before it
	days                 int
	usual                int
}

// A country learns from its finished days: the median of what was unanswered for each hundred answered. A day with few
// answers teaches nothing, a bad one little, and fourteen days are remembered.
func TestDays(t *testing.T) {
	for name, days := range map[string][]day{
		"three days make a baseline": {{30, 10, 0, 1, 33}, {30, 12, 0, 2, 36}, {30, 15, 0, 3, 40}, {30, 3, 0, 4, 36}},
		"ten answers are enough":     {{10, 5, 0, 1, 50}, {9, 90, 0, 1, 50}, {0, 50, 0, 1, 50}, {10, 0, 0, 2, 25}},
		"gaps of days do not count": {
			{20, 10, 0, 1, 50}, {20, 10, 1, 2, 50}, {20, 10, 28, 3, 50}, {20, 10, 3, 4, 50},
		},
		"no more than its answers allow, while there is no baseline": {
			{10, 100, 0, 1, 250}, {100, 10000, 0, 2, 250}, {10, 26, 0, 3, 250}, {10, 100, 0, 4, 250},
			{10, 100, 0, 5, 250}, {10, 100, 0, 6, 255},
		},
		"messages that arrive badly": {{30, 70, 0, 1, 233}, {30, 74, 0, 2, 239}, {30, 69, 0, 3, 233}},
		"one lesson for a bad day": {
			{20, 10, 0, 1, 50}, {20, 10, 0, 2, 50}, {20, 10, 0, 3, 50}, // then each bad day is one of 60
			{20, 100, 0, 4, 50}, {20, 100, 0, 5, 50}, {20, 100, 0, 6, 55}, {20, 100, 0, 7, 60}, {20, 100, 0, 8, 60},
		},
		"a good day counts whole": {
			{20, 10, 0, 1, 50}, {20, 10, 0, 2, 50}, {20, 10, 0, 3, 50}, {20, 1, 0, 4, 50}, {20, 1, 0, 5, 50},
			{20, 1, 0, 6, 27},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, n := Fresh("k", Country, at), int64(at/24)
			for i, d := range days {
				n += d.skip
				live(&e, n, d.answered, d.unanswered)
				n++
				got := e.At(n * 24)
				if len(got.Days) != d.days || got.Usual != d.usual || got.Young() != (d.days < 3) {
					t.Errorf("after day %d: %v, usual %d; want %d days, %d", i, got.Days, got.Usual, d.days, d.usual)
				}
				if stays := e.At(n*24 - 1); i > 0 && stays.Usual != days[i-1].usual {
					t.Errorf("day %d teaches before it ends: %d", i, stays.Usual)
				}
			}
		})
	}
}

// Whoever has all messages but his own answered for weeks teaches a country one lesson a week.
func TestLessons(t *testing.T) {
	e, first := Fresh("k", Country, at), int64(at/24)
	for n := range int64(3 + 8*7) {
		live(&e, first+n, 20, 8)
		if n >= 3 {
			live(&e, first+n, 0, 400)
		}
		got := e.At((first + n + 1) * 24)
		if weeks := max(0, n-3+7) / 7; got.Usual > 40+lesson*int(weeks) {
			t.Fatalf("after %d days of it %d is usual", n-2, got.Usual)
		}
		if len(got.Days) != min(int(n)+1, mostDays) {
			t.Fatalf("%d days after %d", len(got.Days), n+1)
		}
	}
	if e.Usual < 70 {
		t.Errorf("after 8 weeks %d is usual: the test teaches nothing", e.Usual)
	}
}

// The median is that of the numbers in their order, and of two in the middle what lies between them.
func TestMedian(t *testing.T) {
	for want, of := range map[int][]int{5: {5}, 7: {10, 5}, 10: {99, 1, 10}, 20: {1, 30, 99, 10}} {
		given := slices.Clone(of)
		if got := median(of); got != want || !slices.Equal(of, given) {
			t.Errorf("the median of %v is %d, want %d", given, got, want)
		}
	}
}

// A country without a baseline refuses nothing by itself, with one it does from then on.
func TestBaseline(t *testing.T) {
	e, first := Fresh("k", Country, at), int64(at/24)
	for n := range int64(3) {
		if live(&e, first+n, 20, 10); !e.Young() || !e.Unlimited() {
			t.Fatalf("day %d: young %v, unlimited %v", n, e.Young(), e.Unlimited())
		}
	}
	c := Charge{Kind: Country, Base: 2000, Hour: (first + 4) * 24}
	for n := range 21 { // nothing of the last 24 hours is left
		if ok := e.Take(c); ok != (n < 20) || e.Young() || e.Unlimited() {
			t.Errorf("message %d: %v: %+v", n, ok, e)
		}
	}
}

// What a country sends beyond its budget is bounded in each hour, also if two processes have another base for it.
func TestBeyond(t *testing.T) {
	e := Fresh("k", Country, at)
	e.Days = []int{33, 33, 33}
	c := Charge{Kind: Country, Base: 2000, Hour: at}
	for range 20 {
		e.Take(c)
	}
	if c.Beyond = e.BeyondLimit(); c.Beyond != 2 || e.Left != 0 {
		t.Fatalf("%d an hour beyond a budget of 20: %+v", c.Beyond, e)
	}
	for hour := range int64(4) {
		c.Hour = at + hour
		for n := range 6 {
			c.Base = 2000 - 100*(n%2)
			if ok := e.Take(c); ok != (n < 2) || e.Beyond != min(n+1, 2) {
				t.Errorf("hour %d, message %d: %v, %d beyond", hour, n, ok, e.Beyond)
			}
		}
	}
	if e.BeyondLimit() != 2 {
		t.Errorf("what went out beyond the budget changes how much may: %d", e.BeyondLimit())
	}
	for left, limit := range map[int]int{-100: 0, 0: 0, 799: 0, 800: 1, 8000: 10} {
		if got := (Entry{Kind: Country, Left: left}).BeyondLimit(); got != limit {
			t.Errorf("beyond an allowance of %d: %d, want %d", left, got, limit)
		}
	}
}

// A block counts as one whose people answer for 14 days.
func TestAnswers(t *testing.T) {
	e := Fresh("k", Block, at)
	if e.Answers(at) {
		t.Error("a fresh one answers")
	}
	for _, event := range []Event{Answered, AnsweredByKnown} {
		e := Fresh("k", Block, at)
		e.Credit([]Credit{{Event: event, Hour: at - 30}, {Event: WasRefused, Hour: at}}, 0)
		for after, want := range map[int64]bool{0: true, 14*24 - 31: true, 14*24 - 30: false, 9999: false} {
			c := Charge{Kind: Block, Hour: at + after, Answering: true}
			if later := e; e.Answers(at+after) != want || later.Take(c) != want {
				t.Errorf("event %d: %d h later: %v", event, after, !want)
			}
		}
	}
}

// A source sends to three countries. An answer, or a day without messages, forgets them.
func TestRegions(t *testing.T) {
	e := Fresh("k", Source, at)
	take := func(region string, hour int64, want bool) {
		t.Helper()
		if got := e.Take(Charge{Kind: Source, Region: region, Hour: hour}); got != want {
			t.Errorf("to %s: %v with %v", region, got, e.Regions)
		}
	}
	take("MY", at, true)
	take("TH", at+1, true)
	take("MY", at+1, true)
	take("ZZ", at+2, true)
	take("SG", at+2, false)
	take("TH", at+3, true)
	take("SG", at+26, false) // that of 3 h counts for one more hour
	take("SG", at+27, true)
	take("MY", at+27, true)
	take("TH", at+27, true)
	take("ZZ", at+27, false)
	e.Credit([]Credit{{Event: Answered, Hour: at + 27}}, 0)
	take("ZZ", at+27, true)
}
