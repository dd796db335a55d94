package report

import (
	"cmp"
	"errors"
	"slices"

	"countersign/pkg/clients"
	"countersign/pkg/guard"
	"countersign/pkg/phone/plan"
)

// CheckCountry refuses a country that no number belongs to. None is all countries.
func CheckCountry(country string) error {
	switch country {
	case "", guard.Uncertain:
		return nil
	case clients.Everywhere:
		return errors.New("leave it out for all countries")
	}
	return plan.CheckCountries([]string{country})
}

// Subjects returns the clients of a report from their records. perMinute is the rate of a client whose record has none.
func Subjects(records []clients.Record, perMinute int) (all []Subject) {
	for _, r := range records {
		s := Subject{ID: r.ID, Guard: r.Guard, PerMinute: cmp.Or(r.PerMinute, perMinute), Countries: r.Countries}
		if slices.Contains(r.Countries, clients.Everywhere) {
			s.Countries = plan.Countries()
		}
		all = append(all, s)
	}
	return all
}

// WithDemo returns the records with that of the demo client of a local server, which has none in the store, unless an
// operator has added a client of its id.
func WithDemo(records []clients.Record, demo clients.Record) []clients.Record {
	if slices.ContainsFunc(records, func(r clients.Record) bool { return r.ID == demo.ID }) {
		return records
	}
	return append(records, demo)
}
