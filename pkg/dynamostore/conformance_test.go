package dynamostore_test

import (
	"context"
	"flag"
	"testing"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
	"countersign/pkg/otp/storetest"
)

var races = flag.Int("races", 4, "challenges in the race for one right code; the promise names 20")

func TestConformance(t *testing.T) {
	t.Parallel() // with TestDocuments: each waits for the engine most of the time
	storetest.Run(t, storetest.Opener{
		Open: func(t testing.TB) storetest.Store { return dynamotest.Store(t, nil) },
		// The wire loses requests below the SDK, which repeats them.
		Lossy: func(t testing.TB, next func() storetest.Fate) storetest.Store {
			return dynamotest.Store(t, dynamotest.NewWire(func(int, string) dynamotest.Fault {
				return map[storetest.Fate]dynamotest.Fault{
					storetest.LostBefore: dynamotest.Lost,
					storetest.LostAfter:  dynamotest.AnswerLost,
				}[next()]
			}))
		},
		Credit: func(s storetest.Store, credits ...guard.Credit) error {
			return storetest.Undecorated(s).(*dynamostore.Store).Credit(context.Background(), credits)
		},
		Races: *races,
	})
}
