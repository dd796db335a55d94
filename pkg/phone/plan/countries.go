package plan

import (
	"fmt"
	"slices"
)

// CheckCountries returns an error for the first entry of a list that no phone number
// belongs to, such as "UK": a client that may send to such a country only never sends
// anything. Valid entries are the regions that [Lookup] returns, which are the codes of
// ISO 3166-1 with phone numbers and a few such as "XK", and "*" for all.
func CheckCountries(list []string) error {
	for _, s := range list {
		switch {
		case s == "*", country(s) != "" && slices.ContainsFunc(codes, func(c code) bool { return c.has(s) }):
		case s == "UK":
			return fmt.Errorf(`%q is no ISO 3166-1 code: the United Kingdom is "GB"`, s)
		default:
			return fmt.Errorf(`%q has no phone numbers, if it is a country at all: `+
				`give upper-case ISO 3166-1 codes such as "MY", or "*" for all`, s)
		}
	}
	return nil
}

func (c *code) has(id string) bool {
	return slices.ContainsFunc(c.regions, func(r region) bool { return r.id == id })
}

// Countries returns all countries that phone numbers belong to, in alphabetical order: see [CheckCountries].
func Countries() (all []string) {
	for i := range codes {
		all = append(all, codes[i].countries()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
