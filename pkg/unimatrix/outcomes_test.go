package unimatrix_test

import (
	"fmt"
	"strings"
	"testing"

	"countersign/docs/outcomestest"
	"countersign/pkg/otp"
	"countersign/pkg/unimatrix"
)

// Each outcome of the domain has a result of otp.send or an answer of otp.verify, and a row in the documents.
func TestResultOfEachOutcome(t *testing.T) {
	page := outcomestest.Column(t, "../../docs/contracts.md", outcomestest.Unimatrix)
	for _, outcome := range otp.Outcomes() {
		code, sends := unimatrix.SendCode(outcome)
		valid, verifies := unimatrix.IsValid(outcome)
		want := "`" + code + "`"
		if verifies {
			want = fmt.Sprintf("`0`, `valid` %t", valid)
		}
		switch {
		case sends == verifies:
			t.Errorf("the outcome %q must be either in sendResults or in isValid: add it in pkg/unimatrix/result.go",
				outcome)
		case code == "101000" && page[outcome] == outcomestest.None: // of another contract
		case !strings.Contains(page[outcome], want):
			t.Errorf("docs/contracts.md: the row of %q has %s, must have %s", outcome, page[outcome], want)
		}
	}
}
