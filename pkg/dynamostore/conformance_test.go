package dynamostore_test

import (
	"flag"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp/storetest"
)

var races = flag.Int("races", 4, "challenges in the race for one right code; 20 makes the number of the promise")

func TestConformance(t *testing.T) {
	storetest.Run(t, storetest.Opener{
		Open: func(t testing.TB) storetest.Store { return dynamotest.Store(t, nil) },
		// Losses are on the wire, under the SDK's own repetitions.
		Lossy: func(t testing.TB, next func() storetest.Fate) storetest.Store {
			return dynamotest.Store(t, dynamotest.NewWire(func(int, string) dynamotest.Fault {
				return map[storetest.Fate]dynamotest.Fault{
					storetest.LostBefore: dynamotest.Lost,
					storetest.LostAfter:  dynamotest.AnswerLost,
				}[next()]
			}))
		},
		Races: *races,
	})
}
