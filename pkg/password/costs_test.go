package password_test

import (
	"testing"

	"countersign/pkg/password"
)

// Each call takes the reads, writes and evaluations of docs/passwords.md.
func TestWorkOfCalls(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		d := newDoor(t, o.open(t), small)
		d.set(password.Login, phrase) // the key of the digests is made once
		pay, asked, sealed := password.Payment, "", ""
		ask := func() { asked = d.start(client, "SUCCESS", "ask", pay, dashed) }
		enter := func(code string) func() {
			return func() { d.enter(client, code, "ask", asked, pay, sealed) }
		}
		proof := d.prove(client, "otp")
		const used = "AUTHENTICATION_REQUEST_ID_INVALID"
		for _, step := range []struct {
			name string
			call func()
			want work
		}{
			{"first set", func() { d.choose(client, "SUCCESS", proof, pay, d.seal(proof, pin)) }, work{4, 1, 1}},
			{"init", ask, work{2, 1, 0}},
			{"trigger", func() {
				d.post(client, "SUCCESS", triggerPath, map[string]any{
					"challengeId": asked, "authenticationMethod": "PASSWORD",
				})
				sealed = d.seal(asked, wrong)
			}, work{1, 0, 0}},
			{"wrong", enter("VERIFY_UNMATCHED"), work{3, 1, 1}},
			{"right", func() { sealed = d.seal(asked, pin); enter("SUCCESS")() }, work{4, 3, 1}},
			{"right again", enter(used), work{1, 0, 0}},
			{"init again", func() { d.start(client, "SUCCESS", "ask", pay, dashed) }, work{2, 1, 0}},
			{"weak", func() { d.choose(client, "PARAM_ILLEGAL", proof, pay, d.seal(proof, "1234")) }, work{1, 0, 0}},
			{"used proof", func() { d.choose(client, used, proof, pay, d.seal(proof, pin)) }, work{3, 0, 0}},
			{"garbled", func() { sealed = "garbled"; enter("PARAM_ILLEGAL")() }, work{}},
		} {
			d.calls.reads.Store(0)
			d.calls.writes.Store(0)
			before := password.AllEvaluations()
			step.call()
			got := work{d.calls.reads.Load(), d.calls.writes.Load(), int64(password.AllEvaluations() - before)}
			if got != step.want {
				t.Errorf("%s: %+v, want %+v", step.name, got, step.want)
			}
		}
	})
}
