package console

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"countersign/pkg/guard/report"
)

// The sizes of plots, in units of their SVG. Text has 14 of them.
const (
	plotWidth  = 720
	plotEdge   = 10 // left and right of a plot of bars
	budgetStep = 52 // from one budget to the next one
	plotted    = 20 // budgets of a plot; the others are one bar together
	hoursLeft  = 60
	hoursFoot  = 190 // where the axis of time is
	hourStep   = 27
)

// tick is a line of an axis with its label.
type tick struct {
	At    float64
	Label string
}

// span is a part of a bar: where it begins, and how long it is.
type span struct{ At, Size float64 }

// budgetPlot has a bar for each budget. It is empty without budgets.
type budgetPlot struct {
	Height, Foot float64
	Ticks        []tick
	Bars         []budgetBar
	About        string // the plot in a sentence
}

// budgetBar is what was sent of a budget, against its allowance, and what was refused.
type budgetBar struct {
	Label, Figures                string
	Text, Sent, Refused           float64 // where each line of the bar begins
	Unanswered, Answered, Refusal span
	Allowance                     float64 // where its mark is; negative for none
}

// plotBudgets returns the plot of rows: of the first ones, and of the others together.
func plotBudgets(rows []report.Row, several bool) (p budgetPlot) {
	bars := rows[:min(len(rows), plotted)]
	if rest := rows[len(bars):]; len(rest) > 0 {
		bars = append(bars[:len(bars):len(bars)], together(rest))
	}
	most := 0
	for _, r := range bars {
		most = max(most, r.Sent, r.Refused)
		if r.Allowance != nil {
			most = max(most, *r.Allowance)
		}
	}
	scale := newScale(most, plotWidth-2*plotEdge)
	for _, n := range scale.steps() {
		p.Ticks = append(p.Ticks, tick{plotEdge + scale.of(n), grouped(n)})
	}
	for i, r := range bars {
		p.Bars = append(p.Bars, budgetBarOf(r, float64(i*budgetStep), scale, several))
	}
	p.Foot = float64(len(bars) * budgetStep)
	p.Height = p.Foot + 24
	p.About = fmt.Sprintf("Bars of %d budgets on a scale of 0 to %s messages. The table below has the figures.",
		len(bars), grouped(scale.end))
	return p
}

// together returns the sum of rows.
func together(rows []report.Row) (sum report.Row) {
	for _, r := range rows {
		sum.Sent, sum.Answered, sum.Refused = sum.Sent+r.Sent, sum.Answered+r.Answered, sum.Refused+r.Refused
	}
	sum.Client = fmt.Sprintf("%d other budgets together", len(rows))
	return sum
}

// budgetBarOf returns the bar of a row. several is set if the rows are of several clients.
func budgetBarOf(r report.Row, top float64, s scale, several bool) budgetBar {
	b := budgetBar{
		Label: rowLabel(r, several), Text: top + 16, Sent: top + 22, Refused: top + 36, Allowance: -1,
		Figures: fmt.Sprintf("sent %s, answered %s, refused %s", grouped(r.Sent), grouped(r.Answered),
			grouped(r.Refused)),
		Unanswered: span{plotEdge, s.of(r.Sent - r.Answered)}, Refusal: span{plotEdge, s.of(r.Refused)},
	}
	b.Answered = span{plotEdge + b.Unanswered.Size, s.of(r.Answered)}
	if r.Allowance != nil {
		b.Allowance = plotEdge + s.of(*r.Allowance)
		b.Figures += ", allowed " + grouped(*r.Allowance)
	}
	return b
}

// rowLabel names a row in a plot. Long ids are cut, and the table has them whole.
func rowLabel(r report.Row, several bool) string {
	if r.Kind == "" {
		return r.Client
	}
	country, numbers := r.Numbers()
	label := country + ", " + numbers
	if several {
		label = cut(shownID(r.Client), 24) + ": " + label
	}
	return label
}

// cut returns a text of at most n characters.
func cut(text string, n int) string {
	if all := []rune(text); len(all) > n {
		return string(all[:n-1]) + "…"
	}
	return text
}

// hourPlot has the counts of each hour. It is empty without any.
type hourPlot struct {
	Ticks []tick // of messages
	Times []tick
	Hours []hourBar
	About string
	Empty bool // nothing was sent or refused
}

// hourBar is what was sent in an hour, and beside it what was refused.
type hourBar struct {
	report.Counts
	SentX, RefusedX                        float64 // where the bars are
	UnansweredBar, AnsweredBar, RefusedBar span
}

// plotHours returns the plot of hours, which are as in [report.Row].
func plotHours(counts []report.Counts) (p hourPlot) {
	most := 0
	for _, c := range counts {
		most = max(most, c.Sent, c.Refused)
	}
	const high = hoursFoot - 20
	s := newScale(most, high)
	up := func(n int, from float64) span { return span{from - s.of(n), s.of(n)} }
	for _, n := range s.steps() {
		p.Ticks = append(p.Ticks, tick{hoursFoot - s.of(n), grouped(n)})
	}
	for i, c := range counts {
		left := float64(hoursLeft + i*hourStep)
		h := hourBar{Counts: c, SentX: left + 3, RefusedX: left + 14, RefusedBar: up(c.Refused, hoursFoot)}
		h.UnansweredBar = up(c.Sent-c.Answered, hoursFoot)
		h.AnsweredBar = up(c.Answered, h.UnansweredBar.At)
		p.Hours = append(p.Hours, h)
		if i%3 == 0 {
			p.Times = append(p.Times, tick{left, c.At.Format("15:04")})
		}
	}
	p.Empty = most == 0
	if len(counts) > 0 {
		p.About = fmt.Sprintf("Bars of each hour from %s to %s UTC, on a scale of 0 to %s messages. "+
			"The table below has the figures.", counts[0].At.Format(time.DateTime),
			counts[len(counts)-1].At.Add(time.Hour).Format(time.DateTime), grouped(s.end))
	}
	return p
}

// scale is from 0 to end, on a length.
type scale struct {
	end, step int
	length    float64
}

// newScale returns a scale with four or five steps that has room for a number.
func newScale(most int, length float64) scale {
	most = max(most, 4)
	step := 1 // then 2, 5, 10, 20, 50 and so on
	for next := []int{2, 5, 10}; step <= most/5 && 5*step < most; next = append(next[1:], 10*next[0]) {
		step = next[0]
	}
	end := step
	for end < most && end <= math.MaxInt-step {
		end += step
	}
	return scale{end: end, step: step, length: length}
}

// of returns the length of a number, 0 for a negative one. A small one is seen.
func (s scale) of(n int) float64 {
	if n <= 0 {
		return 0
	}
	return math.Round(100*max(1, s.length*min(1, float64(n)/float64(s.end)))) / 100
}

// steps returns the numbers of the axis.
func (s scale) steps() (all []int) {
	for n := 0; n <= s.end-s.step; n += s.step {
		all = append(all, n)
	}
	return append(all, s.end)
}

// grouped returns a number with blanks between groups of three digits.
func grouped(n int) string {
	text := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, text = "−", text[1:]
	}
	var groups []string
	for len(text) > 3 {
		groups, text = append([]string{text[len(text)-3:]}, groups...), text[:len(text)-3]
	}
	return sign + strings.Join(append([]string{text}, groups...), " ")
}

// groupedOf returns a number that may be missing.
func groupedOf(n *int) string {
	if n == nil {
		return "-"
	}
	return grouped(*n)
}

// share returns a ratio in percent, and decimal one with two places. Both may be missing.
func share(f *float64) string {
	if f == nil {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100**f)
}

func decimal(f *float64) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", *f)
}
