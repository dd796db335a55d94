package sqlitestore_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// answer makes a challenge whose message the guard counts, and whose right code is typed. It returns no error of its
// own, so that goroutines may call it.
func answer(t *testing.T, s *sqlitestore.Store, id string) {
	p := guarded("N#"+id, id)
	p.Guard.Mode = guard.Monitor // many are sent before the first answer is credited
	spent, err := s.Spend(t.Context(), p)
	if err != nil || !spent.Applied {
		t.Error(spent, err)
	}
	c := sqlrow("C#demo#"+id, 1<<40)
	c.Client, c.Region, c.LedgerKey = "demo", "MY", p.Key
	c.AuthID, c.State, c.Owner, c.Seed, c.Guard = c.Key, otp.Reserved, "o", []byte(c.Key), []byte(spent.Verdict.Tag)
	c.SentAt = otp.Millis(p.Guard.Hour * time.Hour.Milliseconds())
	c.ExpiresAt = c.SentAt + 1000
	for _, write := range []func() (otp.Write, error){
		func() (otp.Write, error) { return s.Reserve(t.Context(), c, nil, c.SentAt) },
		func() (otp.Write, error) {
			return s.Settle(t.Context(), otp.Settlement{Key: c.Key, Owner: "o", State: otp.Delivered})
		},
		func() (otp.Write, error) {
			return s.Attempt(t.Context(), otp.Guess{Key: c.Key, Digest: c.Code, Op: "op", Now: c.SentAt})
		},
	} {
		if got, err := write(); err != nil || !got.Applied {
			t.Error(got, err)
		}
	}
}

// read reads a piece and does the work that follows from it, up to its end in the file.
func read(t *testing.T, s *sqlitestore.Store, limit int) sqlitestore.Piece {
	p, err := s.Feed().Next(t.Context(), limit, time.Now())
	if err == nil {
		_, err = (changes.Consumer{Numbers: &p, Events: &receiver{}, Credits: &p}).Work(t.Context(), factsOf(p))
	}
	if err != nil {
		t.Error(err)
	}
	return p
}

func finish(t *testing.T, s *sqlitestore.Store, p sqlitestore.Piece) {
	if err := s.Feed().Finish(t.Context(), p); err != nil {
		t.Error(err)
	}
}

// wantCredited compares the entries of a country without a baseline with those that the rules give.
func wantCredited(t *testing.T, s *sqlitestore.Store, sent, answers int) {
	t.Helper()
	m := guarded("", "").Guard
	young := guard.Fresh(m.YoungKey(), guard.Young, m.Hour)
	country := guard.Fresh(m.CountryKey(), guard.Country, m.Hour)
	block := guard.Fresh(m.BlockKey(), guard.Block, m.Hour)
	for n := range sent {
		if n > 0 { // the country's own room is for one
			young.Take(guard.Charge{Kind: guard.Young, Hour: m.Hour, Base: 100 * m.Young})
		}
		country.Take(guard.Charge{Kind: guard.Country, Hour: m.Hour, Base: 2000})
		block.Take(guard.Charge{Kind: guard.Block, Hour: m.Hour, Usual: usualOf(t, s, block.Key), Force: true})
	}
	for n := range answers {
		if n > 0 {
			young.Credit([]guard.Credit{{Event: guard.Answered, Hour: m.Hour}}, 0)
		}
		country.Credit([]guard.Credit{{Event: guard.Answered, Hour: m.Hour}}, 0)
		block.Credit([]guard.Credit{{Event: guard.Answered, Hour: m.Hour}}, 0)
	}
	for _, want := range []guard.Entry{young, country, block} {
		if want.Kind == guard.Young && sent > 6 {
			continue // which messages it counts depends on when the answers come
		}
		got, err := s.Entry(t.Context(), want.Key)
		if err != nil || got == nil {
			t.Fatal(got, err)
		}
		if got.Left != want.Left || got.Unanswered != want.Unanswered || got.Answered != want.Answered {
			t.Errorf("%c: left %d, unanswered %d, answered %d; want %d, %d, %d", want.Kind, got.Left,
				guard.Sum(got.Unanswered), guard.Sum(got.Answered), want.Left, guard.Sum(want.Unanswered),
				guard.Sum(want.Answered))
		}
	}
}

func usualOf(t *testing.T, s *sqlitestore.Store, key string) int {
	t.Helper()
	e, err := s.Entry(t.Context(), key)
	if err != nil || e == nil {
		t.Fatal(e, err)
	}
	return e.Usual
}

// A right code is credited when its piece is finished: not before, and once, whoever reads and finishes what.
func TestCreditedOnce(t *testing.T) {
	for name, follow := range map[string]func(*testing.T, *sqlitestore.Store){
		"once":       func(t *testing.T, s *sqlitestore.Store) { finish(t, s, read(t, s, 100)) },
		"unfinished": func(t *testing.T, s *sqlitestore.Store) { read(t, s, 100); finish(t, s, read(t, s, 100)) },
		"finished twice": func(t *testing.T, s *sqlitestore.Store) {
			p := read(t, s, 100)
			finish(t, s, p)
			finish(t, s, p)
		},
		"by two": func(t *testing.T, s *sqlitestore.Store) {
			p, q := read(t, s, 100), read(t, s, 100)
			finish(t, s, p)
			finish(t, s, q)
		},
		"a part by another one": func(t *testing.T, s *sqlitestore.Store) {
			all, part := read(t, s, 100), read(t, s, 5)
			finish(t, s, part)
			finish(t, s, all)
		},
		"a part too late": func(t *testing.T, s *sqlitestore.Store) {
			all, part := read(t, s, 100), read(t, s, 5)
			finish(t, s, all)
			finish(t, s, part)
		},
		"swept before it is read": func(t *testing.T, s *sqlitestore.Store) {
			sqlitetest.Sweep(t, s, 1<<50)
			for p := read(t, s, 3); len(p.List) > 0; p = read(t, s, 3) {
				finish(t, s, p)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t).(*sqlitestore.Store)
			for n := range 6 {
				answer(t, s, fmt.Sprint(n))
			}
			e, err := s.Entry(t.Context(), guarded("", "").Guard.YoungKey())
			if err != nil || guard.Sum(e.Answered) != 0 {
				t.Fatal(e, err)
			}
			follow(t, s)
			if name == "swept before it is read" { // with the entries: nothing is left to give room back to
				e, err := s.Entry(t.Context(), guarded("", "").Guard.YoungKey())
				if err != nil || e == nil || guard.Sum(e.Answered) != 0 || e.Left != 0 || e.AnsweredAt != 1000 {
					t.Errorf("%+v %v", e, err)
				}
				return
			}
			wantCredited(t, s, 6, 6)
		})
	}
}

// Two processes follow one file while a third one sends: in the end all is credited once.
func TestCreditWhileSending(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	stores := []*sqlitestore.Store{sqlitetest.Open(t, path), sqlitetest.Open(t, path), sqlitetest.Open(t, path)}
	const answers, unanswered = 40, 20
	stop := make(chan struct{})
	var followers, senders sync.WaitGroup
	for i, s := range stores[1:] {
		followers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					finish(t, s, read(t, s, 3+4*i))
				}
			}
		})
	}
	for n := range 4 {
		senders.Go(func() {
			for i := range answers / 4 {
				answer(t, stores[0], fmt.Sprint("a", n, i))
			}
			for i := range unanswered / 4 {
				id := fmt.Sprint("u", n, i)
				p := guarded("N#"+id, id)
				p.Guard.Mode = guard.Monitor
				if got, err := stores[0].Spend(t.Context(), p); err != nil || !got.Applied {
					t.Error(got, err)
				}
			}
		})
	}
	senders.Wait()
	close(stop)
	followers.Wait()
	for p := read(t, stores[0], 100); len(p.List) > 0; p = read(t, stores[0], 100) {
		finish(t, stores[0], p)
	}
	wantCredited(t, stores[0], answers+unanswered, answers)
}

// A budget that is damaged keeps neither the feed from going on nor other budgets from their credit.
func TestCreditOfADamagedEntry(t *testing.T) {
	m := guarded("", "").Guard
	for damaged, other := range map[string]string{m.BlockKey(): m.CountryKey(), m.CountryKey(): m.BlockKey()} {
		path := filepath.Join(t.TempDir(), "countersign.db")
		s := sqlitetest.Open(t, path)
		answer(t, s, "1")
		s.Close()
		script(t, path, "UPDATE guard SET entry = x'01ff' WHERE pk = '"+damaged+"'")
		s = sqlitetest.Open(t, path)
		finish(t, s, read(t, s, 100))
		if left := read(t, s, 100); len(left.List) > 0 {
			t.Errorf("%s: %d changes are left", damaged, len(left.List))
		}
		if e, err := s.Entry(t.Context(), other); err != nil || guard.Sum(e.Answered) != 1 {
			t.Errorf("beside %s: %+v, %v; want the answer", damaged, e, err)
		}
	}
}
