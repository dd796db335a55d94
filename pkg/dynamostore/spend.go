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
	// onlyKnown: a code passed for the number in the last 180 days.
	onlyKnown = "#answered > :known"
	// older sets what an older ledger has.
	older = ", #answered = :answered"
	// fewerUnanswered: than those from which on a window applies.
	fewerUnanswered = "#unanswered < "
)

// Names of a spend, without and with those of the sources that are known, and of the time of the latest answer.
var spendNames = map[struct{ known, answered bool }]map[string]string{
	{false, false}: names(counted + notCounted),
	{true, false}:  names(counted + notCounted + knows),
	{false, true}:  names(counted + notCounted + onlyKnown),
	{true, true}:   names(counted + notCounted + knows + onlyKnown),
}

// Spend implements [otp.Ledgers].
func (s *Store) Spend(ctx context.Context, p otp.Spend) (otp.Spent, error) {
	if p.Guard != nil {
		return s.spendGuarded(ctx, p)
	}
	w, err := spending(p, false)
	if err != nil {
		return otp.Spent{}, err
	}
	n, applied, err := s.spend(ctx, p, w)
	if err != nil || applied {
		return otp.Spent{Applied: applied}, err
	}
	return otp.Spent{Item: n}, nil
}

// spendWrite is the write that counts a send in its ledger.
type spendWrite struct {
	*expression
	values image
	known  bool // IF the number is known
}

// spending returns the write for a send, if known one that is refused unless the number is known.
func spending(p otp.Spend, known bool) (spendWrite, error) {
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
	e, err := spendWithin(p, known, values)
	return spendWrite{e, values, known}, err
}

// spend counts the send in the ledger. It returns the ledger that refused it, and with p.Guard the one after the write.
func (s *Store) spend(ctx context.Context, p otp.Spend, w spendWrite) (n *otp.Ledger, applied bool, err error) {
	returns := types.ReturnValueUpdatedNew
	if p.Guard != nil {
		returns = types.ReturnValueAllNew
	}
	item, applied, err := s.update(ctx, p.Key, w.expression, w.values, returns)
	switch {
	case err != nil:
		return nil, false, err
	case applied && p.Guard == nil:
		s.trim(ctx, p, item)
		return nil, true, nil
	case item == nil && (w.known || len(p.Source) > 0): // no ledger knows no source, and has no answer
		return &otp.Ledger{Key: p.Key}, false, nil
	case item == nil:
		return nil, false, noAnswer("spend")
	}
	n, err = readLedger(item)
	return n, applied, err
}

// spendWithin returns the expression for p's limits, with one clause for each window. It
// adds the values that the clauses compare with to values.
// With known, the number must be known, too. A window of n sends has room if
// the n-th latest send is missing or at least as old as the window is long. This is
// [otp.Limits.Refusal] in DynamoDB's language.
func spendWithin(p otp.Spend, known bool, values image) (*expression, error) {
	var b strings.Builder
	b.Grow(len(notCounted) + 96*(len(p.Limits.Windows)+1))
	b.WriteString(notCounted)
	var used struct{ known, answered bool }
	update := counted
	if p.Answered != 0 {
		update, values[":answered"], used.answered = counted+older, millis(p.Answered), true
	}
	if known {
		b.WriteString(" AND " + onlyKnown)
		values[":known"], used.answered = millis(p.KnownSince), true
	}
	if len(p.Source) > 0 {
		b.WriteString(" AND " + knows)
		values[":source"], used.known = binary(p.Source), true
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
			b.WriteString(fewerUnanswered + from + " OR ")
		}
		if w.Reserve {
			used.known = true
			b.WriteString(knowsNone + " OR ")
		}
		b.WriteString("attribute_not_exists(" + nth + ") OR " + nth + " <= " + before + ")")
	}
	condition := b.String()
	return &expression{update: &update, condition: &condition, names: spendNames[used]}, nil
}
