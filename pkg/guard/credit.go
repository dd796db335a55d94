package guard

import (
	"bytes"
	"slices"
)

// Credit is what one record of a stream changes in one entry: a right code, or a refusal by a budget or the provider.
type Credit struct {
	Key string
	// Country is the key of the country's entry, of a [Block].
	Country string
	Event   Event
	// Hour is that in which the message was sent or refused, since 1970.
	Hour int64
	// Block is the digest of the block that was refused or watched, of a [Country].
	Block []byte
	// From is the sequence number of the first record in the batch, and Record that of the record. Both are "" where
	// each change of a store comes exactly once.
	From, Record string
	// Again is the first record of the batch in which the record comes again, "" if it does not. Then the credit is not
	// given, and if an earlier try of the batch gave it, the entry marks that for the next batch.
	Again string
}

// Event is what happened to a message.
type Event byte

const (
	// Answered: the entry counts the message, and it was answered.
	Answered Event = iota + 1
	// AnsweredByKnown: a known number answered. No entry counts its messages.
	AnsweredByKnown
	// WasRefused: the message was refused.
	WasRefused
	// NotSent: the entry counts the message, and its provider refused it. Nobody earned from it, so its room comes
	// back: else a provider that refuses everything for an hour would use up all budgets for a day.
	NotSent
	// WasWatched: in mode [Monitor] the message went out without room. It changes no count: the country shows the
	// block.
	WasWatched
)

// answers reports whether the event is a right code.
func (e Event) answers() bool { return e == Answered || e == AnsweredByKnown }

// mostWorst is the number of refused or watched blocks that a country shows, and worstOfBatch how many of them one
// batch may name.
const mostWorst, worstOfBatch = 16, 4

// Credit gives credits to an entry: the room of answered messages, and what their answers are worth. It leaves out what
// the entry has already, see [Entry.Done], and reports whether there was anything else. usual is the ratio of the
// country, for a [Block] without an entry.
//
// An answer takes a message from the unanswered ones of its hour. Where there is none, it adds nothing: messages and
// answers together are never more than what was sent. Counts of hours that are over are left out.
func (e *Entry) Credit(credits []Credit, usual int) (changed bool) {
	again := e.again(credits)
	due := slices.DeleteFunc(slices.Clone(credits), func(c Credit) bool {
		return c.Again != "" || e.Done(c.From, c.Record)
	})
	for _, c := range again {
		e.note(Mark{c.Again, c.Record})
	}
	if len(due) == 0 {
		return len(again) > 0
	}
	hour := slices.MaxFunc(due, func(a, b Credit) int { return int(a.Hour - b.Hour) }).Hour
	fresh := e.TTL == 0
	if fresh && e.Kind == Block {
		e.Usual = usual
	}
	if fresh || hour > e.Hour {
		e.roll(max(hour, e.Hour))
	}
	for _, c := range due {
		e.add(c)
		e.note(Mark{c.From, c.Record})
	}
	e.show(due)
	return true
}

// add gives one credit to an entry.
func (e *Entry) add(c Credit) {
	i := Slot(c.Hour)
	if c.Event.answers() {
		base := e.base()
		e.AnsweredAt = max(e.AnsweredAt, c.Hour)
		e.Left += e.base() - base
	}
	if c.Hour <= e.Hour-hours {
		return
	}
	switch c.Event {
	case Answered:
		e.Regions = nil
		if e.Unanswered[i] > 0 {
			e.Unanswered[i]--
			e.Answered[i]++
			e.Left += 100 + e.perAnswer()
		}
	case AnsweredByKnown:
		e.Known[i]++
		e.Left += e.perKnown()
	case NotSent:
		if e.Unanswered[i] > 0 {
			e.Unanswered[i]--
			e.Left += 100
		}
	case WasRefused:
		e.Refused[i]++
		if e.Since == 0 {
			e.Since = c.Hour
		}
	}
}

// show puts the blocks of a country that were refused or watched most in front of those that it shows.
func (e *Entry) show(due []Credit) {
	type block struct {
		digest []byte
		times  int
	}
	var blocks []block
	for _, c := range due {
		if c.Block == nil || c.Hour <= e.Hour-hours {
			continue
		}
		i := slices.IndexFunc(blocks, func(b block) bool { return bytes.Equal(b.digest, c.Block) })
		if i < 0 {
			i, blocks = len(blocks), append(blocks, block{digest: c.Block})
		}
		blocks[i].times++
	}
	slices.SortStableFunc(blocks, func(a, b block) int { return b.times - a.times })
	var worst [][]byte
	for _, b := range blocks[:min(len(blocks), worstOfBatch)] {
		worst = append(worst, b.digest)
	}
	for _, w := range e.Worst {
		if !slices.ContainsFunc(worst, func(b []byte) bool { return bytes.Equal(b, w) }) {
			worst = append(worst, w)
		}
	}
	e.Worst = worst[:min(len(worst), mostWorst)]
}
