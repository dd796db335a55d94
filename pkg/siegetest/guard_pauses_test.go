package siegetest

import (
	"fmt"
	"strings"
	"time"

	"countersign/pkg/guard"
)

// pausing is the guard with block times that grow, which it does not have: a block that is refused is refused until
// its time is over, and each time is longer than the one before. After a day without a refusal they begin anew.
type pausing struct {
	*model
	// fresh: a block that waited has a budget without messages. Else its messages count for 24 hours all the same.
	fresh  bool
	blocks map[string]*pause
}

type pause struct {
	until time.Duration
	times int
	over  bool // its messages are forgotten
}

// blockTimes are those of the first, the second, the third and each later refusal.
var blockTimes = []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, day}

func newPausing(fresh bool) *pausing {
	return &pausing{newModel(time.Second), fresh, map[string]*pause{}}
}

func (p *pausing) ask(v visit) (sent bool) {
	p.stream(v.at)
	if p.passed[v.to.number] {
		return p.model.ask(v)
	}
	b := p.blocks[v.to.block]
	switch {
	case b == nil:
		b = &pause{}
		p.blocks[v.to.block] = b
	case v.at < b.until:
		return false
	case v.at > b.until+day:
		b.times = 0
	}
	if p.fresh && b.times > 0 && !b.over {
		b.over = true
		p.forget(v)
	}
	before := p.why[guard.ByBlock]
	if sent = p.model.ask(v); p.why[guard.ByBlock] > before {
		b.until = v.at + blockTimes[min(b.times, len(blockTimes)-1)]
		b.times, b.over = b.times+1, false
	}
	return sent
}

// forget gives the messages of a block back.
func (p *pausing) forget(v visit) {
	e := p.entry(p.numbers(v).BlockKey(), guard.Block, 0)
	for h := hour(v.at) - 23; h <= hour(v.at); h++ {
		for range e.Unanswered[h%24] {
			e.GiveBack(h)
		}
	}
}

// pauses is the table of the variant: attacks, and none, in steady traffic and where messages arrive badly.
func pauses() string {
	var s strings.Builder
	s.WriteString("| traffic and attack | as it is: attack | honest | growing times as well: attack | honest | " +
		"growing times in place of the 24 hours: attack | honest |\n|---|--:|--:|--:|--:|--:|--:|\n")
	all, by := traffics(pageRate), attacks(pageRate)
	for _, t := range []traffic{all[0], all[2]} {
		for _, a := range []*attack{nil, &by[1], &by[3], &by[6], &by[9]} {
			visits := cell{traffic: t, attack: a}.visits(pageSeed)
			fmt.Fprintf(&s, "| %v |", cell{traffic: t, attack: a})
			for _, with := range []service{newModel(time.Second), newPausing(false), newPausing(true)} {
				r := played(with, visits)
				fmt.Fprintf(&s, " %d | %.2f %% |", r[hostile].sent, r.share())
			}
			s.WriteString("\n")
		}
	}
	return s.String()
}
