package siegetest

import (
	"testing"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// real plays a trace against the handlers of one contract, with a store and its follower.
type real struct {
	*world
	via string
	lag time.Duration // of the stream
	// due is when the stream brings what has passed, 0 for nothing.
	due   time.Duration
	asked map[string]asked // by number
}

// asked is a code that was asked for.
type asked struct {
	person
	code string
}

// stream brings what is due, in batches.
func (r *real) stream(now time.Duration) {
	if r.due != 0 && r.due <= now {
		r.at(r.due)
		r.due = 0
		r.follow()
	}
}

func (r *real) at(now time.Duration) {
	if wait := begin.Add(now).Sub(r.clock.Now()); wait > 0 {
		r.clock.Advance(wait)
	}
}

func (r *real) ask(v visit) (sent bool) {
	r.stream(v.at)
	r.at(v.at)
	var p person = &viaUnimatrix{world: r.world}
	switch {
	case v.chosen:
		p = &choosing{r.world}
	case r.via == "ams":
		p = &viaAMS{world: r.world}
	case r.via == "cognito":
		p = &viaCognito{world: r.world}
	}
	if !p.ask(v.to.number, v.source) {
		return false
	}
	r.asked[v.to.number] = asked{p, r.code()}
	return true
}

func (r *real) answered(v visit, at time.Duration) {
	r.stream(at)
	r.at(at)
	a := r.asked[v.to.number]
	if !guesses(a.person, v.to.number, a.code) {
		r.t.Errorf("%v: the right code of %s does not pass", at, v.to.number)
	}
	if r.due == 0 {
		r.due = at + r.lag
	}
}

// guesses types a code, and leaves it to the stream to follow.
func guesses(p person, number, code string) bool {
	switch p := p.(type) {
	case *viaAMS:
		p.late = true
	case *viaUnimatrix:
		p.late = true
	case *viaCognito:
		p.late = true
	}
	return p.guess(number, "", code)
}

// choosing is a client that chooses the codes.
type choosing struct{ *world }

func (p *choosing) ask(number, _ string) bool {
	return p.sent(func() { p.query("otp.send", "", object{"to": number, "code": "271828"}) }) > 0
}

func (p *choosing) guess(number, _, code string) bool {
	data, _ := p.query("otp.verify", "", object{"to": number, "code": code, "ttl": 1800})["data"].(object)
	return data["valid"] == true
}

// newReal returns a service of a contract.
func newReal(w *world, via string, lag time.Duration) *real {
	return &real{world: w, via: via, lag: lag, asked: map[string]asked{}}
}

// enforced is the policy of the simulation.
var enforced = guard.Policy{Mode: guard.Enforce, Young: guard.DefaultYoung, Shards: 1}

// TestPumpingReal plays the attackers against the handlers of the contracts on both stores. They send and refuse what
// the rules alone do. Of the drawn seed one attacker is played, with -pumping each of the ten, inside each of the six
// traffics. On DynamoDB's protocol the stream is hours late, and the traffics and attackers are those with the fewest
// messages: the engine of the tests reads its whole stream each time.
func TestPumpingReal(t *testing.T) {
	seed := drawn(t)
	first, cells, onTable := int(seed%10), 1, 0
	if *pumping > 0 {
		cells, onTable = 10, 2
	}
	for n := range cells {
		c := realCell(0.003, seed, first+n)
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			lag := []time.Duration{time.Second, 30 * time.Second}[n%2]
			c.holdReal(t, newGuarded(t, otp.DefaultPolicy(), enforced), seed, n, lag)
		})
	}
	for n := range onTable {
		c := cell{traffic: traffics(0.0007)[2*n], attack: &attacks(0.0007)[(first+3*n)%6]}
		t.Run("on a table: "+c.String(), func(t *testing.T) {
			t.Parallel()
			c.holdReal(t, newOnTable(t, otp.DefaultPolicy(), enforced), seed, n, 3*time.Hour)
		})
	}
}

// realCell has the n-th attacker inside a traffic that the seed and he choose.
func realCell(rate float64, seed uint64, n int) cell {
	t, a := traffics(rate), attacks(rate)
	return cell{traffic: t[(n+int(seed/10%6))%len(t)], attack: &a[n%len(a)]}
}

// rested leaves out honest visits for a number that was asked for in the hour before: among new numbers of a block some
// are drawn twice. The limits of a number, which the rules know nothing of, would refuse the second one.
func rested(all []visit) (some []visit) {
	last := map[string]time.Duration{}
	for _, v := range all {
		at, before := last[v.to.number]
		if !v.hostile && before && v.at < at+time.Hour {
			continue
		}
		last[v.to.number] = v.at
		some = append(some, v)
	}
	return some
}

// holdReal plays a cell against a service, by one of the contracts, and holds it to the rules.
func (c cell) holdReal(t *testing.T, w *world, seed uint64, n int, lag time.Duration) {
	t.Helper()
	via := []string{"ams", "unimatrix", "cognito"}[(n+int(seed%3))%3]
	if c.attack.file == "chosen" {
		via = "unimatrix"
	}
	visits := rested(c.visits(seed))
	ours, model := played(newReal(w, via, lag), visits), played(newModel(lag), visits)
	// The attacker who reads ten numbers meets the limits of a number too, which the rules know nothing of. All others
	// are as by the rules, to the message.
	limited := c.attack.file == "answers" && ours[fresh].refused <= model[fresh].refused+3 &&
		ours[hostile].sent <= model[hostile].sent+3 && ours[hostile].sent >= model[hostile].sent*4/5
	if ours != model && !limited {
		t.Errorf("%v by %s, stream %v late: %+v, and by the rules alone %+v", c, via, lag, ours, model)
	}
	t.Logf("by %s, on a table %v, stream %v late: %+v", via, w.stream != nil, lag, ours)
}
