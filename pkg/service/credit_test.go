package service_test

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/changes"
	"countersign/pkg/changes/stream"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/sqlitestore/sqlitetest"

	"countersign/pkg/clocktest"
)

// credited is a store with budgets, and a follower that gives them their credits.
type credited interface {
	storetest.Store
	guard.Reader
	Challenge(ctx context.Context, key string) (*otp.Challenge, error)
}

// town is people whose messages the guard counts, in virtual time.
type town struct {
	t        *testing.T
	r        *rand.Rand
	store    credited
	follow   func() // to the end of the changes so far, over failures of all kinds
	sweep    func() // all challenges
	clock    *clocktest.Clock
	inbox    *storetest.Inbox
	issuer   otp.Issuer
	verifier otp.Verifier
	want     map[string]*guard.Entry // by key: the counts only, of all hours
	ids      int
}

var townPolicy = guard.Policy{Mode: guard.Monitor, Young: guard.DefaultYoung, Shards: 2}

// clumsy is a bus that fails now and then.
type clumsy struct{ r *rand.Rand }

func (c clumsy) Publish(_ context.Context, facts []changes.Fact) (int, error) {
	if c.r.IntN(3) == 0 {
		return c.r.IntN(len(facts) + 1), errors.New("the bus is away")
	}
	return len(facts), nil
}

// sqliteTown reads the feed in pieces of any size. It may stop before a piece is finished.
func sqliteTown(t *testing.T, w *town) {
	s := sqlitetest.New(t)
	w.sweep = func() { sqlitetest.Sweep(t, s, otp.MillisOf(w.clock.Now())) }
	w.store, w.follow = s, func() {
		for {
			p, err := s.Feed().Next(t.Context(), 1+w.r.IntN(20), w.clock.Now())
			if err != nil || len(p.List) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var facts []changes.Fact
			for _, c := range p.List {
				facts = append(facts, changes.Facts(c)...)
			}
			consumer := changes.Consumer{Numbers: &p, Events: clumsy{w.r}, Credits: &p}
			if _, err := consumer.Work(t.Context(), facts); err != nil || w.r.IntN(4) == 0 {
				continue
			}
			if err := s.Feed().Finish(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// dynamoTown delivers the stream as Lambda does, in batches of any size. The process may end before its report: then
// the batch comes again, and may have become longer, as what is left of one does.
func dynamoTown(t *testing.T, w *town) {
	table, done := dynamotest.StreamTable(t), 0
	s := dynamostore.New(dynamotest.Client(t, nil), table)
	h := stream.Handler{
		Consumer: changes.Consumer{Numbers: s, Events: clumsy{w.r}, Credits: s},
		Now:      func() time.Time { return w.clock.Now() }, Log: slog.New(slog.DiscardHandler),
	}
	w.sweep = func() { // as TTL deletion does, for which no test can wait
		for n := range w.ids {
			key := &types.AttributeValueMemberS{Value: otp.ChallengeKey("demo", fmt.Sprint("id ", n+1))}
			_, err := dynamotest.Client(t, nil).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
				TableName: &table, Key: map[string]types.AttributeValue{"pk": key},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	w.store, w.follow = s, func() {
		size := 0
		for records := dynamotest.Records(t, table)[done:]; len(records) > 0; {
			size += 1 + w.r.IntN(60)
			batch := records[:min(len(records), size)]
			got, err := h.Handle(t.Context(), stream.Batch{Records: batch})
			if err != nil || w.r.IntN(4) == 0 {
				continue
			}
			n := len(batch)
			for i := range batch {
				if len(got.BatchItemFailures) > 0 && numberOf(t, batch[i]) == got.BatchItemFailures[0].ItemIdentifier {
					n = i
					break
				}
			}
			records, done, size = records[n:], done+n, len(batch)-n // the rest comes again
		}
	}
}

// numberOf returns the sequence number of a record.
func numberOf(t *testing.T, record json.RawMessage) string {
	var r struct {
		Change struct{ SequenceNumber string } `json:"dynamodb"`
	}
	if err := json.Unmarshal(record, &r); err != nil {
		t.Fatal(err)
	}
	return r.Change.SequenceNumber
}

func newTown(t *testing.T, seed uint64, on func(*testing.T, *town)) *town {
	w := &town{
		t: t, want: map[string]*guard.Entry{}, inbox: &storetest.Inbox{},
		r:     rand.New(rand.NewPCG(seed, 0)), // #nosec G404 -- a test's
		clock: clocktest.New(time.Date(2100, 1, 2, 3, 4, 5, 0, time.UTC)),
	}
	on(t, w)
	w.issuer = otp.Issuer{
		Challenges: w.store, Ledgers: w.store, Sender: w.inbox, Keys: storetest.Keys(), Now: w.clock.Now,
		Rand: crand.Reader,
	}
	w.verifier = otp.Verifier{Challenges: w.store, Keys: storetest.Keys(), Now: w.clock.Now, Rand: crand.Reader}
	return w
}

// start asks for a code for one of thirty numbers in three blocks.
func (w *town) start(number int) otp.Start {
	w.ids++
	p := otp.DefaultPolicy()
	p.Cooldown, p.PerHour, p.PerDay = 0, 1000, 1000
	return otp.Start{
		Client: "demo", ID: fmt.Sprint("id ", w.ids), Fingerprinted: []string{fmt.Sprint(number)},
		To: otp.Phone(fmt.Sprintf("+6012%03d%04d", number%3, number)), Mask: "+60*****0000", Region: "MY", Policy: p,
		Text:  func(code string, _ time.Duration) string { return code },
		Guard: townPolicy, Source: []string{"", "phone", "tablet"}[number%3],
	}
}

// send sends a code, and the person types it or does not. It returns the challenge.
func (w *town) send(s otp.Start, types bool) *otp.Challenge {
	w.t.Helper()
	ctx := w.t.Context()
	if got, err := w.issuer.Init(ctx, s); err != nil || got.Outcome != otp.Sent {
		w.t.Fatal(got, err)
	}
	c, err := w.store.Challenge(ctx, otp.ChallengeKey(s.Client, s.ID))
	if err != nil {
		w.t.Fatal(err)
	}
	code := s.Test.Code
	if code == "" {
		all := w.inbox.Messages()
		code = all[len(all)-1].Code
	}
	if types {
		w.clock.Advance(time.Duration(w.r.IntN(200)) * time.Second)
		got, err := w.verifier.Verify(ctx, otp.Check{Client: s.Client, ID: s.ID, Code: code})
		if err != nil || got.Outcome != otp.Passed {
			w.t.Fatal(got, err)
		}
	}
	w.expect(c, types && s.Code == "" && s.Test.Code == "")
	return c
}

// expect counts what the message of a challenge, and its right code, are to count.
func (w *town) expect(c *otp.Challenge, answers bool) {
	n, young, known, ok := guard.Tag(c.Guard).Numbers(c.Client, c.Region)
	if !ok {
		return
	}
	keys := []string{n.CountryKey(), n.BlockKey()}
	if young {
		keys = append(keys, n.YoungKey())
	}
	if n.Source != nil {
		keys = append(keys, n.SourceKey())
	}
	i := c.SentAt.Time().Hour()
	for _, key := range keys {
		if w.want[key] == nil {
			w.want[key] = &guard.Entry{Key: key}
		}
		e, kind := w.want[key], guard.KindOf(key)
		switch {
		case known && answers && kind != guard.Source:
			e.Known[i]++
		case known:
		case answers:
			e.Answered[i]++
		default:
			e.Unanswered[i]++
		}
	}
}

// compare compares the counts of all entries, and their room by the counts.
func (w *town) compare() {
	w.t.Helper()
	for key, want := range w.want {
		got, err := w.store.Entries(w.t.Context(), []string{key})
		var e guard.Entry
		if len(got) == 1 {
			e = got[0]
		}
		if err != nil || e.Unanswered != want.Unanswered || e.Answered != want.Answered || e.Known != want.Known {
			w.t.Errorf("%s %v\nunanswered %v answered %v known %v, want\nunanswered %v answered %v known %v",
				key, err, e.Unanswered, e.Answered, e.Known, want.Unanswered, want.Answered, want.Known)
		}
		switch e.Kind {
		case guard.Young:
			left := e.Base - 100*guard.Sum(e.Unanswered) + 250*guard.Sum(e.Answered)
			if e.Left != left {
				w.t.Errorf("%s has %d left, want %d", key, e.Left, left)
			}
		case guard.Source:
			if left := 1000 - 100*guard.Sum(e.Unanswered); e.Left != left {
				w.t.Errorf("%s has %d left, want %d", key, e.Left, left)
			}
		}
	}
}

var towns = map[string]func(*testing.T, *town){"SQLite": sqliteTown, "DynamoDB": dynamoTown}

// Half a day of people, whose codes pass or do not, followed with all kinds of failures: each right code is credited
// once, in the hour of its message. Chosen codes and test numbers give nothing. A number is known once its right code
// is followed.
func TestCreditsOfADay(t *testing.T) {
	for name, on := range towns {
		t.Run(name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Log("seed", seed)
			w := newTown(t, seed, on)
			answered := map[int]bool{}
			for range 8 {
				for range 12 {
					number := w.r.IntN(30)
					s, types := w.start(number), w.r.IntN(3) > 0
					switch w.r.IntN(6) {
					case 0:
						s.Code = "246810"
					case 1:
						s.Test = otp.Test{Code: "135790", Until: 1 << 50}
					}
					c := w.send(s, types)
					_, _, known, ok := guard.Tag(c.Guard).Numbers("demo", "MY")
					if ok == s.Test.Is() || known && !answered[number] {
						t.Errorf("%d answered: %v, has a tag: %v, is known: %v", number, answered[number], ok, known)
					}
					answered[number] = answered[number] || types && s.Code == "" && !s.Test.Is()
				}
				if w.r.IntN(2) == 0 {
					w.follow()
				}
				w.clock.Advance(time.Duration(w.r.IntN(3600)) * time.Second)
			}
			w.follow()
			w.compare()
			for number, is := range answered {
				c := w.send(w.start(number), false)
				if _, _, known, _ := guard.Tag(c.Guard).Numbers("demo", "MY"); known != is {
					t.Errorf("number %d answered: %v, and is known: %v", number, is, known)
				}
			}
		})
	}
}

// A stream that is dead gives nothing, whatever is answered. When it comes back, all is credited, also of challenges
// that were swept, but for hours that are over.
func TestCreditsOfADeadStream(t *testing.T) {
	for name, on := range towns {
		for _, hours := range []int{1, 23, 25} {
			t.Run(fmt.Sprint(name, " ", hours), func(t *testing.T) {
				w := newTown(t, uint64(hours), on)
				for n := range 9 {
					w.send(w.start(n), true)
				}
				w.clock.Advance(time.Duration(hours) * time.Hour)
				last := w.send(w.start(100), false) // brings its entries to this hour
				n, _, _, _ := guard.Tag(last.Guard).Numbers("demo", "MY")
				before, err := w.store.Entries(t.Context(), []string{n.CountryKey()})
				if err != nil || len(before) != 1 || guard.Sum(before[0].Answered) != 0 {
					t.Fatal(before, err)
				}
				w.sweep()
				w.follow()
				if hours < 24 {
					w.compare()
					return
				}
				after, err := w.store.Entries(t.Context(), []string{n.CountryKey()})
				if err != nil || len(after) != 1 {
					t.Fatal(after, err)
				}
				if after[0].Left != before[0].Left || after[0].Answered != before[0].Answered {
					t.Errorf("%+v, before\n%+v", after, before)
				}
			})
		}
	}
}
