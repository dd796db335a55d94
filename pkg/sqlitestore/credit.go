package sqlitestore

import (
	"errors"

	"countersign/pkg/guard"
)

// credit gives credits to the budgets of the guard, inside a transaction.
func (s *Store) credit(credits []guard.Credit) error {
	countries := map[string]guard.Entry{}
	for _, d := range guard.Countries(credits) {
		e, err := s.creditOne(d)
		if err != nil {
			return err
		}
		countries[d.Key] = e
	}
	for _, d := range guard.Others(credits, countries) {
		if _, err := s.creditOne(d); err != nil {
			return err
		}
	}
	return nil
}

// creditOne gives the credits of one entry, and returns the entry. One that is damaged gets none: all that follows in
// the feed would wait for somebody who mends it.
func (s *Store) creditOne(d guard.Due) (guard.Entry, error) {
	h, err := s.held(d.Key)
	if errors.Is(err, guard.ErrDamaged) {
		return guard.Entry{}, nil
	}
	if err != nil || !h.there && !d.Create {
		return guard.Entry{}, err
	}
	if !h.there {
		h.Entry = d.Entry()
	}
	if h.Credit(d.Credits, d.Usual) {
		h.there, h.changed = true, true
	}
	return h.Entry, nil
}
