package sqlitestore

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"countersign/pkg/guard"
)

// randomEntry returns an entry with something in each of its fields, or with some of them empty.
func randomEntry(r *rand.Rand) (e guard.Entry) {
	e.Kind = []guard.Kind{guard.Block, guard.Country, guard.Young, guard.Source}[r.IntN(4)]
	e.Hour, e.AnsweredAt, e.Since = r.Int64N(1<<40), r.Int64N(1<<40), r.Int64N(1<<40)
	number := func() int { return (r.IntN(1<<31) - 1<<30) >> r.IntN(32) }
	e.Left, e.Base, e.Usual, e.Beyond = number(), number(), number(), number()
	for i := range e.Unanswered {
		if r.IntN(3) == 0 {
			e.Unanswered[i], e.Answered[i], e.Known[i], e.Refused[i] = number(), number(), number(), number()
		}
	}
	text := func() []byte {
		b := make([]byte, 1+r.IntN(60))
		for i := range b {
			b[i] = byte(r.Uint32()) // #nosec G115 -- any byte
		}
		return b
	}
	for range r.IntN(15) {
		e.Days = append(e.Days, r.IntN(400))
	}
	for range r.IntN(4) {
		e.Regions = append(e.Regions, string(text()))
	}
	for range r.IntN(17) {
		e.Worst = append(e.Worst, text())
		e.Seen = append(e.Seen, guard.Mark{From: string(text()), To: string(text())})
	}
	if r.IntN(2) == 0 {
		e.Label = text()
	}
	return e
}

// What is read is what was written, for each field.
func TestEntryForm(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- a test's
	filled := map[string]bool{}
	for range 2000 {
		want := randomEntry(r)
		for i, v := range reflect.ValueOf(want).Fields() {
			filled[i.Name] = filled[i.Name] || !v.IsZero()
		}
		got, err := decodeEntry(encodeEntry(nil, want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%v\n%+v\nwant\n%+v", err, got, want)
		}
	}
	for name, filled := range filled {
		outside := name == "Key" || name == "TTL" || name == "Rev" // two columns, and what the file does not need
		if filled == outside {
			t.Errorf("field %s: was in the form of an entry %v, is outside of it %v", name, filled, outside)
		}
	}
}

// No part of an entry is read as another entry, and none of a damaged one panics.
func TestDamagedEntry(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- a test's
	whole := encodeEntry(nil, randomEntry(r))
	for n := range whole {
		if e, err := decodeEntry(whole[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are read as %+v", n, len(whole), e)
		}
	}
	if _, err := decodeEntry(append(whole, 0)); err == nil {
		t.Error("a further byte is not noticed")
	}
	for range 20_000 {
		damaged := append([]byte(nil), whole...)
		for range 1 + r.IntN(4) {
			damaged[r.IntN(len(damaged))] ^= 1 << r.IntN(8)
		}
		_, _ = decodeEntry(damaged)
	}
}
