package password_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"countersign/pkg/password"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// Passwords that occur nowhere by chance.
const (
	secretPIN   = password.Clear("48291573")
	guessedPIN  = password.Clear("48291574")
	secretText  = password.Clear("canary-in-the-coal-mine")
	guessedText = password.Clear("canary-in-the-gold-mine")
)

// TestSilence looks for passwords, their digests and the number in lines, answers and events over the whole flow, and
// for passwords and the number in a dump of the tables (P14).
func TestSilence(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		s := o.open(t)
		d := newDoor(t, s, small)
		digests := tour(d)
		canaries := []string{
			string(secretPIN), string(guessedPIN), string(secretText), string(guessedText), "gold-mine", token,
			"606543216353", "6543216353", dashed,
		}
		silent(t, "the tables", s.dump(), canaries)
		for _, digest := range digests {
			canaries = append(canaries, digest)
			canaries = append(canaries, strings.Split(digest, "$")[4:]...) // the salt and the sum
		}
		silent(t, "lines", d.log.Bytes(), canaries)
		silent(t, "answers", d.seen.Bytes(), canaries)
		if file, ok := s.challenges.(*sqlitestore.Store); ok { // facts of the other store are made of its items alike
			facts := sqlitetest.Facts(t, file, 100)
			var b bytes.Buffer
			for _, fact := range facts {
				fmt.Fprintf(&b, "%+v\n", fact)
			}
			if len(facts) < 4 {
				t.Errorf("%d facts", len(facts))
			}
			silent(t, "events", b.Bytes(), canaries)
		}
		if n := bytes.Count(d.log.Bytes(), []byte("\n")); n < 30 || d.log.Len() < 1000 {
			t.Errorf("%d lines", n)
		}
	})
}

func silent(t *testing.T, where string, text []byte, canaries []string) {
	t.Helper()
	for _, canary := range canaries {
		if i := bytes.Index(text, []byte(canary)); i >= 0 {
			t.Errorf("%s have %q: %.300q", where, canary, text[max(0, i-100):])
		}
	}
}

// tour makes each kind of call, with each kind of end, and returns the digests that were stored.
func tour(d *door) (digests []string) {
	d.t.Helper()
	list := d.directory()
	note := func() {
		r := d.record()
		digests = append(digests, r.Payment.Digest, r.Login.Digest)
	}
	pay, login := password.Payment, password.Login
	d.start(client, "PROCESS_FAIL", "none", pay, dashed)
	proof := d.prove(client, "otp 1")
	d.choose(client, "PARAM_ILLEGAL", proof, pay, string(secretPIN))
	d.choose(client, "PARAM_ILLEGAL", proof, pay, d.seal("other", secretPIN))
	d.choose(client, "PARAM_ILLEGAL", proof, pay, d.seal(proof, secretText))
	d.choose(client, "PARAM_ILLEGAL", proof, pay, d.seal(proof, "6543216"))
	d.choose(client, "SUCCESS", proof, pay, d.seal(proof, secretPIN))
	d.choose(client, "AUTHENTICATION_REQUEST_ID_INVALID", proof, login, d.seal(proof, secretText))
	proof = d.prove(client, "otp 2")
	d.post(client, "SUCCESS", setPath, map[string]any{
		"authenticationId": proof, "authenticationType": login, "userIdentityType": "WALLET_TOKEN",
		"userIdentityValue": token, "passwordValue": d.seal(proof, secretText),
	})
	note()
	for k, typed := range map[password.Kind][2]password.Clear{
		pay: {secretPIN, guessedPIN}, login: {secretText, guessedText},
	} {
		id := "ask " + string(k)
		authID := d.start(client, "SUCCESS", id, k, dashed)
		d.post(client, "SUCCESS", triggerPath, map[string]any{"challengeId": authID})
		d.enter(client, "PARAM_ILLEGAL", id, authID, k, string(typed[0]))
		d.enter(client, "PARAM_ILLEGAL", id, authID, k, d.seal("other", typed[0]))
		d.enter(client, "VERIFY_UNMATCHED", id, authID, k, d.seal(authID, typed[1]))
		d.keys.rotate(7)
		d.enter(client, "SUCCESS", id, authID, k, d.seal(authID, typed[0]))
		d.enter(client, "AUTHENTICATION_REQUEST_ID_INVALID", id, authID, k, d.seal(authID, typed[0]))
	}
	note()
	unhappy(d)
	if err := list.Block(d.t.Context(), client, "someone"); err != nil {
		d.t.Fatal(err)
	}
	d.start(client, "PROCESS_FAIL", "blocked", pay, dashed)
	return digests
}

// unhappy locks a PIN, damages it, and breaks the table.
func unhappy(d *door) {
	d.t.Helper()
	pay := password.Payment
	authID := d.start(client, "SUCCESS", "lock", pay, dashed)
	for range 4 {
		d.enter(client, "VERIFY_UNMATCHED", "lock", authID, pay, d.seal(authID, guessedPIN))
	}
	d.enter(client, "VERIFY_TIMES_EXCEED_LIMIT", "lock", authID, pay, d.seal(authID, guessedPIN))
	d.enter(client, "VERIFY_TIMES_EXCEED_LIMIT", "lock", authID, pay, d.seal(authID, secretPIN))
	good := d.record()
	d.store(strings.Replace(string(good.text), "argon2id", "argon2", 1))
	d.enter(client, "UNKNOWN_EXCEPTION", "lock", authID, pay, d.seal(authID, secretPIN))
	d.store(strings.Replace(string(good.text), `"payment"`, `"payments"`, 1))
	d.start(client, "UNKNOWN_EXCEPTION", "damaged", pay, dashed)
	d.store(string(good.text))
	d.broken.Store(true)
	d.enter(client, "UNKNOWN_EXCEPTION", "lock", authID, pay, d.seal(authID, secretPIN))
	d.start(client, "UNKNOWN_EXCEPTION", "broken", pay, dashed)
	d.broken.Store(false)
	d.start("clear", "PROCESS_FAIL", "clear", pay, dashed)
	proof := d.prove("clear", "otp 3")
	d.choose("clear", "PARAM_ILLEGAL", proof, pay, string(secretText))
	d.choose("clear", "SUCCESS", proof, pay, string(secretPIN))
	authID = d.start("clear", "SUCCESS", "clear again", pay, dashed)
	d.enter("clear", "VERIFY_UNMATCHED", "clear again", authID, pay, string(guessedPIN))
	d.enter("clear", "SUCCESS", "clear again", authID, pay, string(secretPIN))
}

// No verb, and neither slog nor JSON, shows a password that a value holds.
func TestNoVerbShowsAPassword(t *testing.T) {
	values := []any{
		secretText, []password.Clear{secretText}, map[string]any{"a": secretText},
		setting("auth", password.Login, secretText, "value"),
		&struct{ S password.Setting }{setting("auth", password.Login, secretText, "value")},
		password.Sealed{AuthID: "auth", Value: string(secretText), Clear: true},
		&password.Sealed{Value: string(secretText), Clear: true},
		struct{ S password.Sealed }{password.Sealed{Value: string(secretText), Clear: true}},
	}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			got := fmt.Sprintf(verb, v)
			hex := fmt.Sprintf("%x", string(secretText))
			if strings.Contains(got, string(secretText)) || strings.Contains(strings.ToLower(got), hex) {
				t.Errorf("%s of %T is %s", verb, v, got)
			}
		}
	}
}
