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
		close(m.both)
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

// ledgersFail is a transport that refuses each write of a ledger.
type ledgersFail struct{ next http.RoundTripper }

func (f ledgersFail) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil || bytes.Contains(body, []byte("#sends")) {
		return nil, errors.Join(err, errors.New("no ledger"))
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return f.next.RoundTrip(r)
}
