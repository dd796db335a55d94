package console

import (
	"fmt"
	"math"
	"testing"
	"time"

	"countersign/pkg/guard/report"
)

// TestScale: an axis has four to six lines, the first at 0 and the last at or above the largest number.
func TestScale(t *testing.T) {
	for _, most := range []int{
		-5, 0, 1, 4, 5, 6, 10, 11, 20, 21, 25, 49, 50, 51, 99, 100, 101, 492, 1_000_000, 10_000_000_007,
		math.MaxInt / 2,
	} {
		s := newScale(most, 700)
		steps := s.steps()
		if len(steps) < 4 || len(steps) > 6 || steps[0] != 0 || s.end < most || steps[len(steps)-1] != s.end {
			t.Errorf("%d: %v to %d", most, steps, s.end)
		}
		if s.of(s.end) != 700 || s.of(0) != 0 || s.of(-1) != 0 || s.of(1) < 1 || s.of(math.MaxInt) != 700 {
			t.Errorf("%d: lengths of %v", most, s)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 12: "12", 999: "999", 1000: "1 000", -4: "−4", -12345: "−12 345", 1234567: "1 234 567",
	} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

// TestPlotBudgets: no bar leaves the plot, whatever the counts; the budgets behind the twentieth are one bar.
func TestPlotBudgets(t *testing.T) {
	row := func(sent, answered, refused int, allowance *int) report.Row {
		return report.Row{
			Client: "acme", Kind: report.Country, Country: "MY", Sent: sent, Answered: answered, Refused: refused,
			Allowance: allowance,
		}
	}
	n := func(i int) *int { return &i }
	cases := [][]report.Row{
		nil,
		{row(0, 0, 0, nil)},
		{row(0, 0, 0, n(0))},
		{row(8, 0, 492, n(8)), row(1480, 1085, 1992, n(866))},
		{row(30, 5, 0, n(20))},  // more is there than is allowed
		{row(10, 12, 0, n(-3))}, // no such budget
		{row(math.MaxInt/4, 5, math.MaxInt/4, n(math.MaxInt/2))},
	}
	many := make([]report.Row, 200)
	for i := range many {
		many[i] = row(i, i/2, 200-i, n(i))
	}
	for _, rows := range append(cases, many) {
		p := plotBudgets(rows, true)
		if len(p.Bars) != min(len(rows), plotted+1) {
			t.Errorf("%d rows have %d bars", len(rows), len(p.Bars))
		}
		for _, b := range p.Bars {
			for _, s := range []span{b.Unanswered, b.Answered, b.Refusal} {
				if s.Size < 0 || s.At < plotEdge || s.At+s.Size > plotWidth-plotEdge+2 {
					t.Errorf("a bar is at %v of %d: %+v", s, plotWidth, b)
				}
			}
			if b.Allowance > plotWidth-plotEdge || b.Refused+10 > p.Foot {
				t.Errorf("%+v", b)
			}
		}
	}
	last := plotBudgets(many, true).Bars[plotted]
	sent, refused := 0, 0
	for _, r := range many[plotted:] {
		sent, refused = sent+r.Sent, refused+r.Refused
	}
	if want := fmt.Sprintf("sent %s,", grouped(sent)); last.Label != "180 other budgets together" ||
		last.Figures[:len(want)] != want || last.Allowance != -1 {
		t.Errorf("%+v, want %d and %d", last, sent, refused)
	}
}

// TestPlotHours: each hour has its bars, above the axis.
func TestPlotHours(t *testing.T) {
	at := time.Date(2026, 11, 26, 13, 0, 0, 0, time.UTC)
	var counts []report.Counts
	for i := range 24 {
		counts = append(counts, report.Counts{At: at.Add(time.Duration(i) * time.Hour), Sent: i, Answered: i / 2})
	}
	counts[23].Refused = 1_000_000
	p := plotHours(counts)
	if len(p.Hours) != 24 || len(p.Times) != 8 || p.Empty || p.Times[0].Label != "13:00" {
		t.Fatalf("%+v", p)
	}
	for _, h := range p.Hours {
		for _, s := range []span{h.UnansweredBar, h.AnsweredBar, h.RefusedBar} {
			if s.At < 0 || s.Size < 0 || s.At+s.Size > hoursFoot || h.RefusedX+9 > plotWidth {
				t.Errorf("%+v", h)
			}
		}
	}
	if p := plotHours(nil); !p.Empty || len(p.Hours) != 0 {
		t.Errorf("%+v", p)
	}
	if p := plotHours(make([]report.Counts, 24)); !p.Empty {
		t.Errorf("%+v", p)
	}
}
