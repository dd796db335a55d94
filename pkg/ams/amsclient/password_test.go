package amsclient_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign/pkg/ams/amsclient"
)

// encryptKey is the key to which passwords are encrypted in these tests.
var encryptKey = must(rsa.GenerateKey(rand.Reader, 2048))

func publicKey(key any) string {
	return base64.StdEncoding.EncodeToString(must(x509.MarshalPKIXPublicKey(key)))
}

// passwordServer stands in for a service whose users have the PIN 482915.
func passwordServer() *server {
	key := fmt.Sprintf(`{"algorithm":"RSA-OAEP-256","keyVersion":"3","publicKey":%q}`, publicKey(&encryptKey.PublicKey))
	var s *server
	s = start(func(path string) string {
		const status = `"resultMessage":"","resultStatus":`
		requests := s.requests()
		switch typed := decrypted(requests[len(requests)-1].body); {
		case strings.HasSuffix(path, "initAuthentication"):
			return strings.Replace(ok, "{",
				`{"authenticationId":"A1","actionForm":{"challengeType":"PAYMENT_PASSWORD"},`, 1)
		case strings.HasSuffix(path, "triggerChallenge"):
			return strings.Replace(ok, "{", `{"challengeKey":`+key+`,`, 1)
		case typed == "A1.482915":
			return strings.Replace(ok, "{", `{"isPassed":true,`, 1)
		}
		return `{"isPassed":false,"result":{"resultCode":"VERIFY_UNMATCHED",` + status + `"F"}}`
	})
	return s
}

// decrypted returns what the passwordValue of a request has.
func decrypted(body string) string {
	var r struct {
		PasswordValue, KeyVersion string
		ChallengeData             struct{ PasswordValue, KeyVersion string }
	}
	must(0, json.Unmarshal([]byte(body), &r))
	value := r.PasswordValue + r.ChallengeData.PasswordValue
	if value == "" || r.KeyVersion+r.ChallengeData.KeyVersion != "3" {
		return ""
	}
	box := must(base64.StdEncoding.DecodeString(value))
	return string(must(rsa.DecryptOAEP(sha256.New(), nil, encryptKey, box, nil)))
}

// The user of a payment confirms it with the PIN.
func ExampleClient_VerifyPassword() {
	server := passwordServer() // yours is "https://otp.example.com"
	defer server.Close()
	client, ctx := server.client(), context.Background()

	asked, err := client.InitPassword(ctx, amsclient.InitRequest{
		AuthenticationRequestID: "PAY-1", AuthenticationType: "PAYMENT", // or LOGIN
		IdentityType: "MOBILENO", IdentityValue: "60-6543216353",
	})
	if err != nil || asked.Result.Status != "S" {
		fmt.Println("no password is asked for:", asked.Result.Code, err)
		return
	}
	fmt.Println("type your", asked.ActionForm.ChallengeType)
	for _, typed := range []string{"482916", "482915"} {
		checked, err := client.VerifyPassword(ctx, amsclient.VerifyPasswordRequest{
			AuthenticationRequestID: "PAY-1", AuthenticationID: asked.AuthenticationID, Password: typed,
		})
		if err == nil && checked.Passed() {
			fmt.Println("the user has confirmed")
		} else {
			fmt.Println("not passed:", checked.Result.Code)
		}
	}
	// Output:
	// type your PAYMENT_PASSWORD
	// not passed: VERIFY_UNMATCHED
	// the user has confirmed
}

// verifyA1 is the request that checks the right PIN.
func verifyA1(key *amsclient.ChallengeKey) amsclient.VerifyPasswordRequest {
	return amsclient.VerifyPasswordRequest{
		AuthenticationRequestID: "R1", AuthenticationID: "A1", Password: "482915", Key: key,
	}
}

// Each call with a password has the members of the contract. A password is encrypted for its challenge, in no member in
// clear, and the key is asked for where the caller has none.
func TestPasswordCalls(t *testing.T) {
	s := passwordServer()
	defer s.Close()
	c := s.client()
	if _, err := c.InitPassword(t.Context(), amsclient.InitRequest{AuthenticationRequestID: "R1"}); err != nil {
		t.Error(err)
	}
	key, err := c.PasswordKey(t.Context(), "A1")
	if err != nil || key.ChallengeKey == nil {
		t.Fatal(key, err)
	}
	for _, k := range []*amsclient.ChallengeKey{nil, key.ChallengeKey} {
		for _, call := range []func() (amsclient.Answer, error){
			func() (amsclient.Answer, error) {
				return c.VerifyPassword(t.Context(), verifyA1(k))
			},
			func() (amsclient.Answer, error) {
				return c.SetPassword(t.Context(), amsclient.SetPasswordRequest{
					AuthenticationID: "A1", AuthenticationType: "PAYMENT", IdentityType: "MOBILENO",
					IdentityValue: "60-6543216353", Password: "482915", Key: k,
				})
			},
		} {
			if a, err := call(); err != nil || !a.Passed() {
				t.Errorf("%s, %v", a.Raw, err)
			}
		}
	}
	want := []string{
		`{"authenticationRequestId":"R1","authenticationMethod":"PASSWORD"}`,
		`{"challengeId":"A1","authenticationMethod":"PASSWORD"}`,
		`{"challengeId":"A1","authenticationMethod":"PASSWORD"}`,
		`{"authenticationRequestId":"R1","authenticationId":"A1","authenticationMethod":"PASSWORD","challengeData":{` +
			`"passwordValue":`, `{"challengeId":"A1","authenticationMethod":"PASSWORD"}`,
		`{"authenticationId":"A1","authenticationType":"PAYMENT","identityType":"MOBILENO",` +
			`"identityValue":"60-6543216353","passwordValue":`,
	}
	for i, r := range s.requests()[:len(want)] {
		if !strings.HasPrefix(r.body, want[i]) || strings.Contains(r.body, "482915") || !r.verifies {
			t.Errorf("request %d is %s, want %s", i, r.body, want[i])
		}
	}
	if n := len(s.requests()); n != 8 {
		t.Errorf("%d requests, want 8", n)
	}
}

// A key that cannot be used is an error, and no guess goes out. Without a key the answer is that of the service.
func TestPasswordKeys(t *testing.T) {
	curve := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	for name, key := range map[string]amsclient.ChallengeKey{
		"algorithm": {"RSA-OAEP", "1", publicKey(&encryptKey.PublicKey)}, "base64": {"RSA-OAEP-256", "1", "!"},
		"der": {"RSA-OAEP-256", "1", "AAAA"}, "no RSA key": {"RSA-OAEP-256", "1", publicKey(&curve.PublicKey)},
	} {
		s := passwordServer()
		_, err := s.client().VerifyPassword(t.Context(), verifyA1(&key))
		if err == nil || strings.Contains(err.Error(), "482915") || len(s.requests()) != 0 {
			t.Errorf("%s: %v, %d requests", name, err, len(s.requests()))
		}
		s.Close()
	}
	key := amsclient.ChallengeKey{"RSA-OAEP-256", "1", publicKey(&encryptKey.PublicKey)}
	if _, err := key.Encrypt(nil, "A1", "482915"); err == nil || !strings.Contains(err.Error(), "no entropy") {
		t.Errorf("without entropy: %v", err)
	}
	if _, err := key.Encrypt(rand.Reader, "A1", strings.Repeat("x", 256)); err == nil {
		t.Error("a password that is longer than the key can encrypt is no error")
	}
	unknown := `{"result":{"resultCode":"AUTHENTICATION_REQUEST_ID_INVALID","resultStatus":"F"}}`
	for answer, refused := range map[string]bool{unknown: false, ok: true} {
		s := start(func(string) string { return answer })
		a, err := s.client().VerifyPassword(t.Context(), verifyA1(nil))
		if refused != (err != nil) || refused && !errors.As(err, new(*amsclient.ReplyError)) || len(s.requests()) != 1 {
			t.Errorf("%s: %s, %v", answer, a.Raw, err)
		}
		s.Close()
	}
}
