package siegetest

import (
	"container/heap"
	"maps"
	"slices"
	"time"
)

// service is what a trace is played against.
type service interface {
	// ask asks for a code and reports whether a message went out.
	ask(v visit) (sent bool)
	// answered types the right code of the message to v.
	answered(v visit, at time.Duration)
}

// onPaper is a service in memory.
type onPaper interface {
	service
	// fork returns a copy that goes on without a change of the first one.
	fork() onPaper
}

// openDoor sends every message.
type openDoor struct{}

func (openDoor) ask(visit) bool                { return true }
func (openDoor) answered(visit, time.Duration) {}

// result has the messages that went out and those that were refused, after warm.
type result [3]struct{ sent, refused int }

// player plays traces against a service. Its second half may be played with several attacks.
type player struct {
	service
	result
	pending typings
	passed  map[string]bool // numbers of which a code passed that the service made
	// seen is called for each request after warm.
	seen func(v visit, sent bool)
}

func newPlayer(s service) *player { return &player{service: s, passed: map[string]bool{}} }

// play plays visits in their order, and types the codes of those that went out.
func (p *player) play(visits []visit) result {
	for _, v := range visits {
		p.until(v.at)
		v.known = p.passed[v.to.number]
		sent := p.ask(v)
		for range v.tries {
			if sent {
				break
			}
			p.note(v, false)
			v.at += time.Second
			p.until(v.at)
			sent = p.ask(v)
		}
		if sent && v.answer > 0 {
			heap.Push(&p.pending, typed{v.at + v.answer, v})
		}
		p.note(v, sent)
	}
	return p.result
}

// until types the codes that are typed until then.
func (p *player) until(now time.Duration) {
	for len(p.pending) > 0 && p.pending[0].at <= now {
		t := heap.Pop(&p.pending).(typed)
		p.answered(t.visit, t.at)
		if !t.visit.chosen {
			p.passed[t.visit.to.number] = true
		}
	}
}

// fork returns a player that goes on from here with another part of a trace.
func (p *player) fork() *player {
	return &player{
		service: p.service.(onPaper).fork(), pending: slices.Clone(p.pending), passed: maps.Clone(p.passed),
	}
}

func (p *player) note(v visit, sent bool) {
	if v.at < warm {
		return
	}
	if sent {
		p.result[v.who()].sent++
	} else {
		p.result[v.who()].refused++
	}
	if p.seen != nil {
		p.seen(v, sent)
	}
}

// typed is a code that is typed at an instant.
type typed struct {
	at time.Duration
	visit
}

// typings are the codes that will be typed, earliest first.
type typings []typed

func (t typings) Len() int           { return len(t) }
func (t typings) Less(i, k int) bool { return t[i].at < t[k].at }
func (t typings) Swap(i, k int)      { t[i], t[k] = t[k], t[i] }
func (t *typings) Push(x any)        { *t = append(*t, x.(typed)) }
func (t *typings) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}
