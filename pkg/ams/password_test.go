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
	"strings"
	"testing"
	"time"

	"countersign/pkg/documents"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/keyring/keyringtest"
	"countersign/pkg/otp"
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
	ring, err := keyring.New(keyfile.New(keyringtest.Write(s.t, s.t.TempDir())), clock, time.Hour,
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
	return fmt.Sprintf(`{"authenticationRequestId":%q,"authenticationId":%q,"challengeData":{`+
		`"challengeType":"%s_PASSWORD","passwordValue":%q}}`, id, authID, kind, value)
}

// A person proves the number by a code, sets a PIN, and confirms with it from then on.
func TestPassword(t *testing.T) {
	s := newService(t)
	s.withPasswords(sqlitetest.New(t).Documents())
	s.expect("PROCESS_FAIL", initPath, askBody("before", "PAYMENT"))

	proof := s.expect("SUCCESS", initPath, docRequest).AuthID
	forKey := fmt.Sprintf(`{"challengeId":%q,"authenticationMethod":"PASSWORD"}`, proof)
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", triggerChallengePath, forKey)
	s.expect("SUCCESS", verifyPath, verifyBody(docID, s.code.Load().(string)))
	answer := s.post(triggerChallengePath, forKey).Body
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", triggerChallengePath, `{"challengeId":"`+proof+`"}`)
	s.expect("SUCCESS", setPath, settingBody(proof, "PAYMENT", encrypted(t, answer, proof, "482915")))
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", setPath,
		settingBody(proof, "PAYMENT", encrypted(t, answer, proof, "482916")))

	asked := s.post(initPath, askBody("pay-1", "PAYMENT"))
	if again := s.post(initPath, askBody("pay-1", "PAYMENT")); string(again.Body) != string(asked.Body) {
		t.Errorf("a repeat answered %s, want %s", again.Body, asked.Body)
	}
	id := parse(t, asked).AuthID
	if want := `{"actionForm":{"challengeRenderValue":"","challengeType":"PAYMENT_PASSWORD"},"authenticationId":"` +
		id + `","authenticationRequestId":"pay-1","result":{"resultCode":"SUCCESS","resultMessage":"success.",` +
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

// The lines of a password show who is guessed at, how many guesses are left and how long a lock lasts, and neither the
// password nor the number.
func TestLinesOfPasswords(t *testing.T) {
	s := newService(t)
	s.withPasswords(sqlitetest.New(t).Documents())
	key, _ := json.Marshal(map[string]any{"challengeKey": s.init.Passwords.ChallengeKey(t.Context())})
	proof := s.expect("SUCCESS", initPath, docRequest).AuthID
	s.expect("SUCCESS", verifyPath, verifyBody(docID, s.code.Load().(string)))
	s.log.Reset()
	s.expect("SUCCESS", setPath, settingBody(proof, "PAYMENT", encrypted(t, key, proof, "482915")))
	asked := s.expect("SUCCESS", initPath, askBody("pay-1", "PAYMENT"))
	id := asked.AuthID
	for n := range 6 {
		result := []string{"VERIFY_UNMATCHED", "VERIFY_TIMES_EXCEED_LIMIT"}[n/4]
		s.expect(result, securityPath, guessBody("pay-1", id, "PAYMENT", encrypted(t, key, id, "482916")))
	}
	lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	for n, want := range []string{
		`"outcome":"password_set"`, `"outcome":"asked"`, `"outcome":"unmatched"`, `"attemptsLeft":3`,
		`"attemptsLeft":2`,
		`"attemptsLeft":1`, `"attemptsLeft":0,"waitSeconds":900`, `"outcome":"locked"`,
	} {
		for _, want := range []string{want, `"password":"PAYMENT"`, `"number":"+60******6353","country":"MY"`} {
			if !strings.Contains(lines[n], want) {
				t.Errorf("line %d lacks %s:\n%s", n+1, want, lines[n])
			}
		}
	}
	for _, canary := range []string{"482915", "482916", "543216353"} {
		if strings.Contains(s.log.String(), canary) {
			t.Errorf("the log has %s:\n%s", canary, s.log.String())
		}
	}
}

// The code of a test number proves that number, and no other one.
func TestPasswordOfATestNumber(t *testing.T) {
	s := newService(t)
	s.withPasswords(sqlitetest.New(t).Documents())
	s.clients["demo"].TestNumbers = map[otp.Phone]otp.Test{
		"+606543216353": {Code: "424242", Until: otp.MillisOf(s.now.Add(time.Hour))},
	}
	key, _ := json.Marshal(map[string]any{"challengeKey": s.init.Passwords.ChallengeKey(t.Context())})
	proof := s.expect("SUCCESS", initPath, docRequest).AuthID
	s.expect("SUCCESS", verifyPath, verifyBody(docID, "424242"))
	body := settingBody(proof, "PAYMENT", encrypted(t, key, proof, "482915"))
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", setPath, strings.Replace(body, "60-6543216353", "60-6543216354", 1))
	s.expect("SUCCESS", setPath, body)
	s.log.Reset()
	s.expect("SUCCESS", initPath, askBody("pay-1", "PAYMENT"))
	if !strings.Contains(s.log.String(), `"test":true`) {
		t.Errorf("the line of a test number lacks its mark: %s", s.log.String())
	}
}
