package dynamostore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// meeting is a transport where the first two requests wait for each other.
type meeting struct {
	next   http.RoundTripper
	n      atomic.Int32
	both   chan struct{}
	missed atomic.Bool
}

func (m *meeting) RoundTrip(r *http.Request) (*http.Response, error) {
	switch m.n.Add(1) {
	case 1:
		select {
		case <-m.both:
		case <-r.Context().Done():
			m.missed.Store(true)
		}
	case 2:
		select {
		case <-m.both:
		default:
			close(m.both)
		}
	}
	return m.next.RoundTrip(r)
}

// Where ledger and entries had room, the entries count a message at the same time as the ledger.
func TestCountsAtOnce(t *testing.T) {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := dynamotest.Store(t, wire)
	to := guardedBy("demo", "-block--", guard.Enforce)
	p := looked(t, s, to, 2, now)
	m := &meeting{next: wire.Next, both: make(chan struct{})}
	wire.Next = m
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // which only a failure needs
	defer cancel()
	got, err := s.Spend(ctx, p)
	if err != nil || !got.Applied || len(got.Verdict.Charged) != 2 || m.missed.Load() {
		t.Errorf("%+v, %v; the requests came one after the other: %v", got, err, m.missed.Load())
	}
}

// What the entries counted ahead is given back where the ledger does not count the message, or the number is known.
func TestCountedInVain(t *testing.T) {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := dynamotest.Store(t, wire)
	m := guardedBy("demo", "-block--", guard.Enforce)
	counts := func(name string, want int) {
		t.Helper()
		for _, key := range []string{m.CountryKey(), m.BlockKey()} {
			if n := unanswered(t, s, key); n != want {
				t.Errorf("%s: %s counts %d, want %d", name, key, n, want)
			}
		}
	}
	again := looked(t, s, m, 1, now)
	again.ID = "again"
	spent(t, s, guardedSpend(m, 1, now))
	if got := spent(t, s, again); got.Applied || got.Verdict.Reason != "" || len(got.Item.Sends) != 1 {
		t.Errorf("the same number at the same time: %+v", got)
	}
	counts("the same number at the same time", 1)

	known := looked(t, s, m, 2, now)
	old := guardedSpend(m, 2, now.Add(-2*time.Hour))
	old.ID, old.Guard = "old", nil
	spent(t, s, old)
	if err := s.Answered(t.Context(), otp.Answer{Ledger: known.Key, At: now - 1000}); err != nil {
		t.Fatal(err)
	}
	if got := spent(t, s, known); !got.Applied || got.Answered != now-1000 || len(got.Verdict.Charged) != 0 {
		t.Errorf("a number that answered meanwhile: %+v", got)
	}
	counts("a number that answered meanwhile", 1)

	wire.Next = ledgersFail{wire.Next}
	if got, err := s.Spend(t.Context(), looked(t, s, m, 3, now)); err == nil {
		t.Errorf("%+v, want an error", got)
	}
	counts("a ledger that fails", 1)
}

// The first messages of a client's day are reserved at the same time as its challenge.
func TestStocksAtOnce(t *testing.T) {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	m := &meeting{next: wire.Next, both: make(chan struct{})}
	wire.Next = m
	v := newService(t, dynamotest.Store(t, wire))
	v.Issuer.Quota = stock{m.both}
	start := v.asked("id")
	start.PerDay = 5
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // which only a failure needs
	defer cancel()
	if got, err := v.Init(ctx, start); err != nil || got.Outcome != otp.Sent || m.missed.Load() {
		t.Errorf("%q, %v; the challenge was stored first: %v", got.Outcome, err, m.missed.Load())
	}
}

// stock is a quota that meets the first request.
type stock struct{ both chan struct{} }

func (s stock) Stock(string, int) (reserve func(context.Context)) {
	return func(context.Context) { close(s.both) }
}

func (s stock) Take(context.Context, string, int) (giveBack func(), wait time.Duration, err error) {
	return func() {}, 0, nil
}

// Where the ledger that was read refuses the message, or knows the number, no entry counts it: a call takes one write.
func TestNothingCountedInVain(t *testing.T) {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := dynamotest.Store(t, wire)
	m := guardedBy("demo", "-block--", guard.Enforce)
	spent(t, s, guardedSpend(m, 1, now))
	p := looked(t, s, m, 1, now)
	p.ID = "too soon"
	one := func(name string, p otp.Spend, applied bool) {
		t.Helper()
		wire.Follow(dynamotest.Always(dynamotest.Through))
		if got := spent(t, s, p); got.Applied != applied || len(got.Verdict.Charged) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
		if n := wire.Total(); n != 1 {
			t.Errorf("%s: %v, want one write", name, wire.Counts())
		}
	}
	one("a limit of the number", p, false)
	p = looked(t, s, m, 1, now)
	p.ID, p.Source = "stranger", []byte("-source-")
	one("an unknown source", p, false)
	if err := s.Answered(t.Context(), otp.Answer{Ledger: p.Key, At: now}); err != nil {
		t.Fatal(err)
	}
	p = looked(t, s, m, 1, now.Add(time.Hour))
	p.ID = "known"
	one("a known number", p, true)
}

// What the entries counted ahead is given back also if the time of the call ends meanwhile: by the call, as its ledger
// gives no answer, and by the admission, as the block has no room.
func TestCountedTooLate(t *testing.T) {
	for _, full := range []bool{false, true} {
		wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
		table := dynamotest.Table(t)
		s, beside := storeOn(t, table, wire), storeOn(t, table, nil)
		m := guardedBy("demo", "-block--", guard.Enforce)
		p := looked(t, s, m, 1, now)
		if full {
			block := guard.Fresh(m.BlockKey(), guard.Block, thisHour)
			block.Take(guard.Charge{
				Key: block.Key, Kind: guard.Block, Hour: thisHour, Usual: youngUsual, Label: m.Label,
			})
			block.Left, block.Unanswered[guard.Slot(thisHour)] = 0, 0
			keep(t, dynamotest.Client(t, nil), table, block, 1)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		wire.Next = &ledgerHangs{next: wire.Next, end: cancel, charges: 2}
		if got, err := s.Spend(ctx, p); err == nil {
			t.Errorf("%+v, want an error", got)
		}
		for _, key := range []string{m.CountryKey(), m.BlockKey()} {
			if n := unanswered(t, beside, key); n != 0 {
				t.Errorf("the block is full: %v; %s counts %d, want 0", full, key, n)
			}
		}
	}
}

// youngUsual is the ratio of a block in a country without a baseline.
const youngUsual = 233

// ledgerHangs is a transport where the ledger gives no answer, and the call ends before the last charge is answered.
type ledgerHangs struct {
	next    http.RoundTripper
	end     context.CancelFunc
	charges int
}

func (h *ledgerHangs) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(body, []byte("#sends")) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	resp, err := h.next.RoundTrip(withBody(r, body))
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	if h.charges--; h.charges == 0 {
		h.end()
	}
	return resp, err
}

// withBody returns a request with a body that was read.
func withBody(r *http.Request, body []byte) *http.Request {
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

// A panic while the entries count is one of the call: it must not end the process.
func TestPanicsInTheCall(t *testing.T) {
	s := dynamotest.Store(t, nil)
	m := guardedBy("demo", "-block--", guard.Enforce)
	p := looked(t, s, m, 1, now)
	m.Label = func() []byte { panic("canary") }
	defer func() {
		if p, _ := recover().(*otp.Panic); p == nil || p.Value != "canary" {
			t.Errorf("%v", p)
		}
	}()
	got, err := s.Spend(t.Context(), p)
	t.Errorf("%+v, %v", got, err)
}

// ledgersFail is a transport that refuses each write of a ledger.
type ledgersFail struct{ next http.RoundTripper }

func (f ledgersFail) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil || bytes.Contains(body, []byte("#sends")) {
		return nil, errors.Join(err, errors.New("no ledger"))
	}
	return f.next.RoundTrip(withBody(r, body))
}
