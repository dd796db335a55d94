package languages

// plural is the rule that chooses a form for a number of minutes, from 1 to 99. A test compares the rules with those of
// golang.org/x/text, which no function links.
type plural uint8

const (
	same       plural = iota // one form for all numbers
	one                      // 1, others
	czech                    // 1, 2 to 4, others: Czech and Slovak
	slavic                   // 1 21, 2 to 4 22 to 24, others: Croatian, Russian, Serbian, Ukrainian
	polish                   // 1, 2 to 4 22 to 24, others
	slovenian                // 1, 2, 3 and 4, others
	lithuanian               // 1 21, 2 to 9 22 to 29, others
	latvian                  // 1 21, others
	romanian                 // 1, 2 to 19, others
	arabic                   // 1, 2, 3 to 10, others
)

// form returns the index of the form for n.
func (p plural) form(n int) int {
	unit, teen := n%10, n/10 == 1
	switch p {
	case one:
		return first(n == 1)
	case czech:
		return first(n == 1, 2 <= n && n <= 4)
	case slavic:
		return first(unit == 1 && !teen, 2 <= unit && unit <= 4 && !teen)
	case polish:
		return first(n == 1, 2 <= unit && unit <= 4 && !teen)
	case slovenian:
		return first(n == 1, n == 2, n == 3 || n == 4)
	case lithuanian:
		return first(unit == 1 && !teen, 2 <= unit && !teen)
	case latvian:
		return first(unit == 1 && !teen)
	case romanian:
		return first(n == 1, n < 20)
	case arabic:
		return first(n == 1, n == 2, n <= 10)
	}
	return 0
}

// first returns the index of the first condition that holds, or their number.
func first(conditions ...bool) int {
	for i, c := range conditions {
		if c {
			return i
		}
	}
	return len(conditions)
}
