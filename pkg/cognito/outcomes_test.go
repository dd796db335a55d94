package cognito_test

import (
	"strings"
	"testing"

	"countersign/docs/outcomestest"
	"countersign/pkg/cognito"
	"countersign/pkg/otp"
)

// Each outcome of the domain is one of a guess, or leaves the answer about a message as it is; and it has a row in the
// documents.
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
