package dynamostore

import (
	"context"
	"fmt"
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
	// knowsNone and knows are of the sources from which right codes came.
	knowsNone = "attribute_not_exists(#known)"
	knows     = "contains(#known, :source)"
	// answering: fewer unanswered messages than those from which on a window applies.
	answering = "#unanswered < "
)

// Names of a spend, without and with those of the sources that are known.
var (
	spendNames      = names(counted + notCounted)
	spendNamesKnown = names(counted + notCounted + knows)
)

// Spend implements [otp.Ledgers].
func (s *Store) Spend(ctx context.Context, p otp.Spend) (otp.Spent, error) {
	id := text(p.ID)
	values := image{
		":sends": list(millis(p.Now)),
		":by":    list(id),
		":id":    id,
		":none":  list(),
		":zero":  zero,
		":one":   one,
		":ttl":   number(p.TTL),
	}
	if p.Limits.Uncounted {
		values[":one"] = zero
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
	case item == nil && len(p.Source) > 0: // no ledger knows no source
		return otp.Spent{Item: &otp.Ledger{Key: p.Key}}, nil
	case item == nil:
		return otp.Spent{}, noAnswer("spend")
	}
	n, err := readLedger(item)
	return otp.Spent{Item: n}, err
}

// spendWithin returns the expression for p's limits, with one clause for each window. It
// adds the values that the clauses compare with to values. A window of n sends has room if
// the n-th latest send is missing or at least as old as the window is long. This is
// [otp.Limits.Refusal] in DynamoDB's language.
func spendWithin(p otp.Spend, values image) (*expression, error) {
	var b strings.Builder
	b.Grow(len(notCounted) + 96*(len(p.Limits.Windows)+1))
	b.WriteString(notCounted)
	used := spendNames
	if len(p.Source) > 0 {
		b.WriteString(" AND " + knows)
		values[":source"], used = binary(p.Source), spendNamesKnown
	}
	for i, w := range p.Limits.Windows {
		if w.Sends < 1 {
			return nil, fmt.Errorf("spend: window %d allows %d sends, must be at least 1", i, w.Sends)
		}
		nth, before := "#sends["+strconv.Itoa(w.Sends-1)+"]", ":before"+strconv.Itoa(i)
		values[before] = millis(since(p.Now, w.In))
		b.WriteString(" AND (")
		if w.From > 0 {
			from := ":from" + strconv.Itoa(i)
			values[from] = number(int64(w.From))
			b.WriteString(answering + from + " OR ")
		}
		if w.Reserve {
			used = spendNamesKnown
			b.WriteString(knowsNone + " OR ")
		}
		b.WriteString("attribute_not_exists(" + nth + ") OR " + nth + " <= " + before + ")")
	}
	condition, update := b.String(), counted
	return &expression{update: &update, condition: &condition, names: used}, nil
}
