package dynamostore_test

import (
	"fmt"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
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
