package dynamostore_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/dynamostore/dynamotest"
)

// budget is the time limit of one call. An init makes three calls and one to the sender,
// and answers within 9 s.
const budget = 2400 * time.Millisecond

// A call ends also if the table never answers (P18). Time is virtual.
func TestHangingTable(t *testing.T) {
	for name, fault := range map[string]dynamotest.Fault{
		"no answer":             dynamotest.Hung,
		"an answer without end": dynamotest.AnswerHung,
	} {
		for _, call := range calls {
			t.Run(name+" to "+call.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					wire := dynamotest.NewWire(dynamotest.Always(fault))
					wire.Next = answering{http.StatusOK, `{"Attributes":{}}`}
					start := time.Now()
					err := call.do(t.Context(), stubbed(t, wire))
					if err == nil {
						t.Fatal("no error")
					}
					quiet(t, err)
					if took := time.Since(start); took > budget {
						t.Errorf("took %v, more than %v", took, budget)
					}
					if n := wire.Total(); n != 3 {
						t.Errorf("%d tries, want 3: one slow answer must not cost the call", n)
					}
				})
			})
		}
	}
}

// A call ends at once when its caller gives up.
func TestCallerGivesUp(t *testing.T) {
	for _, call := range calls {
		t.Run(call.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				defer cancel()
				start := time.Now()
				err := call.do(ctx, stubbed(t, dynamotest.NewWire(dynamotest.Always(dynamotest.Hung))))
				if took := time.Since(start); err == nil || took > time.Millisecond {
					t.Errorf("error %v after %v", err, took)
				}
			})
		})
	}
}

// If the table hangs while a trim drops old sends, the spend still returns in time and the
// send is counted.
func TestHangingTrim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sends, by []string
		for n := range 22 {
			sends, by = append(sends, fmt.Sprintf(`{"N":"%d"}`, n)), append(by, fmt.Sprintf(`{"S":"%d"}`, n))
		}
		wire := dynamotest.NewWire(func(n int, _ string) dynamotest.Fault {
			if n == 1 {
				return dynamotest.Through
			}
			return dynamotest.Hung
		})
		wire.Next = answering{http.StatusOK, fmt.Sprintf(`{"Attributes":{"sends":{"L":[%s]},"by":{"L":[%s]}}}`,
			strings.Join(sends, ","), strings.Join(by, ","))}
		start := time.Now()
		got, err := stubbed(t, wire).Spend(t.Context(), spend("N#1", "a", now))
		if err != nil || !got.Applied {
			t.Errorf("applied %v, %v", got.Applied, err)
		}
		if took := time.Since(start); took > budget/4 {
			t.Errorf("took %v", took)
		}
		if n := wire.Total(); n != 2 {
			t.Errorf("%d requests, want a spend and a trim", n)
		}
	})
}
