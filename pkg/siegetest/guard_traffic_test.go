package siegetest

import (
	"math"
	"math/rand/v2"
	"time"
)

const (
	day = 24 * time.Hour
	// warm is the time before the attack, in which nothing is measured: the guard learns what is usual.
	warm = 4 * day
	// knownShare of honest traffic comes from numbers that answered before.
	knownShare = 0.6
)

// who asks for a code.
type who int

const (
	known who = iota
	fresh
	hostile
)

// of returns who a visit is from.
func (v visit) who() who {
	switch {
	case v.hostile:
		return hostile
	case v.known:
		return known
	}
	return fresh
}

// visit is one request for a code of a trace, and what comes of the message if it goes out.
type visit struct {
	at      time.Duration // since the begin of the trace
	hostile bool
	// known: the number answered before, in this play.
	known  bool
	to     line
	source string
	// answer is the time until the code is typed, 0: never.
	answer time.Duration
	// chosen: the client chose the code.
	chosen bool
	// tries are further requests, one second apart, if it is refused.
	tries int
}

// crowd is honest traffic to one country.
type crowd struct {
	place      *place
	rate       func(since time.Duration) float64 // messages a second; since is that from the end of warm
	conversion float64                           // the share of messages that are answered
	blocks     int                               // in which its numbers are
	first      int                               // of these blocks
	from       time.Duration
}

// traffic is all honest traffic of a client.
type traffic struct {
	name   string
	crowds []crowd
	// most is the share of new numbers that may be refused without an attack, in percent.
	most float64
	// few: it is too little for a baseline.
	few bool
}

func steady(rate float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return rate }
}

// traffics are the honest traffics for a rate of messages a second.
func traffics(rate float64) []traffic {
	launch := func(since time.Duration) float64 {
		if since > 10*time.Hour && since < 11*time.Hour {
			return 10 * rate
		}
		return rate
	}
	company := func(since time.Duration) float64 {
		if since > 0 {
			return 0.4 * rate
		}
		return 0
	}
	return []traffic{
		{"steady", []crowd{{malaysia, steady(rate), 0.75, 2000, 0, 0}}, 0.1, false},
		{"ten times the usual for an hour", []crowd{{malaysia, launch, 0.75, 2000, 0, 0}}, 0.1, false},
		{"messages arrive badly (30 %)", []crowd{{nigeria, steady(rate), 0.30, 2000, 0, 0}}, 1, false},
		{"a new country", []crowd{
			{malaysia, steady(2 * rate), 0.75, 2000, 0, 0}, {thailand, steady(rate), 0.75, 2000, 0, warm + time.Hour},
		}, 0.1, false},
		{"three a day", []crowd{{malaysia, steady(3 / day.Seconds()), 0.75, 2000, 0, 0}}, 0.1, true},
		{"one company, one block", []crowd{
			{malaysia, steady(0.6 * rate), 0.75, 2000, 0, 0}, {malaysia, company, 0.9, 1, 7500, 0},
		}, 0.1, false},
	}
}

// main is the country that is attacked.
func (t traffic) main() *place { return t.crowds[0].place }

// visits draws a trace of some length, in the order of time. A longer one of the same seed goes on from it.
func (t traffic) visits(seed uint64, length time.Duration) (all []visit) {
	for n, c := range t.crowds {
		r := rand.New(rand.NewPCG(seed, 1+2*uint64(n)))
		all = merged(all, c.visits(r, length))
	}
	return all
}

// merged puts two traces together in the order of time.
func merged(a, b []visit) []visit {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...)
	}
	all := make([]visit, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if b[0].at < a[0].at {
			all, b = append(all, b[0]), b[1:]
		} else {
			all, a = append(all, a[0]), a[1:]
		}
	}
	return append(append(all, a...), b...)
}

func (c crowd) visits(r *rand.Rand, length time.Duration) (all []visit) {
	var passed people // who answered
	all = make([]visit, 0, int(1.1*c.rate(0)*length.Seconds()))
	for at := c.from; at < length; {
		rate := c.rate(at - warm)
		if rate == 0 {
			at += 10 * time.Minute
			continue
		}
		v, back := visit{at: at}, false
		if at > c.from+day && r.Float64() < knownShare {
			v.to, back = passed.again(r, at)
		}
		if !back {
			v.to = c.place.in(r, c.first+c.block(r))
		}
		if r.Float64() < c.conversion {
			v.answer = typing(r)
			if !back {
				passed.add(v.to, at+v.answer)
			}
		}
		all = append(all, v)
		at += time.Duration(r.ExpFloat64() / rate * float64(time.Second))
	}
	return all
}

// block draws the block of a new number: half of the people are in few blocks.
func (c crowd) block(r *rand.Rand) int {
	if r.Float64() < 0.5 {
		return min(int(math.Pow(1-r.Float64(), -1/0.6)), c.blocks) % c.blocks
	}
	return r.IntN(c.blocks)
}

// typing draws the time until somebody types the code: 25 s in the median, and before the code expires.
func typing(r *rand.Rand) time.Duration {
	return min(time.Duration(25*math.Exp(0.9*r.NormFloat64())*float64(time.Second)), 290*time.Second)
}

// people are numbers that answered, and until when each of them rests.
type people []struct {
	line
	until time.Duration
}

func (p *people) add(l line, at time.Duration) {
	*p = append(*p, struct {
		line
		until time.Duration
	}{l, at + time.Minute})
}

// again draws one who did not ask in the last hours: the limits of a number are not what is measured. If there is
// none, somebody new asks.
func (p people) again(r *rand.Rand, at time.Duration) (l line, ok bool) {
	for range 20 {
		if len(p) == 0 {
			break
		}
		if one := &p[r.IntN(len(p))]; one.until < at {
			one.until = at + 8*time.Hour
			return one.line, true
		}
	}
	return line{}, false
}
