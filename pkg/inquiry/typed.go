package inquiry

import (
	"errors"

	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
)

// Typed returns the number that a person typed, which may be grouped as people write it. Errors do not have it.
func Typed(text string) (phone.Number, error) {
	e164 := Ungrouped(text)
	if cc, national, ok := phone.Split(text); ok {
		e164 = "+" + cc + national
	}
	n, ok := plan.Lookup(e164)
	if !ok {
		return n, errors.New("the number is not possible: must be a calling code and a number, " +
			"such as +606543216353, '+60 6543-216353' or 60-6543216353")
	}
	return n, nil
}
