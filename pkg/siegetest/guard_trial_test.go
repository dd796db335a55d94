package siegetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// outcome is what became of one trace, with the guard and with the sketch.
type outcome struct{ ours, sketch result }

// trial is one cell on many traces.
type trial struct {
	cell
	traces []outcome
}

// trials of a traffic: alone, and with each attacker inside it.
func (t traffic) trials() []trial {
	all := []trial{{cell: cell{traffic: t}}}
	for _, a := range attacks(pageRate) {
		all = append(all, trial{cell: cell{traffic: t, attack: &a}})
	}
	return all
}

// part returns every third trial, which the seed chooses.
func part(of []trial, seed uint64) (some []trial) {
	for n := int(seed % 3); n < len(of); n += 3 {
		some = append(some, of[n])
	}
	return some
}

// hold plays trials of one traffic on as many traces as n says, and judges them. The seed gives those of the traces.
func hold(t *testing.T, trials []trial, seed uint64, n int) {
	r := rand.New(rand.NewPCG(seed, 0))
	for range n {
		play(r.Uint64(), trials)
	}
	var table strings.Builder
	for _, c := range trials {
		c.check(t)
		fmt.Fprintf(&table, "%-75v %s\n", c, c.row())
	}
	t.Logf("%d traces of seed %d\n%s", n, seed, table.String())
}

// play plays one trace of a traffic in each trial. The time before the attacks is played once.
func play(seed uint64, trials []trial) {
	t, end := trials[0].traffic, time.Duration(0)
	for _, c := range trials {
		end = max(end, c.length())
	}
	honest := t.visits(seed, end)
	begins := before(honest, warm)
	ours, sketch := newPlayer(newModel(time.Second)), newPlayer(newSketch())
	ours.play(honest[:begins])
	sketch.play(honest[:begins])
	for i := range trials {
		c := &trials[i]
		ends := before(honest, c.length())
		visits := merged(honest[begins:ends:ends], c.attack.visits(seed, t.main()))
		c.traces = append(c.traces, outcome{ours.fork().play(visits), sketch.fork().play(visits)})
	}
}

// before returns the number of visits before a time.
func before(all []visit, at time.Duration) int {
	n, _ := slices.BinarySearchFunc(all, at, func(v visit, at time.Duration) int { return int(v.at - at) })
	return n
}

// sums returns what became of all traces.
func (c trial) sums() (ours, sketch result) {
	for _, o := range c.traces {
		ours.add(o.ours)
		sketch.add(o.sketch)
	}
	return ours, sketch
}

func (r *result) add(o result) {
	for i := range r {
		r[i].sent += o[i].sent
		r[i].refused += o[i].refused
	}
}

func attacked(r result) int { return r[hostile].sent }
func refused(r result) int  { return r[fresh].refused }

// margin is how many standard errors the mean difference of the traces must be above 0 to be no chance. If both were
// equally good that would be so for one drawn seed in 1,000 on six traces, and one in 200,000 on twenty (Student's t).
// In nearly all cells the guard is better by more than the spread.
const margin = 6

// worse returns how many messages more than with the sketch a column has on all traces, if it is more than chance. Both
// play the same traces, so chance is in the differences alone, and the spread of these is its measure: one message that
// goes out decides which of the next ones do, and on some traces hardly anybody new comes while the sketch has no room.
// Where all traces have the same difference, one message is too many.
func (c trial) worse(column func(result) int) int {
	var sum, squares float64
	for _, o := range c.traces {
		d := float64(column(o.ours) - column(o.sketch))
		sum, squares = sum+d, squares+d*d
	}
	n := float64(len(c.traces))
	if sum <= margin*math.Sqrt(n/(n-1)*max(0, squares-sum*sum/n)) {
		return 0
	}
	return int(sum)
}

// check holds the guard to the sketch on the same traces.
func (c trial) check(t *testing.T) {
	t.Helper()
	ours, sketch := c.sums()
	if n := ours[known].refused; n != 0 {
		t.Errorf("%v: %d messages to known numbers are refused", c, n)
	}
	if n := c.worse(attacked); n > 0 {
		t.Errorf("%v: %d messages of the attacker go out, %d more than with the sketch", c, attacked(ours), n)
	}
	if n := c.worse(refused); n > 0 && !c.exchanges(ours, sketch) {
		t.Errorf("%v: %d new numbers are refused, %d more than with the sketch", c, refused(ours), n)
	}
	if got := ours.share(); c.attack == nil && got > c.most {
		t.Errorf("%v: %.2f %% of new numbers are refused, want at most %v %%", c, got, c.most)
	}
	if c.attack != nil && c.attack.file == "in-use" && c.traffic.name == "steady" &&
		(attacked(ours) > attacked(sketch)/2 || refused(ours) > refused(sketch)/2) {
		t.Errorf("%v: %v, want at most half of the sketch's", c, c.row())
	}
}

// exchanges reports whether new numbers of a client with three messages a day are refused for less of an attack. It has
// no baseline, so its attacker and new people use the same room, which is a quarter less than the sketch's: he gets
// less, and it is used up earlier. Of some three new people in two days one at most may be refused for that, where he
// gets a fifth less.
func (c trial) exchanges(ours, sketch result) bool {
	return c.traffic.few && refused(ours) <= refused(sketch)+len(c.traces) && attacked(ours) <= attacked(sketch)*4/5
}

// row is the line of a table.
func (c trial) row() string {
	ours, sketch := c.sums()
	return fmt.Sprintf("attack %6d of %6d (sketch %6d), new refused %5.2f %% (sketch %5.2f %%)",
		attacked(ours), attacked(ours)+ours[hostile].refused, attacked(sketch), ours.share(), sketch.share())
}
