package guard

import "slices"

// Mark names credits that an entry has: those of all records from From to To. A stream that goes on after a failure
// begins with the same record again, or with the one that its reader reports, and has at least the same records. So a
// mark says which records of a batch were credited, and no record is credited twice. Sequence numbers of two shards of
// a stream cannot be compared, and marks with the same From are of one shard.
type Mark struct{ From, To string }

// mostSeen is the number of marks that an entry keeps: more than the shards of a stream that work on one entry while a
// batch is repeated.
const mostSeen = 16

// Done reports whether the entry has the credits of a record, whose sequence number is record, in a batch that begins
// with from.
func (e *Entry) Done(from, record string) bool {
	return slices.ContainsFunc(e.Seen, func(m Mark) bool { return m.From == from && !later(record, m.To) })
}

// again returns the credits that the entry has and that come again, but for those that are marked for it.
func (e *Entry) again(credits []Credit) []Credit {
	return slices.DeleteFunc(slices.Clone(credits), func(c Credit) bool {
		return c.Again == "" || !e.Done(c.From, c.Record) || e.Done(c.Again, c.Record)
	})
}

// later reports whether a sequence number is later than another one: they are decimal numbers.
func later(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a > b }

// note adds a mark of a record that was credited. The latest mark is the first one.
func (e *Entry) note(m Mark) {
	if m.From == "" {
		return
	}
	seen := []Mark{m}
	for _, s := range e.Seen {
		if s.From != m.From {
			seen = append(seen, s)
		} else if later(s.To, m.To) {
			seen[0] = s
		}
	}
	e.Seen = seen[:min(len(seen), mostSeen)]
}
