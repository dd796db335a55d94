package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/filetest"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// factsOf returns the facts of a piece.
func factsOf(p sqlitestore.Piece) (facts []changes.Fact) {
	for _, change := range p.List {
		facts = append(facts, changes.Facts(change)...)
	}
	return facts
}

// The feed has every fact of a life once, however seldom it is read: after each step,
// or only at its end, or first after the process ended and began anew.
func TestFeedHasALife(t *testing.T) {
	never := func(int) bool { return false }
	for _, test := range []struct {
		name    string
		limit   int
		reads   func(step int) bool
		restart bool
	}{
		{"after each step", 100, func(int) bool { return true }, false},
		{"one by one", 1, func(int) bool { return true }, false},
		{"now and then", 3, func(step int) bool { return step%3 == 0 }, false},
		{"at the end", 7, never, false},
		{"after a restart each", 100, never, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "countersign.db")
			s := sqlitetest.Open(t, path)
			l := changestest.NewLife(t, s, "demo")
			var facts []changes.Fact
			for n, step := range l.Steps() {
				step()
				if test.reads(n) {
					facts = append(facts, sqlitetest.Facts(t, s, test.limit)...)
				}
				if test.restart {
					s.Close()
					s = sqlitetest.Open(t, path)
					l.On(s)
				}
			}
			sqlitetest.Sweep(t, s, l.Now)
			facts = append(facts, sqlitetest.Facts(t, s, test.limit)...)
			changestest.Valid(t, facts...)
			wantOnce(t, facts, l.Want)
		})
	}
}

func wantOnce(t *testing.T, facts []changes.Fact, want []changestest.Fact) {
	t.Helper()
	ids := map[string]bool{}
	for _, f := range facts {
		if ids[f.ID] {
			t.Errorf("%s %s comes twice", f.Kind, f.ID)
		}
		ids[f.ID] = true
	}
	changestest.Sort(want)
	if got := changestest.Of(facts); !reflect.DeepEqual(got, want) {
		t.Error(changestest.Diff(got, want))
	}
}

// What is read comes again until it is finished, and after that never. A closed store
// returns nothing.
func TestFeedUnfinished(t *testing.T) {
	s := sqlitetest.Open(t, filepath.Join(t.TempDir(), "countersign.db"))
	changestest.NewLife(t, s, "demo").Crowd()
	now := time.Now()
	first, err := s.Feed().Next(t.Context(), 10, now)
	if err != nil || len(first.List) != 10 {
		t.Fatal(first, err)
	}
	again, err := s.Feed().Next(t.Context(), 10, now)
	if err != nil || !reflect.DeepEqual(again, first) {
		t.Errorf("%+v, %v: another piece than the unfinished one", again, err)
	}
	whole := len(sqlitetest.Facts(t, s, 10))
	if rest := sqlitetest.Facts(t, s, 10); whole < 10 || len(rest) != 0 {
		t.Errorf("%d facts, and %d after the end", whole, len(rest))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Feed().Next(ctx, 1, time.Now()); err == nil {
		t.Error("Next returned although its context was over")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Feed().Next(t.Context(), 1, time.Now()); err == nil {
		t.Error("a closed store returned changes")
	}
}

// A piece that another process has finished meanwhile takes nothing newer with it when
// it is finished again.
func TestFeedFinishedTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s, other := sqlitetest.Open(t, path), sqlitetest.Open(t, path)
	l := changestest.NewLife(t, s, "demo")
	l.Steps()[0]()
	late, err := s.Feed().Next(t.Context(), 1000, time.Now())
	if err != nil || len(late.List) < 5 {
		t.Fatal(late, err)
	}
	facts := sqlitetest.Facts(t, other, 1000)
	l.Steps()[1]()
	if err := s.Feed().Finish(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	sqlitetest.Sweep(t, s, 1<<50)
	wantOnce(t, append(facts, sqlitetest.Facts(t, s, 1000)...), l.Want)
}

// receiver takes events. It survives what happens to the process.
type receiver struct{ facts []changes.Fact }

func (r *receiver) Publish(_ context.Context, facts []changes.Fact) (int, error) {
	r.facts = append(r.facts, facts...)
	return len(facts), nil
}

var errKilled = errors.New("killed")

// killer ends the process at its at-th step, before or after the step is done.
type killer struct {
	steps, at int
	after     bool
}

func (k *killer) step(t testing.TB, do func() error) {
	k.steps++
	if k.steps == k.at && !k.after {
		panic(errKilled)
	}
	if err := do(); err != nil {
		t.Fatal(err)
	}
	if k.steps == k.at {
		panic(errKilled)
	}
}

// follow follows a feed as the local server does, to its end or until it is killed.
func (k *killer) follow(t testing.TB, s *sqlitestore.Store, events changes.Events) (alive bool) {
	defer func() {
		if r := recover(); r != nil && r != errKilled {
			panic(r)
		}
	}()
	for {
		var p sqlitestore.Piece
		k.step(t, func() (err error) { p, err = s.Feed().Next(t.Context(), 9, time.Now()); return err })
		if len(p.List) == 0 {
			return true
		}
		consumer := changes.Consumer{Numbers: &p, Events: events, Credits: &p}
		k.step(t, func() error { _, err := consumer.Work(t.Context(), factsOf(p)); return err })
		k.step(t, func() error { return s.Feed().Finish(t.Context(), p) })
	}
}

// Killed between any two steps, before and after challenges were swept, and started
// anew: every fact comes, and the ledgers of numbers that answered are cleared, and no
// others.
func TestFeedKilledAnywhere(t *testing.T) {
	template := filepath.Join(t.TempDir(), "template.db")
	s := sqlitetest.Open(t, template)
	changestest.NewLife(t, s, "demo").Crowd()
	l := changestest.NewLife(t, s, "life")
	l.Lead()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text := filetest.Read(t, template)
	passed := query(t, template, `SELECT ledger FROM challenges WHERE guess = code AND client <> 'life'`)
	others := query(t, template, `SELECT ledger FROM challenges WHERE client <> 'life'
		EXCEPT SELECT ledger FROM challenges WHERE guess = code`)
	var all map[string]bool
	steps := 0
	for at := 0; at <= steps; at++ { // 0 kills nothing, and counts the steps
		for _, after := range []bool{false, true} {
			path, k, r := filepath.Join(t.TempDir(), "countersign.db"), &killer{at: at, after: after}, &receiver{}
			filetest.Write(t, path, text, 0o600)
			live(t, path, k, r, l.Now)
			ids, kinds := map[string]bool{}, map[changes.Kind]int{}
			for _, fact := range r.facts {
				if !ids[fact.ID] && fact.Client != "life" {
					kinds[fact.Kind]++
				}
				ids[fact.ID] = true
			}
			if want := recount(t, template); !maps.Equal(kinds, want) {
				t.Errorf("facts %v, recounted %v", kinds, want)
			}
			if at == 0 {
				steps, all = k.steps, ids
				wantOnce(t, slices.DeleteFunc(r.facts, func(f changes.Fact) bool { return f.Client != "life" }), l.Want)
			}
			if !maps.Equal(ids, all) {
				t.Errorf("%d facts were received, %d happened", len(ids), len(all))
			}
			cleared := query(t, path, `SELECT pk FROM ledgers WHERE unanswered = 0`)
			for _, ledger := range append(passed, others...) {
				if slices.Contains(cleared, ledger) != slices.Contains(passed, ledger) {
					t.Errorf("ledger %s: cleared %v", ledger, slices.Contains(cleared, ledger))
				}
			}
			if t.Failed() {
				t.Fatalf("killed at step %d of %d, after it: %v", at, steps, after)
			}
		}
	}
	if steps < 30 || len(passed) < 5 || len(others) == 0 {
		t.Errorf("too little happens: %d steps, %d passed, %d others", steps, len(passed), len(others))
	}
}

// recount returns how many facts of each kind there are of the crowd, from its challenges
// in a file.
func recount(t testing.TB, path string) map[changes.Kind]int {
	t.Helper()
	want := map[changes.Kind]int{}
	for kind, sum := range map[changes.Kind]string{
		changes.Sent:      "state = 'sent'",
		changes.Passed:    "guess = code",
		changes.Exhausted: "attempts = max AND guess <> code",
		changes.Failed:    "attempts - (guess = code OR attempts = max)",
		changes.Refused:   "state = 'failed'",
		changes.Expired:   "state = 'sent' AND guess <> code", // when all is swept
	} {
		rows := query(t, path, "SELECT sum("+sum+") FROM challenges WHERE max > 0 AND client <> 'life'")
		n, err := strconv.Atoi(rows[0])
		if want[kind] = n; err != nil || n == 0 {
			t.Fatal(kind, n, err)
		}
	}
	return want
}

// live follows the feed of a file to its end, sweeps all challenges, and follows on; a
// process that is killed is followed by the next one.
func live(t *testing.T, path string, k *killer, r *receiver, end otp.Millis) {
	t.Helper()
	for swept := false; ; {
		s := sqlitetest.Open(t, path)
		alive := k.follow(t, s, r)
		if alive && !swept {
			sqlitetest.Sweep(t, s, end)
		}
		s.Close()
		if alive && swept {
			return
		}
		swept = swept || alive
	}
}

// query returns the first column of a query's rows, from a file that no store has open.
func query(t testing.TB, path, sql string) (all []string) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteTransient(conn, sql, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		all = append(all, stmt.ColumnText(0))
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	return all
}

// While challenges are made and guessed at by two processes, each fact comes to at
// least one of the two that follow the file.
func TestFeedWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	const processes, writers, each = 2, 4, 25
	var mu sync.Mutex
	seen := map[string]bool{}
	var writing, following sync.WaitGroup
	ended := make(chan struct{})
	for process := range processes {
		s := sqlitetest.Open(t, path)
		following.Go(func() {
			for over := false; ; {
				p, err := s.Feed().Next(t.Context(), 10, time.Now())
				if err == nil {
					err = s.Feed().Finish(t.Context(), p)
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, f := range factsOf(p) {
					seen[f.ID] = true
				}
				mu.Unlock()
				if over && len(p.List) == 0 {
					return
				}
				select {
				case <-ended:
					over = true
				default:
				}
			}
		})
		for w := range writers {
			writing.Go(func() {
				for n := range each {
					passAfterOne(t, s, fmt.Sprintf("C#demo#%d-%d-%d", process, w, n))
				}
			})
		}
	}
	writing.Wait()
	close(ended)
	following.Wait()
	if want := processes * writers * each * 3; len(seen) != want {
		t.Errorf("%d facts came, %d happened", len(seen), want)
	}
}

// passAfterOne leads a challenge through three facts: it is sent, guessed at, and passes.
func passAfterOne(t *testing.T, s *sqlitestore.Store, key string) {
	c := sqlrow(key, 1<<40)
	c.AuthID, c.State, c.Owner, c.Seed = c.Key, otp.Reserved, "o", []byte(c.Key)
	writes := []func() (otp.Write, error){
		func() (otp.Write, error) { return s.Reserve(t.Context(), c, nil, 0) },
		func() (otp.Write, error) {
			return s.Settle(t.Context(), otp.Settlement{Key: key, Owner: "o", State: otp.Delivered})
		},
	}
	for op, digest := range []string{"wrong", "right"} {
		g := otp.Guess{Key: key, Digest: []byte(digest), Op: fmt.Sprint(op), Now: 1}
		writes = append(writes, func() (otp.Write, error) { return s.Attempt(t.Context(), g) })
	}
	for _, write := range writes {
		if got, err := write(); err != nil || !got.Applied {
			t.Error(got, err)
		}
	}
}

// A challenge that only waits for its message, or changes its owner, leaves no change.
func TestFeedIsSparse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s := sqlitetest.Open(t, path)
	c := sqlrow("C#demo#1", 1<<40)
	c.State, c.Owner = otp.Reserved, "a"
	if got, err := s.Reserve(t.Context(), c, nil, 0); err != nil || !got.Applied {
		t.Fatal(got, err)
	}
	take := otp.TakeOver{Key: c.Key, From: "a", Owner: "b", Lease: 5, Now: 5}
	if got, err := s.TakeOver(t.Context(), take); err != nil || !got.Applied {
		t.Fatal(got, err)
	}
	if p, err := s.Feed().Next(t.Context(), 10, time.Now()); err != nil || len(p.List) != 0 {
		t.Errorf("%d changes, %v; nobody needs them", len(p.List), err)
	}
	s.Close()
	if n := query(t, path, `SELECT count(*) FROM changes`); strings.Join(n, "") != "0" {
		t.Errorf("%s rows", n)
	}
}
