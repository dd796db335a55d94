package phone

import "fmt"

// Strictness is how sure a number must be before a client may send to it. Neither
// contract says how sure, and samples of Alipay's own pages are possible only.
type Strictness string

const (
	// Possible: of a length that its numbering plan has. The default, and the
	// same as "": plans grow, and the metadata learns of it later.
	Possible Strictness = "possible"
	// Valid: also in a range that its plan has given out.
	Valid Strictness = "valid"
	// Mobile: also on a line that is mobile, or that may be where the plan does
	// not tell mobile lines from fixed ones.
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

// Meets reports whether n is as sure as s asks. A strictness that is none of the
// three is met by no number.
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
