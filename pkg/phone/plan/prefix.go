package plan

import "strings"

// Prefix is what the numbers are like that begin alike.
type Prefix struct {
	// Written is one that begins so, and Sent the spelling of it that networks take, which begins otherwise. Both are
	// "" where some numbers begin so in that spelling, too.
	Written, Sent string
	// None: no possible number begins so.
	None bool
}

// Begin returns what the numbers are like that begin with a plus and some digits. It looks up samples: for some plans
// they may all be wrong, so a caller warns and refuses nothing.
func Begin(prefix string) Prefix {
	p := Prefix{None: true}
	for _, fill := range fills {
		for digits := len(prefix); digits <= mostDigits; digits++ {
			number := prefix + fill[:digits+1-len(prefix)]
			n, possible := Lookup(number)
			switch {
			case !possible:
				continue
			case n.Valid && strings.HasPrefix(n.E164.E164(), prefix):
				return Prefix{}
			case n.Valid && p.Sent == "":
				p.Written, p.Sent = number, n.E164.E164()
			}
			p.None = false
		}
	}
	return p
}

// mostDigits are those of the longest number.
const mostDigits = 15

// fills are what may follow a prefix.
var fills = func() (all []string) {
	for _, d := range "0123456789" {
		s := string(d)
		all = append(all, strings.Repeat(s, mostDigits), s+"12345678901234", "2"+s+"3456789012345")
	}
	return all
}()
