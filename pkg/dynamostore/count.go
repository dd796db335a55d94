package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithytime "github.com/aws/smithy-go/time"

	"countersign/pkg/changes"
)

var _ changes.Counters = (*Store)(nil)

// seen is what the keys of the items begin with that remember facts: no counter's
// does, since those go on with a date.
const seen = "S#!"

// maxItems is how many items one transaction may write.
const maxItems = 100

// countTries bounds how often one transaction is tried: against others on the same
// counters, and without the facts that turn out to be counted.
const (
	countTries   = 8
	longestPause = 400 * time.Millisecond
)

// Count implements [changes.Counters]. Facts go by transactions of up to a hundred
// items: one that remembers each fact, put only where it is not there yet, and each
// counter once however many of the facts count in it. All of it applies or nothing
// does, so there is no moment at which a fact is remembered and not counted.
//
// A fact that comes alone costs one item to remember it and up to three counters,
// each two units, as all writes in transactions; a hundred that come together cost
// not much more than two units each. It is the price of exactness: a counter that
// remembered the latest facts itself would be one plain write, and would count
// again what comes again after more facts than it remembers.
func (s *Store) Count(ctx context.Context, facts []changes.Count) (done int, err error) {
	for done < len(facts) {
		n := fits(facts[done:])
		if err := s.countTogether(ctx, facts[done:done+n]); err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// fits returns how many of the facts, from the first on, go into one transaction.
func fits(facts []changes.Count) int {
	counters, ids := map[string]bool{}, map[string]bool{}
	for n, f := range facts {
		ids[f.ID] = true
		for _, key := range f.Keys {
			counters[key] = true
		}
		if len(ids)+len(counters) > maxItems {
			return n
		}
	}
	return len(facts)
}

func (s *Store) countTogether(ctx context.Context, facts []changes.Count) error {
	facts = slices.Clone(facts)
	var wait time.Duration
	for range countTries {
		if err := smithytime.SleepWithContext(ctx, wait); err != nil {
			return fmt.Errorf("count: %w", err)
		}
		facts = distinct(facts)
		if len(facts) == 0 {
			return nil
		}
		_, err := s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: s.transaction(facts)})
		if err == nil {
			return nil
		}
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) {
			return Describe("TransactWriteItems", *s.table, err)
		}
		var known bool
		if facts, known = without(facts, cancelled.CancellationReasons); !known && !passing(cancelled.CancellationReasons) {
			return Describe("TransactWriteItems", *s.table, err)
		}
		if wait = min(max(firstPause, 2*wait), longestPause); known {
			wait = 0
		}
	}
	return fmt.Errorf("count: other transactions came between %d times", countTries)
}

// distinct drops facts that are there twice.
func distinct(facts []changes.Count) []changes.Count {
	ids := map[string]bool{}
	return slices.DeleteFunc(facts, func(f changes.Count) bool {
		again := ids[f.ID]
		ids[f.ID] = true
		return again
	})
}

// transaction spells the writes: one for each fact, in their order, then the
// counters.
func (s *Store) transaction(facts []changes.Count) []types.TransactWriteItem {
	items := make([]types.TransactWriteItem, 0, maxItems)
	sums, order := map[string]*sum{}, []string{}
	for _, f := range facts {
		items = append(items, types.TransactWriteItem{Put: &types.Put{
			TableName:                s.table,
			Item:                     image{"pk": text(seen + f.ID), "ttl": number(f.TTL)},
			ConditionExpression:      unseen.condition,
			ExpressionAttributeNames: unseen.names,
		}})
		for _, key := range f.Keys {
			if sums[key] == nil {
				sums[key], order = &sum{of: map[string]int64{}}, append(order, key)
			}
			sums[key].of[f.What]++
			sums[key].ttl = max(sums[key].ttl, f.TTL)
		}
	}
	for _, key := range order {
		items = append(items, types.TransactWriteItem{Update: sums[key].update(s.table, key)})
	}
	return items
}

var unseen = when("", noItem)

// sum is what is added to one counter.
type sum struct {
	of  map[string]int64
	ttl int64
}

func (s *sum) update(table *string, key string) *types.Update {
	expression, names, values := "SET #ttl = :ttl ADD ", map[string]string{"#ttl": "ttl"}, image{":ttl": number(s.ttl)}
	comma := ""
	for what, n := range s.of {
		expression += comma + "#" + what + " :" + what
		names["#"+what], values[":"+what] = what, number(n)
		comma = ", "
	}
	return &types.Update{
		TableName: table, Key: image{"pk": text(key)}, UpdateExpression: aws.String(expression),
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	}
}

// without drops the facts that were remembered, and reports whether there were any.
func without(facts []changes.Count, why []types.CancellationReason) (rest []changes.Count, known bool) {
	for n, f := range facts {
		if n < len(why) && aws.ToString(why[n].Code) == "ConditionalCheckFailed" {
			known = true
		} else {
			rest = append(rest, f)
		}
	}
	return rest, known
}

// passing reports whether a transaction may go through the next time.
func passing(why []types.CancellationReason) bool {
	for _, reason := range why {
		switch aws.ToString(reason.Code) {
		case "", "None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
		default:
			return false
		}
	}
	return true
}

// Tally implements [changes.Counters]. It reads consistently.
func (s *Store) Tally(ctx context.Context, key string) (map[string]int64, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: s.table, Key: image{"pk": text(key)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, Describe("GetItem", *s.table, err)
	}
	if len(out.Item) == 0 {
		return nil, nil
	}
	r, tally := reader{kind: "counter", item: out.Item}, map[string]int64{}
	for name := range out.Item {
		if name != "pk" && name != "ttl" {
			tally[name] = r.number(name)
		}
	}
	return tally, r.err
}
