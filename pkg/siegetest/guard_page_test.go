package siegetest

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/filetest"
)

var update = flag.Bool("update", false, "write the figures and the plots of docs/guard.md")

// pageSeed is that of the figures on the page, and pageRate the honest messages of a second.
const pageSeed, pageRate = 20261127, 0.05

// TestPumpingPage: docs/guard.md and its plots have the figures of one seed.
func TestPumpingPage(t *testing.T) {
	t.Parallel()
	var s strings.Builder
	s.WriteString("| attack inside steady honest traffic | messages without the guard | with it | " +
		"honest new numbers refused | the sketch: attack | honest |\n|---|--:|--:|--:|--:|--:|\n")
	steady := traffics(pageRate)[0]
	row := func(c cell, name string) {
		visits := c.visits(pageSeed)
		if *update && c.addresses == 0 {
			plot(t, c, visits)
		}
		ours, sketch := played(newModel(time.Second), visits), played(newSketch(), visits)
		fmt.Fprintf(&s, "| %s | %d | %d | %.1f %% | %d | %.1f %% |\n", name, played(openDoor{}, visits)[hostile].sent,
			ours[hostile].sent, ours.share(), sketch[hostile].sent, sketch.share())
	}
	for _, a := range attacks(pageRate) {
		row(cell{traffic: steady, attack: &a}, "["+a.name+"](guard-"+a.file+".svg)")
		if a.file == "in-use" {
			row(cell{traffic: steady, attack: &a, addresses: 20}, "the same from 20 addresses, with sources")
			row(cell{traffic: steady, attack: &a, addresses: 100}, "the same from 100 addresses, with sources")
		}
	}
	s.WriteString("\n| honest traffic alone | new numbers refused | the sketch |\n|---|--:|--:|\n")
	for _, h := range traffics(pageRate) {
		visits := cell{traffic: h}.visits(pageSeed)
		ours, sketch := played(newModel(time.Second), visits), played(newSketch(), visits)
		fmt.Fprintf(&s, "| %s | %.1f %% | %.1f %% |\n", h.name, ours.share(), sketch.share())
	}
	onPage(t, "figures", s.String())
	onPage(t, "pauses", pauses())
}

// onPage compares figures with those of the page, or writes them.
func onPage(t *testing.T, mark, figures string) {
	t.Helper()
	const name, end = "../../docs/guard.md", "<!-- end -->"
	begin := "<!-- " + mark + ": go test ./pkg/siegetest -run TestPumpingPage -update -->\n"
	page := filetest.Read(t, name)
	before, rest, ok := strings.Cut(string(page), begin)
	old, after, ends := strings.Cut(rest, end)
	switch {
	case !ok || !ends:
		t.Fatalf("%s has no line %q and %q", name, begin, end)
	case *update:
		filetest.Write(t, name, []byte(before+begin+figures+end+after), 0o644)
	case old != figures:
		t.Errorf("%s has other figures: write them with -update, and read the difference. They are\n%s", name, figures)
	}
}

// bins is the number of bars of a plot.
const bins = 120

// series are the messages of a minute in each bin.
type series [bins]float64

func (s *series) note(v visit, from, to time.Duration) {
	if i := int(float64(bins) * float64(v.at-from) / float64(to-from)); i >= 0 && i < bins {
		s[i] += bins / (to - from).Minutes()
	}
}

// plot writes the plot of an attack: what goes out without the guard and with it, and the honest messages refused.
func plot(t *testing.T, c cell, visits []visit) {
	from, to := warm+c.start, warm+c.end
	if to-from < 2*time.Hour {
		from, to = from-30*time.Minute, max(to, from+time.Hour)+30*time.Minute
	}
	var without, with, refused series
	m := newPlayer(newModel(time.Second))
	m.seen = func(v visit, sent bool) {
		switch {
		case v.hostile && sent:
			with.note(v, from, to)
		case !v.hostile && !sent:
			refused.note(v, from, to)
		}
	}
	m.play(visits)
	n := newPlayer(openDoor{})
	n.seen = func(v visit, _ bool) {
		if v.hostile {
			without.note(v, from, to)
		}
	}
	n.play(visits)
	text := svg(c.attack.name, from-warm, to-warm, without, with, refused, n.result, m.result)
	filetest.Write(t, "../../docs/guard-"+c.file+".svg", []byte(text), 0o644)
}

const plotStyle = `<style>text{font:12px sans-serif;fill:#333}.a{fill:#b8b8b8}.b{fill:#c8102e}.c{fill:#0b5fa5}` +
	`.x{stroke:#777}.bg{fill:#fff}` +
	`@media(prefers-color-scheme:dark){text{fill:#ddd}.a{fill:#5a5a5a}.b{fill:#ff6b6b}.c{fill:#6cb6ff}` +
	`.bg{fill:#0d1117}}</style>`

// short returns a value in few characters.
func short(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

// svg draws three panels over one axis of time, each with a scale of its own: the second and the third would not be
// seen on the scale of the first.
func svg(name string, from, to time.Duration, without, with, refused series, open, guarded result) string {
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 330" role="img" aria-label="%s">`, name)
	s.WriteString(plotStyle + `<rect class="bg" width="720" height="330"/>` + "\n")
	fmt.Fprintf(&s, `<text x="10" y="18" font-weight="bold">%s</text>`+"\n", name)
	panels := []struct {
		class, title string
		values       series
	}{
		{"a", fmt.Sprintf("attack without the guard: %d messages", open[hostile].sent), without},
		{"b", fmt.Sprintf("attack with the guard: %d messages", guarded[hostile].sent), with},
		{"c", fmt.Sprintf("honest messages to new numbers refused in all hours: %d of %d, to known ones %d",
			guarded[fresh].refused, guarded[fresh].sent+guarded[fresh].refused, guarded[known].refused), refused},
	}
	for n, p := range panels {
		base, most := 110+95*n, slices.Max(p.values[:])
		fmt.Fprintf(&s, `<text x="60" y="%d">%s</text>`+"\n", base-66, p.title)
		fmt.Fprintf(&s, `<text x="52" y="%d" text-anchor="end">%s</text>`+"\n", base-50, short(most))
		fmt.Fprintf(&s, `<text x="52" y="%d" text-anchor="end">0</text>`+"\n", base)
		for i, v := range p.values {
			if v > 0 {
				height := max(1, 58*v/most)
				fmt.Fprintf(&s, `<rect class="%s" x="%.1f" y="%.1f" width="5" height="%.1f"/>`+"\n",
					p.class, 60+5.4*float64(i), float64(base)-height, height)
			}
		}
		fmt.Fprintf(&s, `<line class="x" x1="60" y1="%d" x2="708" y2="%d"/>`+"\n", base, base)
	}
	fmt.Fprintf(&s, `<text x="60" y="320">hour %.1f</text><text x="708" y="320" text-anchor="end">hour %.1f</text>`,
		from.Hours(), to.Hours())
	s.WriteString(`<text x="384" y="320" text-anchor="middle">messages a minute, by the hours since the warm-up</text>`)
	s.WriteString("</svg>\n")
	return s.String()
}
