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
				said := p.log.Take()
				if line := said; !strings.Contains(line, fmt.Sprintf(`"outcome":%q`, r.Outcome)) {
					t.Errorf("logged %s, want the outcome %q: send in pkg/cognito/send.go must hand it "+
						"to the issuer", line, r.Outcome)
				}
				if line := said; !strings.Contains(line, `"detail":"phone_number: must be `) &&
					!strings.Contains(line, `"cause":"the operator blocks `) {
					t.Errorf("logged %s, want the rule that the number breaks", line)
				}
				if _, guess := cognito.IsRight(r.Outcome); guess {
					t.Errorf("%q is the outcome of a guess: remove it from isRight in pkg/cognito/verify.go", r.Outcome)
				}
			})
		}
	}
}

// An event whose member has a type that Cognito never sends is an error whose log line names the member, and no name or
// value that a caller chose.
func TestMisshapenEvents(t *testing.T) {
	for member, value := range map[string]string{
		"userAttributes": `{"canary":true}`, "clientMetadata": `{"canary":5}`, "userNotFound": `"canary"`,
		"session": `"canary"`,
	} {
		p := newPool(t)
		_, err := p.triggers.Invoke(t.Context(), []byte(`{"triggerSource":"CreateAuthChallenge_Authentication",`+
			`"request":{"`+member+`":`+value+`}}`))
		line := p.log.Take()
		if err == nil || !strings.Contains(line, `"detail":"request.`+member+`: must have `) ||
			strings.Contains(line+err.Error(), "canary") {
			t.Errorf("%s: %v, logged %s", member, err, line)
		}
	}
}
