package siegetest

import (
	"math/rand/v2"
	"time"
)

// attack is somebody who earns from messages. Its times are from the end of warm.
type attack struct {
	name       string
	file       string // of its plot
	start, end time.Duration
	rate       float64 // messages a second
	// pick draws where the n-th message goes.
	pick func(r *rand.Rand, in *place, n int) line
	// shape changes the n-th visit, nil: not at all.
	shape func(v *visit, n int)
}

// The blocks of a place: honest people are in the first 2,000, and one company in 7500.
const (
	inUse        = 2000
	unused       = 4000 // the first of the attacker's blocks
	unusedBlocks = 3000 // number of them
)

// oneBlock takes one number after the other: its limits never refuse one.
func oneBlock(_ *rand.Rand, in *place, n int) line {
	b := in.block(unused)
	return line{in, b, b + digits((n+100)%10_000, 4)}
}

func newBlocks(r *rand.Rand, in *place, _ int) line { return in.in(r, unused+r.IntN(unusedBlocks)) }
func usedBlocks(r *rand.Rand, in *place, _ int) line {
	return in.in(r, r.IntN(inUse))
}
func twentyCountries(r *rand.Rand, _ *place, _ int) line { return abroad[r.IntN(20)].in(r, r.IntN(50)) }

// readable is one of ten numbers of the attacker that he can read, in the block that he attacks. His first ten messages
// go there, then every eighth one, and he types their codes.
func readable(r *rand.Rand, in *place, n int) line {
	if !reads(n) {
		return oneBlock(r, in, n)
	}
	l := in.in(r, unused)
	if n >= 10 {
		n /= 8
	}
	l.number = l.block + digits(n%10, 4)
	return l
}

func reads(n int) bool { return n < 10 || n%8 == 0 }

// readRate is the messages a second of the attacker who answers some of his own: each of his ten numbers gets nearly as
// many in a day as the limits of a number allow.
const readRate = 8 * 95 / 86400.

// attacks are those that are played inside each traffic, for its rate of messages a second.
func attacks(rate float64) []attack {
	burst, hour := 40_000*time.Second, 43_600*time.Second
	return []attack{
		{"burst on one block", "burst", burst, burst + 100*time.Second, 1000 * rate, oneBlock, nil},
		{"slow on one block", "slow", 0, 2 * day, rate / 3, oneBlock, nil},
		{"spread over 3,000 new blocks", "spread", burst, hour, 40 * rate, newBlocks, nil},
		{"spread over the blocks in use", "in-use", burst, hour, 40 * rate, usedBlocks, nil},
		{"twenty countries without history", "countries", burst, hour, 40 * rate, twentyCountries, nil},
		{"one to ten inside honest traffic", "inside", 0, 2 * day, rate / 10, newBlocks, nil},
		{"one who answers some of his own", "answers", 0, 2 * day, readRate, readable, func(v *visit, n int) {
			if reads(n) {
				v.answer = 20 * time.Second
			}
		}},
		{"chosen codes, all of them typed", "chosen", burst, hour, 40 * rate, oneBlock, func(v *visit, _ int) {
			v.answer, v.chosen = 20*time.Second, true
		}},
		{"refused requests, repeated five times", "repeats", burst, hour, 8 * rate, newBlocks, func(v *visit, _ int) {
			v.tries = 5
		}},
		{"slow on one block, for a week", "week", 0, 7 * day, rate / 3, oneBlock, nil},
	}
}

// visits draws the trace of the attack in a country. Of an attacker of nobody it is empty.
func (a *attack) visits(seed uint64, in *place) (all []visit) {
	if a == nil {
		return nil
	}
	r, n := rand.New(rand.NewPCG(seed, 2)), 0
	all = make([]visit, 0, int(1.1*a.rate*(a.end-a.start).Seconds()))
	for at := a.start; at < a.end; at += time.Duration(r.ExpFloat64() / a.rate * float64(time.Second)) {
		v := visit{at: warm + at, hostile: true, to: a.pick(r, in, n)}
		if a.shape != nil {
			a.shape(&v, n)
		}
		all = append(all, v)
		n++
	}
	return all
}
