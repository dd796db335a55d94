package inquiry_test

import (
	"slices"
	"testing"

	"countersign/pkg/inquiry"
	"countersign/pkg/otp"
)

// Each outcome of a message that was refused has words, for the console and for countersign messages. The others are
// those of a message that went out or may have, of a request without a message, and of a guess.
func TestReasonsHaveWords(t *testing.T) {
	noRefusal := []otp.Outcome{
		otp.Sent, otp.Inconsistent, otp.InProgress, otp.Unclear, otp.AskedPassword, otp.PasswordSet,
		otp.Passed, otp.Unmatched, otp.Exhausted, otp.Locked, otp.Unknown, otp.Expired, otp.Used,
	}
	for _, outcome := range otp.Outcomes() {
		if words := inquiry.UnsentWords(outcome); (words == "") != slices.Contains(noRefusal, outcome) {
			t.Errorf("the words of %q are %q: add a row to unsentWords in pkg/inquiry/life.go, or, if no message is "+
				"refused with it, add it to noRefusal here and remove the row", outcome, words)
		}
	}
}
