package cognito_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/docs/outcomestest"
	"countersign/pkg/cognito"
	"countersign/pkg/filetest"
	"countersign/pkg/otp"
)

// others are the outcomes that the triggers cannot have: of an id that the caller chose, of a user behind a token, and
// of a password that Countersign keeps.
var others = []otp.Outcome{
	otp.Inconsistent, otp.BadToken, otp.Blocked, otp.AskedPassword, otp.NoPassword, otp.PasswordSet,
}

// Each outcome of a guess has an answer; every other outcome answers with a challenge. Each has a row in the documents.
func TestAnswerOfEachOutcome(t *testing.T) {
	page := outcomestest.Column(t, "../../docs/contracts.md", outcomestest.Cognito)
	for _, outcome := range otp.Outcomes() {
		want := "`challenge`"
		right, guess := cognito.IsRight(outcome)
		switch {
		case slices.Contains(others, outcome):
			want = outcomestest.None
		case outcome == otp.NoUser: // of a message and of a guess
			want = "`challenge`, `wrong`"
		case guess:
			want = map[bool]string{true: "`right`", false: "`wrong`"}[right]
		}
		if page[outcome] != want {
			t.Errorf("docs/contracts.md: the row of %q has %s in the column Cognito, must have %s; outcomes of a "+
				"guess are those in isRight (pkg/cognito/verify.go), and those of other contracts are in others "+
				"(pkg/cognito/outcomes_test.go)", outcome, page[outcome], want)
		}
	}
}

// notRefusals are the outcomes that are not counted as refusals: of a success, of a wrong code, and of a fault.
var notRefusals = []otp.Outcome{otp.Sent, otp.Passed, otp.Unmatched, otp.Exhausted, otp.Unclear}

// The page names each outcome that is counted as a refusal, in its list of refusals.
func TestRefusalsOfThePage(t *testing.T) {
	text := filetest.Read(t, "../../docs/cognito.md")
	_, list, ok := strings.Cut(string(text), "\n- **Refusals** ")
	list, _, ended := strings.Cut(list, "\n- ")
	if !ok || !ended {
		t.Fatal("docs/cognito.md has no list that begins with **Refusals**")
	}
	for _, outcome := range otp.Outcomes() {
		refusal := !slices.Contains(others, outcome) && !slices.Contains(notRefusals, outcome)
		named := strings.Contains(list, "`"+string(outcome)+"`")
		switch {
		case refusal && !named:
			t.Errorf("docs/cognito.md: the list that begins with **Refusals** lacks `%s`: add it, or add the outcome "+
				"to others or notRefusals in pkg/cognito/outcomes_test.go", outcome)
		case named && !refusal:
			t.Errorf("docs/cognito.md: the list that begins with **Refusals** has `%s`, which is none: remove it",
				outcome)
		}
	}
}
