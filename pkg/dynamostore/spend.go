package dynamostore

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

const (
	// counted puts the send in front, so that the k-th latest is always
	// sends[k-1] and a sliding window is one comparison.
	counted = "SET #sends = list_append(:sends, if_not_exists(#sends, :none)), " +
		"#by = list_append(:by, if_not_exists(#by, :none)), " +
		"#unanswered = if_not_exists(#unanswered, :zero) + :one, #ttl = :ttl"
	// notCounted: a request that the client repeats counts once.
	notCounted = "NOT contains(#by, :id)"
	// unpaused: the number has few unanswered messages, or none for as long as the pause.
	// A ledger whose sends were all refunded is not paused.
	unpaused = "(attribute_not_exists(#sends[0]) OR #unanswered < :unanswered OR #sends[0] <= :paused)"
)

// spendNames are the names of every spend, with any number of windows.
var spendNames = names(counted + notCounted + unpaused)

// Spend implements [otp.Ledgers].
func (s *Store) Spend(ctx context.Context, p otp.Spend) (otp.Spent, error) {
	id := text(p.ID)
	values := image{
		":sends":      list(millis(p.Now)),
		":by":         list(id),
		":id":         id,
		":none":       list(),
		":zero":       zero,
		":one":        one,
		":ttl":        number(p.TTL),
		":unanswered": number(int64(p.Limits.Unanswered)),
		":paused":     millis(since(p.Now, p.Limits.Pause)),
	}
	if p.Limits.Unanswered == 0 {
		values[":one"], values[":unanswered"] = zero, number(math.MaxInt32)
	}
	e, err := spendWithin(p, values)
	if err != nil {
		return otp.Spent{}, err
	}
	item, applied, err := s.update(ctx, p.Key, e, values, types.ReturnValueUpdatedNew)
	switch {
	case err != nil:
		return otp.Spent{}, err
	case applied:
		s.trim(ctx, p, item)
		return otp.Spent{Applied: true}, nil
	case item == nil:
		return otp.Spent{}, noAnswer("spend")
	}
	n, err := readLedger(item)
	return otp.Spent{Item: n}, err
}

// spendWithin returns the expression for p's limits, with one clause for each window. It
// adds the instants that the clauses compare with to values. A window of n sends has room
// if the n-th latest send is missing or at least as old as the window is long. This is
// [otp.Limits.Refusal] in DynamoDB's language.
func spendWithin(p otp.Spend, values image) (*expression, error) {
	var b strings.Builder
	b.Grow(len(notCounted) + len(unpaused) + 64*len(p.Limits.Windows) + 16)
	b.WriteString(notCounted + " AND " + unpaused)
	for i, w := range p.Limits.Windows {
		if w.Sends < 1 {
			return nil, fmt.Errorf("spend: window %d allows %d sends, must be at least 1", i, w.Sends)
		}
		nth, before := "#sends["+strconv.Itoa(w.Sends-1)+"]", ":before"+strconv.Itoa(i)
		b.WriteString(" AND (attribute_not_exists(" + nth + ") OR " + nth + " <= " + before + ")")
		values[before] = millis(since(p.Now, w.In))
	}
	condition, update := b.String(), counted
	return &expression{update: &update, condition: &condition, names: spendNames}, nil
}
