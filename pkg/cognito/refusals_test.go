package cognito_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/admission/admissiontest"
	"countersign/pkg/cognito"
)

// Each reason not to send is a challenge for the app and an outcome in the log line, for a first message and for one
// more.
func TestRefusedRecipients(t *testing.T) {
	for _, r := range admissiontest.Refusals() {
		for _, before := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s after %d messages", r.Name, before), func(t *testing.T) {
				p := newPool(t)
				p.users[ana] = verified(r.Number)
				admissiontest.Anywhere(p.client)
				ask := func() { p.begin(ana) }
				if before == 1 {
					s := p.begin(ana)
					p.clock.Advance(time.Minute)
					ask = func() { p.goOn(s, "", resend) }
				}
				r.Refuse(p.client)
				p.log.Take()
				ask() // and get a challenge
				if len(p.phone.got) != before {
					t.Errorf("%d messages, want %d: send in pkg/cognito/send.go must not send with the outcome "+
						"%q of Recipient", len(p.phone.got), before, r.Outcome)
				}
				if line := p.log.Take(); !strings.Contains(line, fmt.Sprintf(`"outcome":%q`, r.Outcome)) {
					t.Errorf("logged %s, want the outcome %q: send in pkg/cognito/send.go must hand it "+
						"to the issuer", line, r.Outcome)
				}
				if _, guess := cognito.IsRight(r.Outcome); guess {
					t.Errorf("%q is the outcome of a guess: remove it from isRight in pkg/cognito/verify.go", r.Outcome)
				}
			})
		}
	}
}
