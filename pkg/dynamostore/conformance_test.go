package dynamostore_test

import (
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp/storetest"
)

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
		Races: 20,
	})
}
