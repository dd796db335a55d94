package stream_test

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/changes/stream"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/sqlitestore"
)

var lives = flag.Int("lives", 5, "random lives on both stores; 30 find more, in a minute or two")

// lifetime is the number of steps of a life.
const lifetime = 60

// In random lives, the stream and the file give the same facts. The file's follower
// reads now and then, and is killed at times.
func TestRandomLives(t *testing.T) {
	kinds := map[changes.Kind]int{}
	for seed := range uint64(*lives) {
		table := dynamotest.StreamTable(t)
		s := dynamostore.New(dynamotest.Client(t, nil), table)
		changestest.NewLife(t, s, "demo").
			Wander(seed, lifetime, s, func(s changestest.Store) changestest.Store { return s })
		b := &bus{}
		deliver(t, func() stream.Handler { return handler(&memory{}, b, nil) }, dynamotest.Records(t, table), 100)

		f := newFollower(t, seed)
		changestest.NewLife(t, f.s, "demo").Wander(seed, lifetime, f.s, f.look)
		a, z := spelled(b.facts), spelled(f.end())
		for text := range a {
			if !z[text] {
				t.Errorf("life %d: the file lacks %s", seed, text)
			}
		}
		for text := range z {
			if !a[text] {
				t.Errorf("life %d: the stream lacks %s", seed, text)
			}
		}
		for _, fact := range b.facts {
			kinds[fact.Kind]++
		}
	}
	if len(kinds) < 6 {
		t.Errorf("too little happens: %v", kinds)
	}
}

// spelled returns facts as JSON without their times: a time may be that of the look.
func spelled(facts []changes.Fact) map[string]bool {
	out := map[string]bool{}
	for _, f := range facts {
		f.Time = time.Time{}
		text, err := json.Marshal(f.Event())
		if err != nil {
			panic(err)
		}
		out[string(text)] = true
	}
	return out
}

// follower reads the feed of a file: in pieces, which it finishes at once, late, or
// not at all.
type follower struct {
	t      *testing.T
	path   string
	s      *sqlitestore.Store
	random *rand.Rand
	facts  []changes.Fact
	late   sqlitestore.Piece
}

func newFollower(t *testing.T, seed uint64) *follower {
	f := &follower{t: t, path: filepath.Join(t.TempDir(), "countersign.db"), random: rand.New(rand.NewPCG(seed, 1))}
	f.restart()
	return f
}

func (f *follower) restart() {
	f.t.Helper()
	if f.s != nil {
		f.s.Close()
	}
	var err error
	if f.s, err = sqlitestore.Open(f.path); err != nil {
		f.t.Fatal(err)
	}
	f.late = sqlitestore.Piece{}
}

func (f *follower) next() sqlitestore.Piece {
	f.t.Helper()
	p, err := f.s.Feed().Next(f.t.Context(), 1+f.random.IntN(5), time.Now())
	if err != nil {
		f.t.Fatal(err)
	}
	for _, change := range p.List {
		f.facts = append(f.facts, changes.Facts(change)...)
	}
	return p
}

func (f *follower) finish(p sqlitestore.Piece) {
	f.t.Helper()
	if err := f.s.Feed().Finish(f.t.Context(), p); err != nil {
		f.t.Fatal(err)
	}
}

// look is what it does between two steps.
func (f *follower) look(changestest.Store) changestest.Store {
	f.finish(f.late)
	f.late = sqlitestore.Piece{}
	switch f.random.IntN(8) {
	case 0, 1, 2:
		f.finish(f.next())
	case 3:
		f.next()
	case 4:
		f.late = f.next()
	case 5:
		f.restart()
	}
	return f.s
}

// end returns all facts, also those of what is left.
func (f *follower) end() []changes.Fact {
	f.restart()
	for p := f.next(); len(p.List) > 0; p = f.next() {
		f.finish(p)
	}
	f.s.Close()
	return f.facts
}
