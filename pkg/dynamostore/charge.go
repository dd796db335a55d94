package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/guard"
)

// slots is the number of hours of an entry.
const slots = int64(len(guard.Entry{}.Unanswered))

// hundred is the room of one message.
var hundred = number(100)

// slot returns the name of the unanswered messages of an hour.
func slot(hour int64) string { return "#u[" + strconv.Itoa(guard.Slot(hour)) + "]" }

const (
	// ofHour: the counts of the entry have the hour of the message.
	ofHour = "#hour BETWEEN :hour AND :until"
	// unrevised: no other write changed the entry.
	unrevised = "#rev = :rev"
)

var (
	putNew  = when("", noItem)
	putOver = when("", unrevised)
)

// chargeTries is how often a charge looks at an entry that other calls change. Nearly all of their changes are charges,
// which get in each other's way only where the entry has to be made or brought to its hour.
const chargeTries = 10

// Charge implements [guard.Budgets]. The entry is read first: a block or a source mostly has its first message of the
// hour, and an entry without room costs no write.
func (s *Store) Charge(ctx context.Context, c guard.Charge) (guard.Entry, bool, error) {
	stored, err := s.batch(ctx, []string{c.Key})
	if err != nil {
		return guard.Entry{}, false, err
	}
	before, err := entryOf(c, stored[c.Key])
	if err != nil {
		return guard.Entry{}, false, err
	}
	return s.charge(ctx, c, before)
}

// entryOf returns the entry that c finds, a fresh one where there is no item.
func entryOf(c guard.Charge, item image) (guard.Entry, error) {
	if item == nil {
		return guard.Fresh(c.Key, c.Kind, c.Hour), nil
	}
	return ReadEntry(item)
}

// charge is Charge with the entry as it was read a moment ago. A write that finds it changed returns it as it is.
func (s *Store) charge(ctx context.Context, c guard.Charge, before guard.Entry) (guard.Entry, bool, error) {
	for range chargeTries {
		after := before
		if !after.Take(c) {
			return after, false, nil
		}
		item, applied, err := s.take(ctx, c, before, after)
		if err == nil {
			before, err = entryOf(c, item)
		}
		if err != nil || applied {
			return before, applied, err
		}
	}
	return guard.Entry{}, false, errors.New("charge: a budget of the guard changed again and again")
}

// take writes the charge that makes after of before. If the write is applied, item is the entry after it.
func (s *Store) take(
	ctx context.Context, c guard.Charge, before, after guard.Entry,
) (item image, applied bool, err error) {
	asBefore := before.TTL != 0 && before.Current(c) &&
		(before.Label == nil) == (after.Label == nil) && slices.Equal(before.Regions, after.Regions)
	if asBefore {
		e, values := charging(c, before.Regions)
		return s.update(ctx, c.Key, e, values, types.ReturnValueAllNew)
	}
	e, values := putNew, image(nil)
	if before.Rev > 0 {
		e, values = putOver, image{":rev": number(before.Rev)}
	}
	after.Rev = before.Rev + 1
	now := writeEntry(after)
	old, applied, err := s.put(ctx, now, e, values)
	if applied {
		return now, true, nil
	}
	return old, false, err
}

// charging returns the update for an entry that is current, see [guard.Entry.Current], and that of a source for one
// with these regions. It is what [guard.Entry.Take] does there.
func charging(c guard.Charge, regions []string) (*expression, image) {
	update := "SET #left = #left - :hundred, #rev = #rev + :one, " + slot(c.Hour) + " = " + slot(c.Hour) + " + :one"
	clauses, values := []string{ofHour}, image{
		":hundred": hundred, ":one": one, ":hour": number(c.Hour), ":until": number(c.Hour + slots - 1),
	}
	only := func(clause, name string, value types.AttributeValue) {
		clauses, values[name] = append(clauses, clause), value
	}
	same := func(attribute string, missing bool, value types.AttributeValue) {
		if missing {
			clauses = append(clauses, "attribute_not_exists(#"+attribute+")")
			return
		}
		only("#"+attribute+" = :"+attribute, ":"+attribute, value)
	}
	switch c.Kind {
	case guard.Block:
		same("usual", c.Usual == 0, number(int64(c.Usual)))
	case guard.Source:
		same("regions", len(regions) == 0, listOf(regions, text))
	default:
		same("base", c.Base == 0, number(int64(c.Base)))
	}
	switch {
	case c.Beyond > 0:
		update += ", #beyond = #beyond + :one"
		only("#beyond < :beyond", ":beyond", number(int64(c.Beyond)))
	case !c.Force:
		clauses = append(clauses, "#left >= :hundred")
	}
	return when(update, clauses...), values
}

// Uncharge implements [guard.Budgets]. The client does not repeat it.
func (s *Store) Uncharge(ctx context.Context, c guard.Charged) error {
	e := when("SET #left = #left + :hundred, #rev = #rev + :one, "+slot(c.Hour)+" = "+slot(c.Hour)+" - :one",
		ofHour, slot(c.Hour)+" > :zero")
	_, _, err := s.update(ctx, c.Key, e, image{
		":hundred": hundred, ":one": one, ":zero": zero,
		":hour": number(c.Hour), ":until": number(c.Hour + slots - 1),
	}, types.ReturnValueNone, once)
	return err // if it is refused, the message does not count any more
}

// once makes a call that the client does not repeat.
func once(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

// uncharge gives several messages back.
func (s *Store) uncharge(ctx context.Context, charged []guard.Charged) (err error) {
	for _, c := range charged {
		if failed := s.Uncharge(ctx, c); failed != nil {
			err = errors.Join(err, fmt.Errorf("give a message of the guard back: %w", failed))
		}
	}
	return err
}
