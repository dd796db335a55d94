package main

import (
	"strings"

	"countersign/pkg/phone/plan"
)

// prefixed is what the numbers are like that begin alike.
type prefixed struct {
	// written is one that begins so, and sent the spelling of it that networks take, which begins otherwise. Both are
	// "" where some numbers begin so in that spelling, too.
	written, sent string
	// none: no possible number begins so.
	none bool
}

// numbersWith returns what the numbers are like that begin with a plus and some digits. It looks up samples: for some
// plans they may all be wrong, so a caller warns and refuses nothing.
func numbersWith(prefix string) prefixed {
	p := prefixed{none: true}
	for _, fill := range fillings {
		for digits := len(prefix); digits <= mostDigits; digits++ {
			number := prefix + fill[:digits+1-len(prefix)]
			n, possible := plan.Lookup(number)
			switch {
			case !possible:
				continue
			case n.Valid && strings.HasPrefix(n.E164.E164(), prefix):
				return prefixed{}
			case n.Valid && p.sent == "":
				p.written, p.sent = number, n.E164.E164()
			}
			p.none = false
		}
	}
	return p
}

// mostDigits are those of the longest number.
const mostDigits = 15

// fillings are what may follow a prefix.
var fillings = func() (all []string) {
	for _, d := range "0123456789" {
		s := string(d)
		all = append(all, strings.Repeat(s, mostDigits), s+"12345678901234", "2"+s+"3456789012345")
	}
	return all
}()
