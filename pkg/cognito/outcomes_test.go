package cognito_test

import (
	"strings"
	"testing"

	"countersign/docs/outcomestest"
	"countersign/pkg/cognito"
	"countersign/pkg/otp"
)

// Each outcome of a guess has an answer; every other outcome answers with a challenge. Each has a row in the documents.
func TestAnswerOfEachOutcome(t *testing.T) {
	page := outcomestest.Column(t, "../../docs/contracts.md", outcomestest.Cognito)
	for _, outcome := range otp.Outcomes() {
		want := "`challenge`"
		if right, guess := cognito.IsRight(outcome); guess {
			want = map[bool]string{true: "`right`", false: "`wrong`"}[right]
		}
		if page[outcome] != outcomestest.None && !strings.Contains(page[outcome], want) {
			t.Errorf("docs/contracts.md: the row of %q has %s, must have %s; outcomes of a guess are those in isRight "+
				"(pkg/cognito/verify.go)", outcome, page[outcome], want)
		}
	}
}
