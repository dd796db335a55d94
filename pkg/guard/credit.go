package guard

import (
	"bytes"
	"slices"
)

// Credit is what right codes, and refusals, change in one entry. It is added to the entry.
type Credit struct {
	Key  string
	Kind Kind
	// Country is the key of the entry of the country of a [Block]: the ratio that is usual there holds for the block.
	Country string
	// Hours are the changes by the hour in which the message was sent.
	Hours map[int64]Change
	// Worst are blocks of a country that were refused, those with the most refusals first.
	Worst [][]byte
}

// Change of the counts of an hour.
type Change struct {
	Answered int // messages to new numbers that were answered
	// Counted of them are in the unanswered messages of the entry; the others were sent while nothing counted them there.
	Counted int
	Known   int // answers of known numbers
	Refused int // messages
}

// Mark names the credits that an entry has: all that the records of one shard of the stream have from From to To. A
// stream that goes on after a failure begins with the same record again.
type Mark struct{ From, To string }

// mostSeen is the number of marks that an entry keeps: more than the shards of a stream that work on one entry while a
// batch is repeated.
const mostSeen = 16

// mostWorst is the number of refused blocks that a country shows.
const mostWorst = 16

// Done reports whether the entry has the credits of a record already, whose sequence number is to, in a run of records
// that begins with from.
func (e Entry) Done(from, to string) bool {
	return slices.ContainsFunc(e.Seen, func(m Mark) bool { return m.From == from && !later(to, m.To) })
}

// later reports whether a sequence number is later than another one: they are decimal numbers.
func later(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a > b }

// Note adds a mark.
func (e *Entry) Note(m Mark) {
	if m.From == "" {
		return
	}
	seen := slices.DeleteFunc(slices.Clone(e.Seen), func(s Mark) bool { return s.From == m.From })
	e.Seen = append([]Mark{m}, seen...)
	e.Seen = e.Seen[:min(len(e.Seen), mostSeen)]
}

// Credit gives the room of answered messages back, and adds what their answers are worth. now is the hour; an entry of
// an earlier one is brought to it first. usual is the ratio of the country of a [Block]. Counts of hours that are over
// are left out.
func (e *Entry) Credit(c Credit, now int64, usual int) {
	if e.Kind == Block && e.TTL == 0 {
		e.Usual = usual
	}
	if now > e.Hour || e.TTL == 0 {
		e.roll(max(now, e.Hour))
	}
	for hour, change := range c.Hours {
		e.change(hour, change)
	}
	for _, b := range slices.Backward(c.Worst) {
		others := slices.DeleteFunc(slices.Clone(e.Worst), func(w []byte) bool { return bytes.Equal(w, b) })
		e.Worst = append([][]byte{b}, others...)
		e.Worst = e.Worst[:min(len(e.Worst), mostWorst)]
	}
}

func (e *Entry) change(hour int64, c Change) {
	if c.Answered+c.Known > 0 {
		e.AnsweredAt = max(e.AnsweredAt, hour)
		e.Regions = nil
	}
	if hour <= e.Hour-hours || hour > e.Hour {
		return
	}
	i := slot(hour)
	e.Unanswered[i] -= c.Counted
	e.Answered[i] += c.Answered
	e.Known[i] += c.Known
	e.Left += 100*c.Counted + e.perAnswer()*c.Answered + e.perKnown()*c.Known
	if c.Refused > 0 {
		e.Refused[i] += c.Refused
		if e.Since == 0 {
			e.Since = hour
		}
	}
}
