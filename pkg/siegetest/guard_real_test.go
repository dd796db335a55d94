package siegetest

import (
	"time"

	"countersign/pkg/guard"
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

func (p *choosing) again(number, source string) bool { return p.ask(number, source) }

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
