package stream_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/changes/stream"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

var lives = flag.Int("lives", 5, "number of random lives on both stores; 30 find more, in a minute or two")

// lifetime is the number of steps in a life.
const lifetime = 60

// In random lives, the stream and the file give the same facts. The follower of the file
// reads it between some steps, and sometimes its process ends.
func TestRandomLives(t *testing.T) {
	published := make([][]changes.Fact, *lives)
	t.Run("lives", func(t *testing.T) { // ends when all of them have ended
		for seed := range published {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				t.Parallel()
				published[seed] = randomLife(t, uint64(seed))
			})
		}
	})
	kinds := map[changes.Kind]int{}
	for _, f := range slices.Concat(published...) {
		kinds[f.Kind]++
	}
	if len(kinds) < 6 {
		t.Errorf("the lives have facts of too few kinds: %v", kinds)
	}
}

// randomLife leads a life on both stores, compares their facts, and returns them.
func randomLife(t *testing.T, seed uint64) []changes.Fact {
	t.Helper()
	table := dynamotest.StreamTable(t)
	s := dynamostore.New(dynamotest.Client(t, nil), table)
	same := func(s changestest.Store) changestest.Store { return s }
	changestest.NewLife(t, s, "demo").Wander(seed, lifetime, s, same)
	b := &bus{}
	deliver(t, func() stream.Handler { return handler(&memory{}, b, nil) }, dynamotest.Records(t, table), 100)

	f := newFollower(t, seed)
	changestest.NewLife(t, f.s, "demo").Wander(seed, lifetime, f.s, f.look)
	fromStream, fromFile := texts(b.facts), texts(f.end())
	for text := range fromStream {
		if !fromFile[text] {
			t.Errorf("the file lacks %s", text)
		}
	}
	for text := range fromFile {
		if !fromStream[text] {
			t.Errorf("the stream lacks %s", text)
		}
	}
	return b.facts
}

// texts returns the events of facts as JSON without their times, which depend on when the
// file is read.
func texts(facts []changes.Fact) map[string]bool {
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

// follower reads the feed of a file in pieces. It finishes them at once, late, or not at
// all.
type follower struct {
	t      *testing.T
	path   string
	s      *sqlitestore.Store
	random *rand.Rand
	facts  []changes.Fact
	late   sqlitestore.Piece // read, and to be finished at the next look
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

// look is the follower's work between two steps of the life.
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

// end returns the facts of the whole life. It reads the rest of the feed first.
func (f *follower) end() []changes.Fact {
	f.restart()
	defer f.s.Close()
	return append(f.facts, sqlitetest.Facts(f.t, f.s, 10)...)
}
