package plan

import (
	"fmt"
	"slices"
)

// CheckCountries returns an error where a list has an entry that no number is in, such
// as "UK": what may be sent there only is never sent. The others are the codes that
// [Lookup] tells, those of ISO 3166-1 and a few such as "XK", and "*" for all.
func CheckCountries(list []string) error {
	for _, s := range list {
		switch {
		case s == "*", country(s) != "" && slices.ContainsFunc(codes, func(c code) bool { return c.has(s) }):
		case s == "UK":
			return fmt.Errorf(`%q is no ISO 3166-1 code: the United Kingdom is "GB"`, s)
		default:
			return fmt.Errorf(`%q has no phone numbers, if it is a country at all: give upper-case ISO 3166-1 codes such as "MY", or "*" for all`, s)
		}
	}
	return nil
}

func (c *code) has(id string) bool {
	return slices.ContainsFunc(c.regions, func(r region) bool { return r.id == id })
}
