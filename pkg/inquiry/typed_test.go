package inquiry_test

import (
	"strings"
	"testing"

	"countersign/pkg/inquiry"
)

// An operator pastes a number as a person wrote it. One that may be another number is refused, and no error shows it.
func TestTyped(t *testing.T) {
	for _, arg := range []string{
		"+60123456789", "60-123456789", "+60 12-345 6789", " +60 (12) 345.6789 ", "+60\u00a012\u2011345\u20136789",
		"\u202a+60 12-345 6789\u202c", "+60\u200b123456789", "+60\t12\t3456789", "(+60) 123456789",
	} {
		if n, err := inquiry.Typed(arg); err != nil || n.E164 != "+60123456789" {
			t.Errorf("%q is %s, %v", arg, n.E164, err)
		}
	}
	for _, arg := range []string{
		"", "+", "0123456789", "60123456789", "012-345 6789", "0060123456789", "+60 (0)12 345 6789", "+60 12 345 678x",
		"tel:+60123456789", "++60123456789", "+60+123456789", "+60123456789, +60123456780", "60-12-3456789",
	} {
		n, err := inquiry.Typed(arg)
		if err == nil || strings.Contains(err.Error(), "345678") {
			t.Errorf("%q is %s, %v", arg, n.E164, err)
		}
	}
}
