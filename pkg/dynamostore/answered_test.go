package dynamostore_test

import (
	"slices"
	"testing"
	"time"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
)

// A right code sets when the number answered, and how long its ledger is kept, and makes neither less. A newer ledger
// gets it from the older one.
func TestAnsweredAt(t *testing.T) {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := dynamotest.Store(t, wire)
	p := spend("N#1", "a", now)
	spent(t, s, p)
	full := func(n int) []byte { return slices.Repeat([]byte{byte(n)}, 8) }
	day := func(n int) otp.Millis { return now.Add(time.Duration(n) * 24 * time.Hour) }
	for i, c := range []struct {
		at, want otp.Millis
		ttl      int64
		source   []byte
		writes   int
	}{
		{0, 0, p.TTL, nil, 1},
		{day(1), day(1), day(181).Seconds(), nil, 1},
		{day(1), day(1), day(181).Seconds(), nil, 1}, // again
		{day(0), day(1), day(181).Seconds(), nil, 2},
		{0, day(1), day(181).Seconds(), full(1), 1},
		{day(2), day(2), day(182).Seconds(), full(1), 1},
		{day(1), day(2), day(182).Seconds(), full(2), 2},
	} {
		wire.Follow(dynamotest.Always(dynamotest.Through))
		if err := s.Answered(t.Context(), otp.Answer{Ledger: p.Key, At: c.at, Source: c.source}); err != nil {
			t.Fatal(err)
		}
		writes := wire.Total()
		n, err := s.Ledger(t.Context(), p.Key)
		knows := c.source == nil || n.Knows(c.source)
		if err != nil || n.Answered != c.want || n.TTL != c.ttl || n.Unanswered != 0 || !knows {
			t.Errorf("answer %d: %+v, %v", i, n, err)
		}
		if writes != c.writes {
			t.Errorf("answer %d took %d writes, want %d", i, writes, c.writes)
		}
	}
	newer := spend("N#2", "b", now)
	newer.Answered = day(2)
	spent(t, s, newer)
	newer.ID, newer.Now, newer.Answered = "c", day(3), 0
	spent(t, s, newer)
	if n, err := s.Ledger(t.Context(), newer.Key); err != nil || n.Answered != day(2) || len(n.Sends) != 2 {
		t.Errorf("the newer ledger is %+v, %v", n, err)
	}
	if err := s.Answered(t.Context(), otp.Answer{Ledger: "N#none", At: now}); err != nil {
		t.Error(err)
	}
	if n, err := s.Ledger(t.Context(), "N#none"); err != nil || n != nil {
		t.Errorf("an answer made the ledger %+v, %v", n, err)
	}
}
