package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/guard"
)

// creditTries is far more than the batches of different shards that are credited to one entry at the same time, since
// a batch that finds the entry changed by others again and again comes again as a whole. Charges do not keep a credit
// from an entry, unless it has to be made or brought to another hour, which one of them does.
const creditTries = 64

// creditsAtOnce is the number of entries that are credited at the same time.
const creditsAtOnce = 8

// Credit implements Credits of package changes, which only one function links. For each entry it is one read, and one
// write unless the entry has the credits. The reads are eventual ones: a write that is refused returns the entry as it
// is. The write marks the credits, so a repeat of it, or of the batch, is recognised. Credits without a record's number
// are left out: nothing would show that they come again.
func (s *Store) Credit(ctx context.Context, credits []guard.Credit) error {
	numbered := slices.DeleteFunc(slices.Clone(credits), func(c guard.Credit) bool {
		return c.From == "" || c.Record == ""
	})
	countries, err := s.creditAll(ctx, guard.Countries(numbered))
	if err != nil {
		return err
	}
	_, err = s.creditAll(ctx, guard.Others(numbered, countries))
	return err
}

// creditAll gives the credits of several entries, and returns the entries by their keys. An entry that fails does not
// keep others from theirs. One that is damaged gets none: no repeat of the batch mends it, and all that follows in the
// stream would wait for somebody who does.
func (s *Store) creditAll(ctx context.Context, all []guard.Due) (map[string]guard.Entry, error) {
	keys := make([]string, len(all))
	for i, d := range all {
		keys[i] = d.Key
	}
	stored, err := s.batch(ctx, keys)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex // of what follows
	entries, failed := map[string]guard.Entry{}, 0
	var wait sync.WaitGroup
	turns := make(chan struct{}, creditsAtOnce)
	for _, d := range all {
		turns <- struct{}{}
		wait.Go(func() {
			defer func() { <-turns }()
			e, failure := s.creditOne(ctx, d, stored[d.Key])
			if errors.Is(failure, guard.ErrDamaged) {
				failure = nil
			}
			mu.Lock()
			defer mu.Unlock()
			if entries[d.Key] = e; failure != nil {
				err, failed = cmp.Or(err, failure), failed+1
			}
		})
	}
	if wait.Wait(); err != nil {
		return nil, fmt.Errorf("%d of %d budgets: %w", failed, len(all), err)
	}
	return entries, nil
}

// creditOne gives the credits of one entry, and returns the entry. item is what it was a moment ago, or nothing.
func (s *Store) creditOne(ctx context.Context, d guard.Due, item image) (guard.Entry, error) {
	for range creditTries {
		var before guard.Entry
		if item != nil {
			var err error
			if before, err = ReadEntry(item); err != nil {
				return guard.Entry{}, err
			}
		}
		switch {
		case before.Rev == 0 && !d.Create:
			return guard.Entry{}, nil
		case before.Rev == 0:
			before = d.Entry()
		}
		after := before
		if !after.Credit(d.Credits, d.Usual) {
			return after, nil
		}
		present, applied, err := s.credit(ctx, before, after)
		if err != nil || applied {
			return after, err
		}
		item = present // nil if it was swept
	}
	return guard.Entry{}, errors.New("credit: a budget of the guard changed again and again")
}

// credit writes the credit that makes after of before. If it is not applied, item is the present one.
func (s *Store) credit(ctx context.Context, before, after guard.Entry) (item image, applied bool, err error) {
	switch {
	case before.Rev == 0:
		after.Rev = 1
		return s.put(ctx, writeEntry(after), putNew, nil)
	case after.Hour != before.Hour:
		after.Rev++
		return s.put(ctx, writeEntry(after), putOver, image{":rev": number(before.Rev)})
	}
	e, values := crediting(before, after)
	return s.update(ctx, after.Key, e, values, types.ReturnValueNone)
}

// crediting returns the update that adds to the entry what after has more than before. Charges may change the entry
// meanwhile. The condition holds what the amounts depend on, and what else it changes: only a credit, a later hour and
// a source's message to a further country do so too.
func crediting(before, after guard.Entry) (*expression, image) {
	a := addition{
		update: "SET #rev = #rev + :one, #left = #left + :left, #seen = :seen", clauses: []string{"#hour = :hour"},
		values: image{
			":one": one, ":left": number(int64(after.Left - before.Left)), ":seen": seen(after.Seen),
			":hour": number(before.Hour),
		},
	}
	a.counts("u", before.Unanswered[:], after.Unanswered[:])
	a.counts("a", before.Answered[:], after.Answered[:])
	a.counts("k", before.Known[:], after.Known[:])
	a.counts("r", before.Refused[:], after.Refused[:])
	if after.AnsweredAt != before.AnsweredAt {
		a.set("at", number(after.AnsweredAt))
	}
	if after.Since != before.Since {
		a.set("since", number(after.Since))
	}
	if len(after.Worst) > 0 {
		a.set("worst", listOf(after.Worst, binary))
	}
	a.still("usual", before.Usual != 0, number(int64(before.Usual)))
	a.still("seen", len(before.Seen) > 0, seen(before.Seen))
	if len(before.Regions) > len(after.Regions) {
		a.update += " REMOVE #regions"
		a.still("regions", true, listOf(before.Regions, text))
	}
	return when(a.update, a.clauses...), a.values
}

// addition is an update of an entry and its condition.
type addition struct {
	update  string
	clauses []string
	values  image
}

// counts adds to the counts of hours. None becomes negative.
func (a *addition) counts(name string, before, after []int) {
	for i, n := range after {
		more := int64(n - before[i])
		if more == 0 {
			continue
		}
		slot, value := "#"+name+"["+strconv.Itoa(i)+"]", ":"+name+strconv.Itoa(i)
		a.update += ", " + slot + " = " + slot + " + " + value
		a.values[value] = number(more)
		if more < 0 {
			a.clauses = append(a.clauses, slot+" >= "+value+"less")
			a.values[value+"less"] = number(-more)
		}
	}
}

func (a *addition) set(name string, v types.AttributeValue) {
	a.update += ", #" + name + " = :" + name
	a.values[":"+name] = v
}

// still demands that an attribute is as it was.
func (a *addition) still(name string, there bool, v types.AttributeValue) {
	if !there {
		a.clauses = append(a.clauses, "attribute_not_exists(#"+name+")")
		return
	}
	a.clauses = append(a.clauses, "#"+name+" = :was"+name)
	a.values[":was"+name] = v
}
