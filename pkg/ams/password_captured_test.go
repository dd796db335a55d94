package ams_test

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// A password that somebody captured, encrypted to set it or to pass, is of no use for a later challenge: not where ids
// are remembered for an hour only, and not once the code key of the challenge is retired.
func TestCapturedPasswords(t *testing.T) {
	for _, begin := range []time.Duration{0, 11 * time.Hour, 23*time.Hour + 54*time.Minute, 24*time.Hour - 1} {
		for _, retired := range []bool{false, true} {
			s := newService(t)
			key := withPIN(t, s)
			s.now = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC).Add(begin)
			s.clients["demo"].Policy.Memory = time.Hour
			proof := s.expect("SUCCESS", initPath, docRequest).AuthID
			s.expect("SUCCESS", verifyPath, verifyBody(docID, s.code.Load().(string)))
			ids := map[string]string{docID: encrypted(t, key, proof, "482915")}
			s.expect("SUCCESS", setPath, settingBody(proof, "PAYMENT", ids[docID]))
			asked := s.expect("SUCCESS", initPath, askBody("pay-1", "PAYMENT")).AuthID
			ids["pay-1"] = encrypted(t, key, asked, "482915")
			s.expect("SUCCESS", securityPath, guessBody("pay-1", asked, "PAYMENT", ids["pay-1"]))
			if retired {
				s.retireCodeKey(t)
			}
			for range 26 {
				for id, captured := range ids {
					own := parse(t, s.post(initPath, askBody(id, "PAYMENT"))).AuthID
					for _, authID := range []string{proof, asked, own} {
						answer := s.post(securityPath, guessBody(id, authID, "PAYMENT", captured))
						if strings.Contains(string(answer.Body), `"isPassed"`) {
							t.Fatalf("made at %s, retired %t: %s is evaluated at %s: %s",
								begin, retired, id, s.now, answer.Body)
						}
					}
				}
				s.now = s.now.Add(time.Hour)
			}
		}
	}
}

// retireCodeKey puts another code key in the place of the one in force.
func (s *service) retireCodeKey(t *testing.T) {
	t.Helper()
	secret := make([]byte, otp.MinSecret)
	keys, err := otp.NewKeys(otp.Secrets{2: secret}, 2, otp.Secrets{1: secret})
	must(t, err)
	s.init.Messages.Issuer.Keys, s.verify.Verifier.Keys = keys, keys
}
