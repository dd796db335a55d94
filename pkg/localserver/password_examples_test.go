package localserver

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// examplePasswords are those of the examples' number.
var examplePasswords = map[password.Kind]password.Clear{
	password.Payment: "482915", password.Login: "correct horse",
}

// examplePublicKey is in place of that of the keyring.
func examplePublicKey(t *testing.T) string {
	answer := answerOf(triggerPath, "200", "SUCCESS.password")["value"].(map[string]any)
	key, ok := answer["challengeKey"].(map[string]any)
	if !ok {
		t.Fatalf("no challengeKey in %v", answer)
	}
	return key["publicKey"].(string)
}

// exampleSealed is in place of an encrypted password.
func exampleSealed() string {
	return requests(setPath)["SUCCESS"].(map[string]any)["value"].(map[string]any)["passwordValue"].(string)
}

var authIDOf = regexp.MustCompile(`"authenticationId":"([0-9]*)"`)

// sealed puts the password that the example is about in the place of the encrypted one of a body.
func (e *example) sealed(body string) string {
	if !strings.Contains(body, exampleSealed()) {
		return body
	}
	typed := examplePasswords[password.Payment]
	switch {
	case strings.Contains(body, `"LOGIN"`):
		typed = examplePasswords[password.Login]
	case e.name == "VERIFY_UNMATCHED.password":
		typed = "482916"
	case e.name == "PARAM_ILLEGAL.weak":
		typed = "345678"
	}
	plain := authIDOf.FindStringSubmatch(body)[1] + "." + string(typed)
	_, key := e.ports.Keys.Encryption(e.t.Context())
	box, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &key.PublicKey, []byte(plain), nil)
	e.must(err)
	return strings.ReplaceAll(body, exampleSealed(), base64.StdEncoding.EncodeToString(box))
}

// proved sends a code to the number, and types it.
func (e *example) proved() {
	e.authID = e.sent(docID, "")
	e.before(verifyPath, verifyBody(docID, string(e.code)))
}

// accounts are the passwords of the server.
func (e *example) accounts() *password.Accounts {
	return password.New(e.store.Documents(), e.ports.Keys, e.ports.Keys, e.now, rand.Reader)
}

// asked sets both passwords of the number. Where the example is not about the init itself, it asks for one.
func (e *example) asked() {
	e.t.Helper()
	for kind, typed := range examplePasswords {
		got, err := e.accounts().Set(e.t.Context(), password.Setting{
			Client: e.client.ID, To: exampleNumber, Kind: kind, Password: typed,
		})
		if err != nil || got != otp.PasswordSet {
			e.t.Fatal(got, err)
		}
	}
	if e.path == initShort {
		return
	}
	init := *e
	init.uri, init.body = initShort, request(e.t, initShort, "SUCCESS.payment-password")
	var answer struct{ AuthenticationID string }
	e.must(json.Unmarshal(init.send().Body.Bytes(), &answer))
	e.authID = answer.AuthenticationID
}

// guessed types a wrong payment password so many times.
func (e *example) guessed(times int) {
	e.t.Helper()
	accounts := e.accounts()
	ref, why, err := accounts.Find(e.t.Context(), e.client.ID, exampleNumber, password.Payment)
	if err != nil || why != "" {
		e.t.Fatal(why, err)
	}
	for range times {
		_, err := accounts.Guess(e.t.Context(), ref, "482916")
		e.must(err)
	}
}

// blocked makes the number that of a user who is blocked.
func (e *example) blocked() {
	e.t.Helper()
	ctx := e.t.Context()
	user, _, err := e.users.Resolve(ctx, e.client.ID, exampleToken)
	e.must(err)
	e.must(e.accounts().Link(ctx, e.client.ID, exampleNumber, user.ID, user.Added))
	e.must(e.users.Block(ctx, e.client.ID, "u"))
}
