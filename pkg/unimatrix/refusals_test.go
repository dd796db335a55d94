package unimatrix_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"countersign/docs/openapitest"
	"countersign/pkg/admission/admissiontest"
	"countersign/pkg/unimatrix"
)

// Each reason not to send refuses otp.send with the result of the table, for a first message and for one more.
func TestRefusedRecipients(t *testing.T) {
	for _, r := range admissiontest.Refusals() {
		for _, before := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s after %d messages", r.Name, before), func(t *testing.T) {
				s := newService(t)
				text := body(fmt.Sprintf(`{"to":%q}`, r.Number))
				admissiontest.Anywhere(s.known[simple])
				for range before {
					s.expect(200, "0", text)
					s.now = s.now.Add(time.Minute)
				}
				r.Refuse(s.known[simple])
				got := s.post(text)
				if len(s.messages) != before {
					t.Errorf("%d messages, want %d: send in pkg/unimatrix/send.go must not send with the outcome "+
						"%q of Recipient", len(s.messages), before, r.Outcome)
				}
				header := http.Header{}
				for name, value := range got.Headers {
					header.Set(name, value)
				}
				err := openapitest.Answer("POST", "/?action=otp.send", got.Status, header, []byte(got.Raw))
				if err != nil {
					t.Errorf("add the result of %q to the answers of otp.send in docs/openapi.yaml, with an "+
						"example: %v", r.Outcome, err)
				}
				const internal = "101000"
				if want, _ := unimatrix.SendCode(r.Outcome); got.Code != want || want == internal || want == "0" {
					t.Errorf("answered %s, and the result of %q is %q: give the outcome a result of a refusal in "+
						"sendResults of pkg/unimatrix/result.go, and answer with it", got.Raw, r.Outcome, want)
				}
			})
		}
	}
}
