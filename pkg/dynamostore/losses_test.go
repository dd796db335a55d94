package dynamostore_test

import (
	"fmt"
	"strings"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// faults are those that end a request at once; hang_test.go has the others.
var faults = map[string]dynamotest.Fault{
	"lost":        dynamotest.Lost,
	"answer lost": dynamotest.AnswerLost,
	"answer cut":  dynamotest.AnswerCut,
	"throttled":   dynamotest.Throttled,
	"failed":      dynamotest.Failed,
}

// If one request of an init or a verify fails, or two tries of it, the person still gets one
// message and passes with the right code (P3).
func TestFaultOfOneRequest(t *testing.T) {
	table := dynamotest.Table(t)
	for name, fault := range faults {
		for _, tries := range []int{1, 2} {
			for first := 1; first <= 5; first++ {
				name := fmt.Sprintf("%s %d times from request %d", name, tries, first)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					wire := dynamotest.NewWire(func(n int, _ string) dynamotest.Fault {
						if n >= first && n < first+tries {
							return fault
						}
						return dynamotest.Through
					})
					v := newService(t, storeOn(t, table, wire))
					v.client = name // the messages of other subtests must not count

					v.init(t, "id", otp.Sent)                                       // requests 1, 2, 3
					right, wrong := v.code(t)                                       //
					if left := v.verify(t, "id", wrong, otp.Unmatched); left != 4 { // 4
						t.Errorf("%d attempts left after one", left)
					}
					v.verify(t, "id", right, otp.Passed) // 5
					if n := len(v.phone.codes); n != 1 {
						t.Errorf("%d messages, want 1", n)
					}
					if n := wire.Total(); n != 5+tries {
						t.Errorf("%d requests, want %d", n, 5+tries)
					}
				})
			}
		}
	}
}

// The same holds where the guard counts the message: in the two budgets of a new number, both of which must be made.
func TestFaultOfOneGuardedRequest(t *testing.T) {
	table := dynamotest.Table(t)
	for name, fault := range faults {
		for first := 1; first <= 7; first++ {
			for _, young := range []bool{true, false} {
				name := fmt.Sprintf("%s at request %d, young %v", name, first, young)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					wire := dynamotest.NewWire(func(n int, _ string) dynamotest.Fault {
						if n == first {
							return fault
						}
						return dynamotest.Through
					})
					v := newService(t, storeOn(t, table, wire))
					v.client = strings.NewReplacer(" ", "-", ",", "").Replace(name)
					n := guard.Numbers{Client: v.client, Region: "MY"}
					if !young {
						country := guard.Charge{Key: n.CountryKey(), Kind: guard.Country, Hour: thisHour, Base: 2000}
						keep(t, dynamotest.Client(t, nil), table, learned(country), 1)
					}
					start := v.asked("id")
					start.Region, start.Guard = "MY", guard.Policy{Mode: guard.Enforce, Young: 200, Shards: 1}
					for range 2 { // the second one is a repeat
						if got, err := v.Init(t.Context(), start); err != nil || got.Outcome != otp.Sent {
							t.Fatalf("%q %v", got.Outcome, err)
						}
					}
					counted := unanswered(t, storeOn(t, table, nil), n.CountryKey())
					if len(v.phone.codes) != 1 || counted != 1 && counted != 2 {
						t.Errorf("%d messages, and the country counts %d, want 1", len(v.phone.codes), counted)
					}
				})
			}
		}
	}
}

// A call whose tries all fail returns an error, which quotes nothing.
func TestFaultOfEveryTry(t *testing.T) {
	table := dynamotest.Table(t)
	for name, fault := range faults {
		for _, call := range calls {
			t.Run(name+" "+call.name, func(t *testing.T) {
				t.Parallel()
				wire := dynamotest.NewWire(dynamotest.Always(fault))
				err := call.do(t.Context(), storeOn(t, table, wire))
				if err == nil {
					t.Fatal("no error")
				}
				quiet(t, err)
				if n := wire.Total(); n != 3 {
					t.Errorf("%d requests, want 3", n)
				}
			})
		}
	}
}
