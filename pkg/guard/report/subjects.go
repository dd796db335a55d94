package report

import (
	"cmp"
	"slices"

	"countersign/pkg/clients"
	"countersign/pkg/phone/plan"
)

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
