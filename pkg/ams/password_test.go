package ams_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"countersign/pkg/documents"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyringtest"
	"countersign/pkg/password"
	"countersign/pkg/sqlitestore/sqlitetest"
)

const (
	triggerChallengePath = "/ams/api/v1/security/triggerChallenge"
	setPath              = "/ams/api/v1/security/setPassword"
)

// withPasswords gives the service passwords.
func (s *service) withPasswords(table documents.Table) {
	s.t.Helper()
	clock := func() time.Time { return s.now }
	ring, err := keyring.New(keyring.File(keyringtest.Write(s.t, s.t.TempDir())), clock, time.Hour,
		slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	s.init.Passwords = password.New(table, ring, ring, clock, rand.Reader)
	s.verify.Passwords = s.init.Passwords
}

// encrypted is a password as a caller sends it, for the key in the answer to a trigger.
func encrypted(t *testing.T, answer []byte, authID, typed string) string {
	t.Helper()
	var has struct {
		ChallengeKey struct{ Algorithm, KeyVersion, PublicKey string }
	}
	if err := json.Unmarshal(answer, &has); err != nil || has.ChallengeKey.Algorithm != "RSA-OAEP-256" {
		t.Fatalf("%s: %v", answer, err)
	}
	der, err := base64.StdEncoding.DecodeString(has.ChallengeKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	box, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, key.(*rsa.PublicKey), []byte(authID+"."+typed), nil)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(box)
}

func askBody(id, kind string) string {
	return fmt.Sprintf(`{"authenticationRequestId":%q,"authenticationMethod":"PASSWORD","authenticationType":%q,`+
		`"identityType":"MOBILENO","identityValue":"60-6543216353"}`, id, kind)
}

func settingBody(authID, kind, value string) string {
	return fmt.Sprintf(`{"authenticationId":%q,"authenticationType":%q,"identityType":"MOBILENO",`+
		`"identityValue":"60-6543216353","passwordValue":%q}`, authID, kind, value)
}

func guessBody(id, authID, kind, value string) string {
	return fmt.Sprintf(`{"authenticationRequestId":%q,"authenticationId":%q,"challengeData":{"challengeType":"%s_PASSWORD",`+
		`"passwordValue":%q}}`, id, authID, kind, value)
}

// A person proves the number by a code, sets a PIN, and confirms with it from then on.
func TestPassword(t *testing.T) {
	s := newService(t)
	s.withPasswords(sqlitetest.New(t).Documents())
	s.expect("PROCESS_FAIL", initPath, askBody("before", "PAYMENT"))

	proof := s.expect("SUCCESS", initPath, docRequest).AuthID
	s.expect("SUCCESS", verifyPath, verifyBody(docID, s.code.Load().(string)))
	key := s.init.Passwords.ChallengeKey(t.Context())
	answer, _ := json.Marshal(map[string]any{"challengeKey": key})
	s.expect("SUCCESS", setPath, settingBody(proof, "PAYMENT", encrypted(t, answer, proof, "482915")))
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", setPath,
		settingBody(proof, "PAYMENT", encrypted(t, answer, proof, "482916")))

	asked := s.post(initPath, askBody("pay-1", "PAYMENT"))
	if again := s.post(initPath, askBody("pay-1", "PAYMENT")); string(again.Body) != string(asked.Body) {
		t.Errorf("a repeat answered %s, want %s", again.Body, asked.Body)
	}
	id := parse(t, asked).AuthID
	if want := `{"actionForm":{"challengeRenderValue":"","challengeType":"PAYMENT_PASSWORD"},"authenticationId":"` + id +
		`","authenticationRequestId":"pay-1","result":{"resultCode":"SUCCESS","resultMessage":"success.",` +
		`"resultStatus":"S"}}`; string(asked.Body) != want {
		t.Errorf("%s, want %s", asked.Body, want)
	}
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", verifyPath, verifyBody("pay-1", "482915"))
	trigger := s.post(triggerChallengePath, `{"challengeId":"`+id+`"}`)
	seal := func(typed string) string { return encrypted(t, trigger.Body, id, typed) }
	s.expect("VERIFY_UNMATCHED", securityPath, guessBody("pay-1", id, "PAYMENT", seal("482916")))
	s.expect("PARAM_ILLEGAL", securityPath, guessBody("pay-1", id, "LOGIN", seal("482915")))
	s.expect("PARAM_ILLEGAL", securityPath, guessBody("pay-1", id, "PAYMENT", "482915"))
	s.expect("SUCCESS", securityPath, guessBody("pay-1", id, "PAYMENT", seal("482915")))
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", securityPath, guessBody("pay-1", id, "PAYMENT", seal("482915")))
	if s.sends.Load() != 1 {
		t.Errorf("%d messages, want that of the code only", s.sends.Load())
	}
}
