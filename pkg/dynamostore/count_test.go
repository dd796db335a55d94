package dynamostore_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/dynamostore/dynamotest"
)

func TestCounters(t *testing.T) {
	changestest.Counters(t, func(t testing.TB) changes.Counters { return dynamotest.Store(t, nil) })
}

// Whatever happens to a request, and however often, each fact counts once.
func TestCountFaults(t *testing.T) {
	table := dynamotest.Table(t)
	for name, fault := range faults {
		for tries := 1; tries <= 4; tries++ {
			for first := 1; first <= 2; first++ { // of the two transactions
				t.Run(fmt.Sprintf("%s %d times from request %d", name, tries, first), func(t *testing.T) {
					t.Parallel()
					key := "S#" + t.Name()
					var facts []changes.Count
					for i := range 60 {
						facts = append(facts, changes.Count{ID: fmt.Sprint(t.Name(), i), What: "sent", Keys: []string{key, fmt.Sprint(key, i)}, TTL: trafficTTL})
					}
					wire := dynamotest.NewWire(func(n int, _ string) dynamotest.Fault {
						if n >= first && n < first+tries {
							return fault
						}
						return dynamotest.Through
					})
					s, done := storeOn(t, table, wire), 0
					for done < len(facts) { // as the stream does
						n, err := s.Count(t.Context(), facts[done:])
						if done += n; err != nil {
							quiet(t, err)
						} else if done != len(facts) {
							t.Fatalf("%d of %d done and no error", done, len(facts))
						}
					}
					if got, err := s.Tally(t.Context(), key); err != nil || got["sent"] != 60 {
						t.Errorf("counted %v, %v, want 60", got, err)
					}
				})
			}
		}
	}
}

// A batch is as few transactions as a hundred items each make.
func TestCountRequests(t *testing.T) {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := dynamotest.Store(t, wire)
	for _, test := range []struct {
		name               string
		facts, each, wants int
	}{
		{"one", 1, 3, 1}, {"97 on the same counters", 97, 0, 1}, {"98", 98, 0, 2}, {"25 on their own", 25, 3, 1}, {"26", 26, 3, 2},
	} {
		var facts []changes.Count
		for i := range test.facts {
			f := changes.Count{ID: fmt.Sprint(test.name, i), What: "sent", Keys: []string{"S#a", "S#b", "S#c"}, TTL: trafficTTL}
			if test.each > 0 {
				f.Keys = []string{fmt.Sprint("S#a", i), fmt.Sprint("S#b", i), fmt.Sprint("S#c", i)}
			}
			facts = append(facts, f)
		}
		wire.Follow(dynamotest.Always(dynamotest.Through))
		if done, err := s.Count(t.Context(), facts); done != test.facts || err != nil {
			t.Fatal(done, err)
		}
		if got := wire.Counts(); got["TransactWriteItems"] != test.wants || wire.Total() != test.wants {
			t.Errorf("%s took %v, want %d transactions", test.name, got, test.wants)
		}
	}
}

// What a cancelled transaction says decides whether it is tried again.
func TestCountCancelled(t *testing.T) {
	cancelled := func(reasons string) http.RoundTripper {
		return answering{http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"canary","CancellationReasons":[` + reasons + `]}`}
	}
	for name, test := range map[string]struct {
		reasons string
		want    int
	}{
		"conflict":  {`{"Code":"None"},{"Code":"TransactionConflict","Message":"canary"}`, 8},
		"throttled": {`{"Code":"ThrottlingError"},{"Code":"None"}`, 8},
		"invalid":   {`{"Code":"ValidationError","Message":"canary"},{"Code":"None"}`, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
			wire.Next = cancelled(test.reasons)
			start := time.Now()
			done, err := stubbed(t, wire).Count(t.Context(), []changes.Count{{ID: "canary", What: "sent", Keys: []string{"S#canary"}}})
			if took := time.Since(start); done != 0 || err == nil || wire.Total() != test.want || took > budget {
				t.Fatalf("%s: %d done, %v after %d requests and %v, want %d", name, done, err, wire.Total(), took, test.want)
			}
			quiet(t, err)
		})
	}
}

// Counters and the memory of facts go when their time is over.
func TestCountTTL(t *testing.T) {
	table := dynamotest.Table(t)
	s := storeOn(t, table, nil)
	for _, f := range []changes.Count{
		{ID: "1", What: "sent", Keys: []string{"S#a"}, TTL: trafficTTL},
		{ID: "2", What: "sent", Keys: []string{"S#a"}, TTL: trafficTTL + 5},
	} {
		if _, err := s.Count(t.Context(), []changes.Count{f}); err != nil {
			t.Fatal(err)
		}
	}
	client := dynamotest.Client(t, nil)
	for key, want := range map[string]int64{"S#a": trafficTTL + 5, "S#!1": trafficTTL, "S#!2": trafficTTL + 5} {
		if got := ttlOf(t, client, table, key); got != fmt.Sprint(want) {
			t.Errorf("the ttl of %s is %s, want %d", key, got, want)
		}
	}
}

func ttlOf(t testing.TB, client *dynamodb.Client, table, key string) string {
	t.Helper()
	n, _ := item(t, client, table, key)["ttl"].(*types.AttributeValueMemberN)
	if n == nil {
		return "missing"
	}
	return n.Value
}
