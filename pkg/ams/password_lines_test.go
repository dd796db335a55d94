package ams_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"countersign/pkg/password"
)

// passwordLine is what an operator looks for in a log line about a password.
type passwordLine struct {
	Outcome  string `json:"outcome"`
	Cause    string `json:"cause"`
	Number   string `json:"number"`
	AuthID   string `json:"authenticationId"`
	Password string `json:"password"`
}

// line returns the last log line.
func (v *vault) line() (l passwordLine) {
	v.t.Helper()
	lines := strings.Split(strings.TrimSpace(v.log.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &l); err != nil {
		v.t.Fatal(err)
	}
	return l
}

// The caller gets the same answer whatever is in the way of a password. The log line has what it is.
func TestLinesNameWhatIsInTheWay(t *testing.T) {
	v := newVault(t)
	asks := func(id, kind, cause string) {
		t.Helper()
		v.wants("PROCESS_FAIL", initPath, askBody(id, kind))
		want := passwordLine{"no_password", cause, "+60******6353", "", kind}
		if got := v.line(); got != want {
			t.Errorf("%s: the line has %+v, want %+v", id, got, want)
		}
	}
	guesses := func(authID, cause string) {
		t.Helper()
		v.wants("VERIFY_UNMATCHED", securityPath, guessBody("pay", authID, "PAYMENT", v.seal(authID, pin)))
		want := passwordLine{"unmatched", cause, "+60******6353", authID, "PAYMENT"}
		if got := v.line(); got != want {
			t.Errorf("a guess: the line has %+v, want %+v", got, want)
		}
	}
	asks("never set", "PAYMENT", "the client has no password of the number")
	addUser(t, v.users, "u", number, "token")
	v.set("PAYMENT", pin)
	asks("wrong kind", "LOGIN", "the number has a password of the other kind only")
	person, err := v.users.Person(t.Context(), "demo", "u")
	must(t, err)
	must(t, v.accounts.Link(t.Context(), "demo", "+606543216353", person.ID, person.Added))
	authID := v.ask("pay", "PAYMENT")
	must(t, v.users.Block(t.Context(), "demo", "u"))
	asks("blocked", "PAYMENT", password.UserBlocked)
	guesses(authID, password.UserBlocked)
	must(t, v.users.Unblock(t.Context(), "demo", "u"))
	delete(v.keys.peppers, 2)
	v.keys.pepper = 1
	const pepper = "the password is under pepper 2, which the keyring does not have"
	asks("pepper", "PAYMENT", pepper)
	guesses(authID, pepper)
}

// The lines of a challenge's other requests are found by its authenticationId too, also once it is over.
func TestLinesOfAChallengeForAPassword(t *testing.T) {
	v := newVault(t)
	v.set("PAYMENT", pin)
	authID := v.ask("pay", "PAYMENT")
	v.wants("SUCCESS", triggerPath, `{"challengeId":"`+authID+`","authenticationMethod":"PASSWORD"}`)
	if got := v.line(); got.AuthID != authID || got.Password != "PAYMENT" {
		t.Errorf("the line of the key has %+v", got)
	}
	unknown := "20261128728442351517836037232864038"
	v.wants("AUTHENTICATION_REQUEST_ID_INVALID", triggerPath,
		`{"challengeId":"`+unknown+`","authenticationMethod":"PASSWORD"}`)
	if got := v.line(); got.AuthID != "" {
		t.Errorf("the line of an unknown challenge has %+v", got)
	}
	body := guessBody("pay", authID, "PAYMENT", v.seal(authID, pin))
	v.wants("SUCCESS", securityPath, body)
	for _, outcome := range []string{"used", "expired"} {
		v.wants("AUTHENTICATION_REQUEST_ID_INVALID", securityPath, body)
		want := passwordLine{outcome, "", "+60******6353", authID, "PAYMENT"}
		if got := v.line(); got != want {
			t.Errorf("the line has %+v, want %+v", got, want)
		}
		authID = v.ask("later", "PAYMENT")
		body = guessBody("later", authID, "PAYMENT", v.seal(authID, pin))
		v.now = v.now.Add(time.Hour)
	}
}
