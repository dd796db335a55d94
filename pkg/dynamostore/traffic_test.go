package dynamostore_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
)

const trafficTTL = 4_102_531_208 // in 2100: no engine deletes items by TTL

// take counts n and fails the test unless the answer is want.
func take(t testing.TB, s *dynamostore.Store, key string, window int64, n, limit int, want bool) {
	t.Helper()
	if ok, err := s.Take(t.Context(), key, window, n, limit, trafficTTL); err != nil || ok != want {
		t.Fatalf("take %d of %d in window %d: ok %v, %v, want ok %v", n, limit, window, ok, err, want)
	}
}

// A call makes one write, and up to three when a window begins.
func TestTakeRequests(t *testing.T) {
	table := dynamotest.Table(t)
	wire, beside := dynamotest.NewWire(dynamotest.Always(dynamotest.Through)), storeOn(t, table, nil)
	s := storeOn(t, table, wire)
	costs := func(name string, want int, do func()) {
		t.Helper()
		wire.Follow(dynamotest.Always(dynamotest.Through))
		do()
		if got := wire.Counts()["UpdateItem"]; got != want || got != wire.Total() {
			t.Errorf("%s took %v, want %d writes", name, wire.Counts(), want)
		}
	}
	costs("the first of a key", 2, func() { take(t, s, "T#a", 1, 1, 2, true) })
	costs("a further one", 1, func() { take(t, s, "T#a", 1, 1, 2, true) })
	costs("one over the limit", 1, func() { take(t, s, "T#a", 1, 1, 2, false) })
	costs("the first of a window", 2, func() { take(t, s, "T#a", 2, 1, 2, true) })
	costs("a late clock's", 1, func() { take(t, s, "T#a", 1, 1, 2, true) })
	costs("a late clock's over the limit", 1, func() { take(t, s, "T#a", 1, 1, 2, false) })
	for i, want := range []bool{true, false} {
		others, window := 1+i, int64(3+i)
		wire.Follow(func(n int, _ string) dynamotest.Fault {
			if n == 2 {
				for range others {
					take(t, beside, "T#a", window, 1, 2, true)
				}
			}
			return dynamotest.Through
		})
		take(t, s, "T#a", window, 1, 2, want)
		if got := wire.Total(); got != 3 {
			t.Errorf("the second of a window, while %d others begin it, took %d writes, want 3", others, got)
		}
	}
}

// A counter has the TTL of its own window.
func TestTakeTTL(t *testing.T) {
	table := dynamotest.Table(t)
	s := storeOn(t, table, nil)
	for _, step := range []struct{ window, ttl, want int64 }{
		{1, trafficTTL, trafficTTL},
		{2, trafficTTL + 60, trafficTTL + 60},
		{1, trafficTTL, trafficTTL + 60},
	} {
		if ok, err := s.Take(t.Context(), "T#a", step.window, 1, 10, step.ttl); err != nil || !ok {
			t.Fatal(ok, err)
		}
		got, _ := item(t, dynamotest.Client(t, nil), table, "T#a")["ttl"].(*types.AttributeValueMemberN)
		if want := fmt.Sprint(step.want); got == nil || got.Value != want {
			t.Errorf("after a take in window %d the ttl is %+v, want %s", step.window, got, want)
		}
	}
}

// If requests or answers are lost, a window still grants at most its limit. A repetition
// after a lost answer counts its call once more.
func TestTakeFaultOfOneRequest(t *testing.T) {
	table := dynamotest.Table(t)
	const limit = 6
	for name, fault := range faults {
		for tries := 1; tries <= 2; tries++ {
			for request := 1; request <= 2; request++ { // of a window: the first is refused, the second begins it
				t.Run(fmt.Sprintf("%s %d times from request %d", name, tries, request), func(t *testing.T) {
					t.Parallel()
					least, key := limit, "T#"+t.Name()
					if fault == dynamotest.AnswerLost || fault == dynamotest.AnswerCut {
						least = map[int]int{1: limit / (1 + tries), 2: limit - 1}[request]
					}
					for window := range int64(2) {
						granted := 0
						wire := dynamotest.NewWire(nil)
						s := storeOn(t, table, wire) // a new client: one that loses much stops repeating
						for range limit + 3 {
							wire.Follow(func(n int, _ string) dynamotest.Fault {
								if n >= request && n < request+tries {
									return fault
								}
								return dynamotest.Through
							})
							ok, err := s.Take(t.Context(), key, window, 1, limit, trafficTTL)
							if err != nil {
								t.Fatal(err)
							}
							if ok {
								granted++
							}
						}
						if granted > limit || granted < least {
							t.Errorf("window %d granted %d, want %d to %d", window, granted, least, limit)
						}
					}
				})
			}
		}
	}
}

// A call whose tries all fail grants nothing, and its error quotes nothing.
func TestTakeFaultOfEveryTry(t *testing.T) {
	table := dynamotest.Table(t)
	for name, fault := range faults {
		for _, from := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s from request %d", name, from), func(t *testing.T) {
				t.Parallel()
				wire := dynamotest.NewWire(func(n int, _ string) dynamotest.Fault {
					if n >= from {
						return fault
					}
					return dynamotest.Through
				})
				ok, err := storeOn(t, table, wire).Take(t.Context(), "T#canary"+t.Name(), 1, 1, 1, trafficTTL)
				if err == nil || ok {
					t.Fatalf("ok %v, %v", ok, err)
				}
				quiet(t, err)
				if n := wire.Total(); n != from+2 {
					t.Errorf("%d requests, want %d", n, from+2)
				}
			})
		}
	}
}

func TestTakeHangingTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := stubbed(t, dynamotest.NewWire(dynamotest.Always(dynamotest.Hung)))
		ok, err := s.Take(t.Context(), "T#a", 1, 1, 1, trafficTTL)
		if took := time.Since(start); err == nil || ok || took > budget {
			t.Errorf("ok %v, error %v after %v", ok, err, took)
		}
	})
}

// An item that is not a counter is an error, and grants nothing.
func TestTakeOfStrangeItems(t *testing.T) {
	for name, answer := range map[string]http.RoundTripper{
		`"window"`: refusing(`,"Item":{"pk":{"S":"canary"}}`),
		"deleted":  refusing(""), // both writes are refused, and there is no item
	} {
		ok, err := stubbed(t, answer).Take(t.Context(), "T#canary", 1, 1, 1, trafficTTL)
		if err == nil || ok || !strings.Contains(err.Error(), name) {
			t.Errorf("ok %v, error %v, want one with %s", ok, err, name)
			continue
		}
		quiet(t, err)
	}
}
