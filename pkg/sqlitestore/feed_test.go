package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

// pieces reads a feed to its end, finishing what it reads, and adds the facts.
func pieces(t testing.TB, s *sqlitestore.Store, limit int, facts []changes.Fact) []changes.Fact {
	t.Helper()
	for {
		c, more, err := s.Feed().Next(t.Context(), limit, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range c.List {
			facts = append(facts, changes.Facts(change)...)
		}
		if err := s.Feed().Finish(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if c.Empty() && !more {
			return facts
		}
	}
}

func sweepAll(t testing.TB, s *sqlitestore.Store, now otp.Millis) {
	t.Helper()
	for round := false; !round; {
		var err error
		if round, err = s.Sweep(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
}

// Every fact of a life is told, once, however seldom somebody looks: after each
// step, or only at its end, or first after the process was ended and begun anew.
func TestFeedTellsALife(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	for _, test := range []struct {
		name  string
		limit int
		look  func(s **sqlitestore.Store, step int, facts []changes.Fact) []changes.Fact
	}{
		{"after each step", 100, func(s **sqlitestore.Store, _ int, facts []changes.Fact) []changes.Fact {
			return pieces(t, *s, 100, facts)
		}},
		{"one by one", 1, func(s **sqlitestore.Store, _ int, facts []changes.Fact) []changes.Fact {
			return pieces(t, *s, 1, facts)
		}},
		{"now and then", 3, func(s **sqlitestore.Store, step int, facts []changes.Fact) []changes.Fact {
			if step%3 == 0 {
				return pieces(t, *s, 3, facts)
			}
			return facts
		}},
		{"at the end", 7, func(_ **sqlitestore.Store, _ int, facts []changes.Fact) []changes.Fact { return facts }},
		{"after a restart each", 100, func(s **sqlitestore.Store, _ int, facts []changes.Fact) []changes.Fact {
			(*s).Close()
			*s = openAt(t, path)
			return facts
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path = filepath.Join(t.TempDir(), "countersign.db")
			s := openAt(t, path)
			l := changestest.NewLife(t, s, "demo")
			var facts []changes.Fact
			for n, step := range l.Steps() {
				step()
				facts = test.look(&s, n, facts)
				l.On(s)
			}
			sweepAll(t, s, l.Now)
			facts = pieces(t, s, test.limit, facts)
			if got := pieces(t, s, test.limit, nil); len(got) != 0 {
				t.Errorf("%d facts are told again", len(got))
			}
			ids := map[string]bool{}
			for _, f := range facts {
				if ids[f.ID] {
					t.Errorf("%s %s is told twice", f.Kind, f.ID)
				}
				ids[f.ID] = true
			}
			changestest.Valid(t, facts...)
			changestest.Sort(l.Want)
			if got := changestest.Of(facts); !reflect.DeepEqual(got, l.Want) {
				t.Error(changestest.Diff(got, l.Want))
			}
		})
	}
}

// far is the far side: it survives what happens to the process.
type far struct{ facts []changes.Fact }

func (f *far) Publish(_ context.Context, facts []changes.Fact) (int, error) {
	f.facts = append(f.facts, facts...)
	return len(facts), nil
}

// steps ends the process at the n-th call of anything, before or after it is done.
type steps struct {
	s     *sqlitestore.Store
	far   *far
	n     *int
	at    int
	after bool
}

var errKilled = errors.New("killed")

func (k steps) step(do func() error) error {
	*k.n++
	if *k.n == k.at && !k.after {
		panic(errKilled)
	}
	err := do()
	if *k.n == k.at {
		panic(errKilled)
	}
	return err
}

func (k steps) Answered(ctx context.Context, key string) error {
	return k.step(func() error { return k.s.Answered(ctx, key) })
}

func (k steps) Count(ctx context.Context, facts []changes.Count) (done int, err error) {
	err = k.step(func() error { done, err = k.s.Count(ctx, facts); return err })
	return done, err
}

func (k steps) Tally(ctx context.Context, key string) (map[string]int64, error) {
	return k.s.Tally(ctx, key)
}

func (k steps) Publish(ctx context.Context, facts []changes.Fact) (done int, err error) {
	err = k.step(func() error { done, err = k.far.Publish(ctx, facts); return err })
	return done, err
}

// follow tells of everything, until it is done or killed.
func (k steps) follow(t testing.TB, limit int) (alive bool) {
	defer func() {
		if r := recover(); r != nil && r != errKilled {
			panic(r)
		}
	}()
	consumer := changes.Consumer{Numbers: k, Counters: k, Events: k}
	for {
		var c *sqlitestore.Changes
		var more bool
		if err := k.step(func() (err error) {
			c, more, err = k.s.Feed().Next(t.Context(), limit, time.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if c.Empty() && !more {
			return true
		}
		var facts []changes.Fact
		for _, change := range c.List {
			facts = append(facts, changes.Facts(change)...)
		}
		if _, err := consumer.Work(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
		if err := k.step(func() error { return k.s.Feed().Finish(t.Context(), c) }); err != nil {
			t.Fatal(err)
		}
	}
}

// Killed between any two steps, before and after something was swept, and started
// anew: every fact once by id, counters equal to a recount from the file, and the
// numbers that answered cleared.
func TestFeedKilledAnywhere(t *testing.T) {
	dir := t.TempDir()
	template := filepath.Join(dir, "template.db")
	s := openAt(t, template)
	changestest.NewLife(t, s, "demo").Crowd()
	l := changestest.NewLife(t, s, "life")
	l.Lead()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	want, ledgers := recounted(t, template)
	fresh := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var all map[string]bool
	calls := 0
	for at := 0; at <= calls; at++ { // 0 kills nothing, and says how many calls there are
		for _, after := range []bool{false, true} {
			path, n, f := fresh(fmt.Sprint(at, after, ".db")), 0, &far{}
			for swept := 0; ; {
				s := openAt(t, path)
				alive := steps{s, f, &n, at, after}.follow(t, 9)
				if alive && swept == 0 {
					sweepAll(t, s, l.Now)
					swept = 1
				} else if alive {
					if got := pieces(t, s, 9, nil); len(got) != 0 {
						t.Errorf("%d facts are told again", len(got))
					}
					s.Close()
					break
				}
				s.Close()
			}
			ids := map[string]bool{}
			for _, fact := range f.facts {
				ids[fact.ID] = true
			}
			if at == 0 {
				calls, all = n, ids
				if got := changestest.Of(only(f.facts, "life")); !reflect.DeepEqual(got, sorted(l.Want)) {
					t.Error(changestest.Diff(got, l.Want))
				}
			}
			if !maps.Equal(ids, all) {
				t.Errorf("%d facts at the far side, %d happened", len(ids), len(all))
			}
			if got := counters(t, path, ledgers); !reflect.DeepEqual(got, want) {
				t.Errorf("counters\n%v, recounted\n%v", got, want)
			}
			if t.Failed() {
				t.Fatalf("killed at call %d of %d, after it: %v", at, calls, after)
			}
		}
	}
	if calls < 40 {
		t.Errorf("only %d calls", calls)
	}
}

func only(facts []changes.Fact, client string) (list []changes.Fact) {
	for _, f := range facts {
		if f.Client == client {
			list = append(list, f)
		}
	}
	return list
}

func sorted(facts []changestest.Fact) []changestest.Fact {
	changestest.Sort(facts)
	return facts
}

// query reads a file that no store has open, row by row.
func query(t testing.TB, path, sql string, each func(stmt *sqlite.Stmt)) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteTransient(conn, sql, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error { each(stmt); return nil }}); err != nil {
		t.Fatal(err)
	}
}

// recounted adds up what happened to the crowd, from its challenges in the file, and
// notes which of their ledgers are answered for.
func recounted(t testing.TB, path string) (want map[string]int64, ledgers map[string]bool) {
	t.Helper()
	want, ledgers = map[string]int64{}, map[string]bool{}
	query(t, path, `SELECT client, region, block, state, guess = code, attempts, max, ledger FROM challenges WHERE max > 0 AND client <> 'life'`, func(stmt *sqlite.Stmt) {
		client, region, block, state, passed := url.QueryEscape(stmt.ColumnText(0)), stmt.ColumnText(1), stmt.ColumnText(2), stmt.ColumnText(3), stmt.ColumnBool(4)
		attempts, most := stmt.ColumnInt64(5), stmt.ColumnInt64(6)
		n := map[string]int64{}
		ledgers[stmt.ColumnText(7)] = true
		switch {
		case passed:
			n["passed"] = 1
			want["answered "+stmt.ColumnText(7)] = 0
		case attempts == most:
			n["exhausted"] = 1
		}
		n["failed"] = attempts - n["passed"] - n["exhausted"]
		switch state {
		case "sent":
			n["sent"] = 1
			if !passed {
				n["expired"] = 1 // when all is swept
			}
		case "failed":
			n["refused"] = 1
		}
		for what, by := range n {
			for _, key := range []string{client, client + "#C" + region, client + "#B" + block} {
				if by > 0 && !strings.HasSuffix(key, "#C") {
					want[key+" "+what] += by
				}
			}
		}
	})
	return want, ledgers
}

// counters adds up the counters of the crowd over all hours, and notes which of its
// numbers have no unanswered messages.
func counters(t testing.TB, path string, ledgers map[string]bool) map[string]int64 {
	t.Helper()
	got := map[string]int64{}
	query(t, path, `SELECT pk, what, n FROM tallies WHERE pk NOT LIKE '%#life%'`, func(stmt *sqlite.Stmt) {
		got[stmt.ColumnText(0)[len("S#2006010215#"):]+" "+stmt.ColumnText(1)] += stmt.ColumnInt64(2)
	})
	query(t, path, `SELECT pk FROM ledgers WHERE unanswered = 0`, func(stmt *sqlite.Stmt) {
		if ledgers[stmt.ColumnText(0)] {
			got["answered "+stmt.ColumnText(0)] = 0
		}
	})
	return got
}

// While challenges are made and guessed at, each fact is told, by at least one
// of two processes that have the file open.
func TestFeedWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	const writers, each = 4, 25
	var mu sync.Mutex
	told := map[string]int{}
	var writing, telling sync.WaitGroup
	ended := make(chan struct{})
	for process := range 2 {
		s := openAt(t, path)
		looks := 0
		follow := func() (more bool) {
			c, more, err := s.Feed().Next(t.Context(), 10, time.Now())
			if looks++; err == nil && looks%3 == 0 { // as after a failure
				s.Feed().GiveBack(c)
				return true
			}
			if err == nil {
				err = s.Feed().Finish(t.Context(), c)
			}
			if err != nil {
				t.Error(err)
				return false
			}
			mu.Lock()
			defer mu.Unlock()
			for _, change := range c.List {
				for _, f := range changes.Facts(change) {
					told[fmt.Sprint(f.Kind, f.AuthenticationID, value(f.AttemptsLeft))]++
				}
			}
			return more || !c.Empty()
		}
		telling.Go(func() {
			for {
				over := false
				select {
				case <-ended:
					over = true
				default:
				}
				if more := follow(); over && !more {
					return
				}
			}
		})
		for w := range writers {
			writing.Go(func() {
				for n := range each {
					c := sqlrow(fmt.Sprintf("C#demo#%d-%d-%d", process, w, n), 1<<40)
					c.AuthID, c.State, c.Owner, c.Seed = c.Key, otp.Reserved, "o", []byte(c.Key)
					if got, err := s.Reserve(t.Context(), c, nil, 0); err != nil || !got.Applied {
						t.Error(got, err)
					}
					if got, err := s.Settle(t.Context(), otp.Settlement{Key: c.Key, Owner: "o", State: otp.Delivered}); err != nil || !got.Applied {
						t.Error(got, err)
					}
					for op, digest := range []string{"wrong", "right"} {
						if got, err := s.Attempt(t.Context(), otp.Guess{Key: c.Key, Digest: []byte(digest), Op: fmt.Sprint(op), Now: 1}); err != nil || !got.Applied {
							t.Error(got, err)
						}
					}
				}
			})
		}
	}
	writing.Wait()
	close(ended)
	telling.Wait()
	if len(told) != 2*writers*each*3 {
		t.Errorf("%d facts are told, %d happened", len(told), 2*writers*each*3)
	}
}

func value(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

// What was given back comes again; a closed store tells nothing.
func TestFeedGivenBack(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "countersign.db"))
	pieces(t, s, 10, nil) // to the end of what was there before
	changestest.NewLife(t, s, "demo").Crowd()
	c, _, err := s.Feed().Next(t.Context(), 1000, time.Now())
	if err != nil || len(c.List) == 0 {
		t.Fatal(c, err)
	}
	if again := pieces(t, s, 1000, nil); len(again) != 0 {
		t.Errorf("%d facts are told while they are at work", len(again))
	}
	s.Feed().GiveBack(c)
	if again := pieces(t, s, 7, nil); len(again) < len(c.List) {
		t.Errorf("%d facts are told again of %d changes", len(again), len(c.List))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Feed().Next(ctx, 1, time.Now()); err == nil {
		t.Error("it tells though nobody listens any more")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Feed().Next(t.Context(), 1, time.Now()); err == nil {
		t.Error("a closed store tells")
	}
}
