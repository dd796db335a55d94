package dynamostore_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
)

// BenchmarkAttempt measures the cost of an attempt in this process, nearly all of it the SDK's.
func BenchmarkAttempt(b *testing.B) {
	s := stubbed(b, refusing(""))
	g := otp.Guess{Key: canary.Key, AuthID: canary.AuthID, KeyVersion: 1, Digest: canary.Code, Op: "op", Now: now}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Attempt(b.Context(), g); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSpend(b *testing.B) {
	s := stubbed(b, answering{http.StatusOK, `{"Attributes":{"sends":{"L":[{"N":"1"}]}}}`})
	p := spend(canary.LedgerKey, "send", now)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Spend(b.Context(), p); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEngine measures the engine's writes a second, on which the time of the other tests
// depends. DynamoDB is faster.
func BenchmarkEngine(b *testing.B) {
	s := dynamotest.Store(b, nil)
	var n atomic.Int64
	start := time.Now()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c := challenge(fmt.Sprint(n.Add(1)))
			if w, err := s.Reserve(b.Context(), c, nil, now); err != nil || !w.Applied {
				b.Error(w.Applied, err)
				return
			}
		}
	})
	b.ReportMetric(float64(n.Load())/time.Since(start).Seconds(), "writes/s")
}
