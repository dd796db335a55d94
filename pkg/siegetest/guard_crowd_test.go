package siegetest

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/changes/stream"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/sqlitestore/sqlitetest"

	"countersign/pkg/clocktest"
)

// square is a store under 100 callers at once, and its stream.
type square struct {
	otp.Issuer
	otp.Verifier
	clock  *clocktest.Clock
	inbox  *storetest.Inbox
	follow func() // brings what the stream has
}

func newSquare(s tables, clock *clocktest.Clock) *square {
	inbox, keys := &storetest.Inbox{}, storetest.Keys()
	return &square{
		Issuer: otp.Issuer{
			Challenges: s, Ledgers: s, Sender: inbox, Keys: keys, Now: clock.Now, Rand: rand.Reader,
		},
		Verifier: otp.Verifier{Challenges: s, Keys: keys, Now: clock.Now, Rand: rand.Reader},
		clock:    clock, inbox: inbox,
	}
}

// squares open both stores.
var squares = map[string]func(t *testing.T) *square{
	"SQLite": func(t *testing.T) *square {
		w := &world{t: t, store: sqlitetest.New(t), clock: clocktest.New(begin)}
		s := newSquare(w.store, w.clock)
		s.follow = w.follow
		return s
	},
	"DynamoDB": func(t *testing.T) *square {
		clock := clocktest.New(begin)
		store, follow := dynamoTable(t, clock)
		s := newSquare(store, clock)
		s.Ahead, s.follow = store, follow
		return s
	},
}

// dynamoTable opens a table over DynamoDB's protocol. follow brings what its stream has.
func dynamoTable(t testing.TB, clock *clocktest.Clock) (store *dynamostore.Store, follow func()) {
	name := dynamotest.StreamTable(t)
	store = dynamostore.New(dynamotest.Client(t, nil), name)
	h := stream.Handler{
		Consumer: changes.Consumer{Numbers: store, Events: nowhere{}, Credits: store}, Now: clock.Now,
		Log: slog.New(slog.DiscardHandler),
	}
	done := 0
	return store, func() {
		all := dynamotest.Records(t, name)
		for done < len(all) {
			batch := all[done:min(len(all), done+100)]
			got, err := h.Handle(t.Context(), stream.Batch{Records: batch})
			if err != nil || len(got.BatchItemFailures) > 0 {
				t.Fatal(got, err)
			}
			done += len(batch)
		}
	}
}

// ask asks for a code of a number of one block, and reports whether a message went out.
func (s *square) ask(t *testing.T, n int) bool {
	got, err := s.Init(t.Context(), otp.Start{
		ID: fmt.Sprint("id-", n), Client: "shop", To: inCrowd(n), Region: "MY",
		Policy: otp.DefaultPolicy(), Guard: enforced,
		Text: func(code string, _ time.Duration) string { return code },
	})
	if err != nil {
		t.Error(err)
	}
	return got.Outcome == otp.Sent
}

// inCrowd is the n-th number of a block.
func inCrowd(n int) otp.Phone { return otp.Phone(malaysia.block(0) + fmt.Sprintf("%04d", n)) }

// TestCrowd: 100 callers ask at once, round after round, for numbers of one block. After each round one of them types
// his code, and the stream is late. Never more goes out than the room of the block and what credited answers gave.
func TestCrowd(t *testing.T) {
	for name, open := range squares {
		for _, lag := range []time.Duration{time.Second, 30 * time.Second, time.Hour} {
			t.Run(fmt.Sprint(name, " ", lag), func(t *testing.T) {
				t.Parallel()
				s := open(t)
				var typed []time.Time
				sent, credited := 0, 0
				for round := range 4 {
					for credited < len(typed) && !s.clock.Now().Before(typed[credited].Add(lag)) {
						s.follow()
						credited = len(typed)
					}
					sent += s.round(t, round)
					most := 8
					if credited > 0 { // a block of a young country that answered has 37, and 3.21 for each answer
						most = 37 + 4*credited
					}
					if open := sent - credited; open > most || open < 8 {
						t.Errorf("round %d: %d messages are open, want 8 to %d", round, open, most)
					}
					if s.answers(t, round) {
						typed = append(typed, s.clock.Now())
					}
					s.clock.Advance(20 * time.Second)
				}
				t.Logf("%d messages, %d answers, %d of them credited", sent, len(typed), credited)
			})
		}
	}
}

// round has 100 callers ask for a number each, at once.
func (s *square) round(t *testing.T, round int) int {
	var callers sync.WaitGroup
	var sent atomic.Int64
	for n := range 100 {
		callers.Go(func() {
			if s.ask(t, 100*round+n) {
				sent.Add(1)
			}
		})
	}
	callers.Wait()
	return int(sent.Load())
}

// answers types the code of the latest message of a round, if there is one.
func (s *square) answers(t *testing.T, round int) bool {
	for _, m := range s.inbox.Messages() {
		for n := 100 * round; n < 100*(round+1); n++ {
			if m.To != inCrowd(n) {
				continue
			}
			got, err := s.Verify(t.Context(), otp.Check{Client: "shop", ID: fmt.Sprint("id-", n), Code: m.Code})
			if err != nil || got.Outcome != otp.Passed {
				t.Errorf("the right code: %+v %v", got, err)
			}
			return true
		}
	}
	return false
}
