package ams_test

import (
	"encoding/json"
	"fmt"
	"testing"
)

// withPIN is a service with passwords, and the answer to a trigger with the key to encrypt to.
func withPIN(t *testing.T, s *service) (key []byte) {
	t.Helper()
	s.withPasswords(s.init.Messages.Issuer.Challenges.(spy).Store.Documents())
	key, err := json.Marshal(map[string]any{"challengeKey": s.init.Passwords.ChallengeKey(t.Context())})
	must(t, err)
	return key
}

// A wallet token does not show its user's number: which PINs are digits of it is answered after a code alone.
func TestDigitsOfATokensNumber(t *testing.T) {
	s, users := withUsers(t)
	key := withPIN(t, s)
	addUser(t, users, "u", "60-6543216353", "good")
	body := func(proof, pin string) string {
		return fmt.Sprintf(`{"authenticationId":%q,"authenticationType":"PAYMENT","userIdentityType":"WALLET_TOKEN",`+
			`"userIdentityValue":"good","passwordValue":%q}`, proof, encrypted(t, key, proof, pin))
	}
	const invented = "20261122000000000000000000000000000"
	proof := s.expect("SUCCESS", initPath, docRequest).AuthID
	for _, proof := range []string{"x", invented, proof} { // the last one is not typed yet
		for _, pin := range []string{"6065", "3216", "6353", "65432163", "2841", "1111", "1234"} {
			s.expect("AUTHENTICATION_REQUEST_ID_INVALID", setPath, body(proof, pin))
		}
	}
	s.expect("SUCCESS", verifyPath, verifyBody(docID, s.code.Load().(string)))
	for _, pin := range []string{"3216", "1111", "1234"} {
		s.expect("PARAM_ILLEGAL", setPath, body(proof, pin))
	}
	s.expect("SUCCESS", setPath, body(proof, "2841")) // no refusal used the code up
}
