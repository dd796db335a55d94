package report

import (
	"strings"
	"time"
)

// Numbers returns the country of a row and the numbers that it is about, in words.
func (r Row) Numbers() (country, numbers string) {
	switch {
	case r.Kind == NewCountries:
		return "all new ones", "together"
	case r.Kind == Block && r.Block == "":
		return r.Country, "key retired"
	case r.Kind == Block:
		return r.Country, r.Block + "…"
	}
	return r.Country, "all"
}

// Target is what a rule is about: its countries, or its prefix.
func (r Rule) Target() string { return r.Prefix + strings.Join(r.Countries, ",") }

// End is the end of a rule in words.
func (r Rule) End(now time.Time) string {
	switch {
	case r.Until.IsZero():
		return "until it is removed"
	case !r.Until.After(now):
		return "over since " + r.Until.Format(time.DateTime) + " UTC"
	}
	return "until " + r.Until.Format(time.DateTime) + " UTC"
}
