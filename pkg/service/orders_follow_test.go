package service_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/changes/stream"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore/sqlitetest"
)

func followSQLite(t *testing.T) followed {
	s := sqlitetest.New(t)
	return followed{
		Store: s,
		facts: func() []changes.Fact { return sqlitetest.Facts(t, s, 100) },
		sweep: func(_ string, now otp.Millis) { sqlitetest.Sweep(t, s, now) },
	}
}

func followDynamoDB(t *testing.T) followed {
	client, table := dynamotest.Client(t, nil), dynamotest.StreamTable(t)
	return followed{
		Store: dynamostore.New(client, table),
		facts: func() []changes.Fact {
			f := &facts{}
			h := stream.Handler{
				Consumer: changes.Consumer{Numbers: f, Events: f}, Now: time.Now,
				Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			}
			if _, err := h.Handle(t.Context(), stream.Batch{Records: dynamotest.Records(t, table)}); err != nil {
				t.Fatal(err)
			}
			return f.all
		},
		sweep: func(key string, _ otp.Millis) { // as TTL deletion does, for which no test can wait
			_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
				TableName: &table, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: key}},
			})
			if err != nil {
				t.Fatal(err)
			}
		},
	}
}

// facts keeps the facts that it gets.
type facts struct{ all []changes.Fact }

func (f *facts) Publish(_ context.Context, facts []changes.Fact) (int, error) {
	f.all = append(f.all, facts...)
	return len(facts), nil
}

func (f *facts) Answered(context.Context, otp.Answer) error { return nil }

// compare compares the facts of all orders with what was reported and counted.
func (s *street) compare(all []changes.Fact) {
	numbers, seen := map[string]int{}, map[string]bool{}
	for n := range s.messages {
		numbers[messageIDOf(s.t, s.stub, n, s.clock.Now())] = n
	}
	sent, passed, had := map[int]bool{}, 0, make([]map[otp.MessageState]bool, len(s.messages))
	for _, f := range all {
		if seen[f.ID] {
			s.t.Errorf("the fact %s %s comes twice", f.Kind, f.ID)
		}
		seen[f.ID] = true
		n, known := numbers[f.MessageID]
		switch {
		case f.Kind == changes.Passed:
			passed++
		case f.Kind == changes.Sent && known:
			sent[n] = true
		case f.State != "" && known:
			if had[n] == nil {
				had[n] = map[otp.MessageState]bool{}
			}
			had[n][f.State] = true
		case f.State != "" || f.Kind == changes.Sent:
			s.t.Errorf("a fact of no message: %+v", f)
		}
	}
	changestest.Valid(s.t, all...)
	if passed != s.passed {
		s.t.Errorf("%d codes passed, and %d facts say so", s.passed, passed)
	}
	for n, m := range s.messages {
		if sent[n] != m.accepted {
			s.t.Errorf("message %d: accepted %v, and its fact %v", n, m.accepted, sent[n])
		}
		s.compareStates(n, m, had[n])
	}
}

// compareStates compares the states of a message: those that it surely had, those that were counted, and its facts.
func (s *street) compareStates(n int, m *message, had map[otp.MessageState]bool) {
	for _, state := range states {
		if had[state] != (m.counted[state] == 1) || m.counted[state] > 1 {
			s.t.Errorf("message %d: %s is counted %d times, and its fact %v", n, state, m.counted[state], had[state])
		}
		if m.must[state] && !had[state] || had[state] && !m.reported[state] {
			text, _ := json.Marshal(m.reported)
			s.t.Errorf("message %d: fact of %s %v, reported %s", n, state, had[state], text)
		}
	}
}
