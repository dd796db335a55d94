package ams_test

import (
	"strings"
	"testing"

	"countersign/docs/outcomestest"
	"countersign/pkg/ams"
	"countersign/pkg/otp"
)

// Each outcome of the domain has a result, and a row in the documents.
func TestResultOfEachOutcome(t *testing.T) {
	page := outcomestest.Column(t, "../../docs/contracts.md", outcomestest.AMS)
	for _, outcome := range otp.Outcomes() {
		codes, ok := ams.ResultCodes(outcome)
		if !ok {
			t.Errorf("the outcome %q has no result: add it to results in pkg/ams/result.go", outcome)
		} else if !strings.Contains(page[outcome], "`"+codes[0]+"`") {
			t.Errorf("docs/contracts.md: the row of %q has %s, must have the result `%s`",
				outcome, page[outcome], codes[0])
		}
	}
}
