package guard

import (
	"cmp"
	"slices"
)

// Due is the credits of a batch for one entry.
type Due struct {
	Key     string
	Credits []Credit
	Usual   int // see [Entry.Credit]
	// Create: an entry is made if there is none. What is only for the operator makes none.
	Create  bool
	answers bool // not only what is for the operator
}

// Entry returns the entry for [Entry.Credit] where a store has none.
func (d Due) Entry() Entry { return Fresh(d.Key, KindOf(d.Key), 0) }

// mostRefused is the number of blocks of a batch on which refusals are counted: an attack goes to many.
const mostRefused = 8

// Countries returns what is due to the countries of a batch. They are credited first: what is due to other entries
// depends on them.
func Countries(credits []Credit) []Due {
	return due(credits, func(c Credit) bool { return KindOf(c.Key) == Country })
}

// Others returns what is due to other entries, by the entries of their countries after the credit.
func Others(credits []Credit, countries map[string]Entry) []Due {
	all := due(credits, func(c Credit) bool { return KindOf(c.Key) != Country })
	var answered, refused []Due
	for _, d := range all {
		if d.Usual = countries[d.Credits[0].Country].Usual; d.answers {
			answered = append(answered, d)
		} else {
			refused = append(refused, d)
		}
	}
	slices.SortStableFunc(refused, func(a, b Due) int { return len(b.Credits) - len(a.Credits) })
	return append(answered, refused[:min(len(refused), mostRefused)]...)
}

// due collects credits by entry, in the order of the keys.
func due(credits []Credit, of func(Credit) bool) []Due {
	byKey := map[string]*Due{}
	for _, c := range credits {
		if !of(c) {
			continue
		}
		d := byKey[c.Key]
		if d == nil {
			d = &Due{Key: c.Key}
			byKey[c.Key] = d
		}
		d.Credits = append(d.Credits, c)
		counts := c.Event != WasRefused && c.Event != WasWatched
		d.answers = d.answers || counts
		d.Create = d.Create || counts && c.Again == ""
	}
	all := make([]Due, 0, len(byKey))
	for _, d := range byKey {
		all = append(all, *d)
	}
	slices.SortFunc(all, func(a, b Due) int { return cmp.Compare(a.Key, b.Key) })
	return all
}
