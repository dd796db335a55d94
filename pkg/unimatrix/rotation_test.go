package unimatrix_test

import (
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
)

// While a number key is retired, some processes have dropped it and others have not. A code that one of the former sent
// passes at the latter, whatever became of the codes of before (P21).
func TestCodesWhileANumberKeyIsRetired(t *testing.T) {
	before, during, after := storetest.Numbered(t, 1), storetest.Numbered(t, 2, 1), storetest.Numbered(t, 2)
	for name, earlier := range map[string]func(*service){
		"no code":    func(s *service) { s.messages = nil },
		"a used":     func(s *service) { s.guess(t, s.code(), true) },
		"an expired": func(s *service) { s.now = s.now.Add(otp.LongestLife) },
		"a locked": func(s *service) {
			for range 5 {
				s.guess(t, "0000", false)
			}
		},
	} {
		s := newService(t)
		keys := func(send, verify *otp.Keys) { s.api.Messages.Issuer.Keys, s.api.Verifier.Keys = send, verify }
		if keys(before, before); name != "no code" {
			s.expect(200, "0")
		}
		earlier(s)
		keys(after, during)
		s.expect(200, "0")
		guesses := s.guesses
		t.Log(name)
		s.guess(t, "0000", false)
		s.guess(t, s.code(), true)
		s.guess(t, s.code(), false)
		if got := s.guesses - guesses; got != 6 {
			t.Errorf("%d writes of three guesses, want 6 with two keys", got)
		}
		keys(after, after)
		s.expect(200, "0")
		guesses = s.guesses
		if s.guess(t, s.code(), true); s.guesses != guesses+1 {
			t.Error("a guess takes more than one write without a rotation")
		}
	}
}

// guess wants a code to be valid or not.
func (s *service) guess(t *testing.T, code string, valid bool) {
	t.Helper()
	got := s.expect(200, "0", verify, body(`{"to":"`+number+`","code":"`+code+`"}`))
	if got.Data["valid"] != valid {
		t.Errorf("answered %s, want valid %v", got.Raw, valid)
	}
}
