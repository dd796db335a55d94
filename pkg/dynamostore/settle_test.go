package dynamostore_test

import (
	"fmt"
	"reflect"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
)

// A settlement sets each of its parts, and leaves the others as they were.
func TestSettlementParts(t *testing.T) {
	s := dynamotest.Store(t, nil)
	for bits := range 1 << 4 {
		c := challenge(fmt.Sprint("parts", bits))
		c.Messages, c.Guard = []byte("messages"), []byte("guard")
		if w, err := s.Reserve(t.Context(), c, nil, now); err != nil || !w.Applied {
			t.Fatal(w, err)
		}
		want := c
		want.State, want.Result, want.Lease = otp.Delivered, otp.TooSoon, now+5
		done := otp.Settlement{Key: c.Key, Owner: c.Owner, State: want.State, Result: want.Result, Lease: want.Lease}
		if bits&1 != 0 {
			done.SentAt, done.Mask = now+7, "+60*"
			want.SentAt, want.Mask = done.SentAt, done.Mask
		}
		if bits&2 != 0 {
			done.Messages = []byte("others")
			want.Messages = done.Messages
		}
		if bits&4 != 0 {
			done.Guard = []byte("other")
			want.Guard = done.Guard
		}
		if bits&8 != 0 {
			done.Forget, want.TTL = true, int64(want.Lease)/1000
		}
		if w, err := s.Settle(t.Context(), done); err != nil || !w.Applied {
			t.Fatal(w, err)
		}
		if got, err := s.Challenge(t.Context(), c.Key); err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%+v: %v\n%+v, want\n%+v", done, err, got, want)
		}
	}
}
