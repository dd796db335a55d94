package phone

import "fmt"

// Strictness is how strictly a number is checked before a client may send to it. The
// contracts do not define it. Some samples on Alipay's own pages are [Possible] only.
type Strictness string

const (
	// Possible numbers have a length that their numbering plan allows. It is the
	// default, as is "", because plans grow before the metadata does.
	Possible Strictness = "possible"
	// Valid numbers are also in a range that is in use.
	Valid Strictness = "valid"
	// Mobile numbers are also on a mobile line, or on a line that may be mobile because
	// the plan does not separate mobile from fixed lines.
	Mobile Strictness = "mobile"
)

// ParseStrictness reads "possible", "valid" or "mobile"; "" is [Possible]. The
// error names the three.
func ParseStrictness(s string) (Strictness, error) {
	switch strict := Strictness(s); strict {
	case "":
		return Possible, nil
	case Possible, Valid, Mobile:
		return strict, nil
	}
	return "", fmt.Errorf("strictness %q of numbers is not known: use possible, valid or mobile", s)
}

// Meets reports whether n passes the check s. No number passes an unknown check.
func (n Number) Meets(s Strictness) bool {
	switch s {
	case Possible, "":
		return true
	case Valid:
		return n.Valid
	case Mobile:
		return n.Mobile
	}
	return false
}
