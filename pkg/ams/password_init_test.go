package ams_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// The answers to an init are those of the contract, byte for byte.
func TestFormsOfPasswords(t *testing.T) {
	v := newVault(t)
	v.set("PAYMENT", pin)
	v.set("LOGIN", login)
	sends := v.sends.Load()
	for kind, form := range map[string]string{
		"PAYMENT": `{"challengeRenderValue":"","challengeType":"PAYMENT_PASSWORD"}`, // as in Alipay's document
		"LOGIN":   `{"challengeRenderValue":"","challengeType":"LOGIN_PASSWORD"}`,
	} {
		body := v.described(initPath, askBody(kind, kind)).Body
		want := `{"actionForm":` + form + `,"authenticationId":"` + v.stored(kind).AuthID +
			`","authenticationRequestId":"` + kind +
			`","result":{"resultCode":"SUCCESS","resultMessage":"success.","resultStatus":"S"}}`
		if string(body) != want {
			t.Errorf("answered\n%s\nwant\n%s", body, want)
		}
	}
	if v.sends.Load() != sends {
		t.Error("an init for a password sent a message")
	}
	fail := `{"authenticationRequestId":"none","result":{"resultCode":"PROCESS_FAIL",` +
		`"resultMessage":"A general business failure occurred. Don't retry.","resultStatus":"F"}}`
	other := strings.Replace(askBody("none", "PAYMENT"), number, "60-6543216354", 1)
	if body := v.described(initPath, other).Body; string(body) != fail {
		t.Errorf("answered\n%s\nwant\n%s", body, fail)
	}
}

// A repeat has the same bytes whatever became of the challenge and of the password.
func TestRepeatsOfPasswordInits(t *testing.T) {
	v := newVault(t)
	failed := v.described(initPath, askBody("early", "PAYMENT")).Body
	v.set("PAYMENT", pin)
	first := v.described(initPath, askBody("pay", "PAYMENT")).Body
	again := func(state string) {
		t.Helper()
		for id, want := range map[string][]byte{"early": failed, "pay": first} {
			writes := v.writes.Load()
			if got := v.described(initPath, askBody(id, "PAYMENT")).Body; string(got) != string(want) {
				t.Errorf("%s: the repeat of %s answered\n%s\nwant\n%s", state, id, got, want)
			}
			if v.writes.Load() > writes+1 {
				t.Errorf("%s: a repeat took %d writes", state, v.writes.Load()-writes)
			}
		}
	}
	again("live")
	authID := v.stored("pay").AuthID
	v.guess(passed, "pay", authID, "PAYMENT", pin)
	again("passed")
	other := v.ask("other", "PAYMENT")
	for range 4 {
		v.guess(unmatched, "other", other, "PAYMENT", "111112")
	}
	v.guess(exceeded, "other", other, "PAYMENT", "111112")
	again("locked")
	v.now = v.now.Add(time.Hour)
	again("expired")
	if _, err := v.accounts.Clear(t.Context(), "demo", "+606543216353", password.Payment); err != nil {
		t.Fatal(err)
	}
	again("without a password")
	for what, body := range map[string]string{
		"method": initBody("pay"), "type": askBody("pay", "LOGIN"),
		"number": strings.Replace(askBody("pay", "PAYMENT"), number, "60-6543216354", 1),
		"stored": askBody("early", "LOGIN"),
	} {
		v.wants("REPEAT_REQ_INCONSISTENT", initPath, body)
		again("after another " + what)
	}
}

// All inits share one space of ids, both ways.
func TestOneSpaceOfIDsWithPasswords(t *testing.T) {
	v := newVault(t)
	addUser(t, v.users, "u", number, "token")
	v.set("PAYMENT", pin)
	bodies := map[string]struct{ path, body string }{
		"a password":           {initPath, askBody("ID", "PAYMENT")},
		"a password, none set": {initPath, askBody("ID", "LOGIN")},
		"a code":               {initPath, initBody("ID")},
		"a code of a user":     {usersInit, usersBody("ID", "token")},
	}
	for first, a := range bodies {
		for second, b := range bodies {
			if first == second {
				continue
			}
			id := first + " " + second
			v.now = v.now.Add(time.Minute)
			before := v.described(a.path, strings.Replace(a.body, "ID", id, 1)).Body
			sends := v.sends.Load()
			v.wants("REPEAT_REQ_INCONSISTENT", b.path, strings.Replace(b.body, "ID", id, 1))
			after := v.described(a.path, strings.Replace(a.body, "ID", id, 1)).Body
			if string(after) != string(before) {
				t.Errorf("%s, then %s: the first record changed from\n%s to\n%s", first, second, before, after)
			}
			if v.sends.Load() != sends {
				t.Errorf("%s, then %s: a message was sent", first, second)
			}
		}
	}
}

// While the code key is rotated a repeat is the same. Once it is retired, the id is fresh, from the next day on: its
// authenticationId has a date, and a password may have been captured that was encrypted for that of today.
func TestRetiredCodeKeyOfPasswordInit(t *testing.T) {
	v := newVault(t)
	v.set("PAYMENT", pin)
	failed := v.described(initPath, askBody("login", "LOGIN")).Body
	first := v.described(initPath, askBody("pay", "PAYMENT")).Body
	authID := v.stored("pay").AuthID
	v.guess(passed, "pay", authID, "PAYMENT", pin)
	hold := func(versions ...int) {
		t.Helper()
		secrets := otp.Secrets{}
		for _, version := range versions {
			secrets[version] = make([]byte, otp.MinSecret)
			secrets[version][0] = byte(version - 1) // the first is that of the fixture
		}
		keys, err := otp.NewKeys(secrets, versions[0], otp.Secrets{1: make([]byte, otp.MinSecret)})
		if err != nil {
			t.Fatal(err)
		}
		v.init.Messages.Issuer.Keys, v.verify.Verifier.Keys = keys, keys
	}
	hold(2, 1)
	if got := v.described(initPath, askBody("pay", "PAYMENT")).Body; string(got) != string(first) {
		t.Errorf("a repeat during the rotation answered %s, want %s", got, first)
	}
	v.guess(noLiveID, "pay", authID, "PAYMENT", pin)
	v.set("LOGIN", login)
	if got := v.described(initPath, askBody("login", "LOGIN")).Body; string(got) != string(failed) {
		t.Errorf("a stored failure became %s", got)
	}
	hold(2)
	v.wants("REPEAT_REQ_INCONSISTENT", initPath, askBody("pay", "PAYMENT"))
	v.now = v.now.Add(24 * time.Hour)
	v.guess(passed, "pay", v.ask("pay", "PAYMENT"), "PAYMENT", pin)
	v.guess(passed, "login", v.ask("login", "LOGIN"), "LOGIN", login)
}

// triggerOf triggers a challenge with an id, "" for none, and returns the body of the answer.
func (v *vault) triggerOf(id, authID string) string {
	v.t.Helper()
	return string(v.described(triggerPath, triggerBody(id, authID)).Body)
}

// A trigger of a password returns the key in force. It sends, counts and claims nothing, and needs no id.
func TestTriggerOfPasswords(t *testing.T) {
	v := newVault(t)
	v.set("PAYMENT", pin)
	v.set("LOGIN", login)
	sends := v.sends.Load()
	for kind, id := range map[string]string{"PAYMENT": "pay", "LOGIN": "login"} {
		authID := v.ask(id, kind)
		was := v.stored(id)
		want := func(trigger string) string {
			key := v.accounts.ChallengeKey(t.Context())
			text := `{"actionForm":{"challengeRenderValue":"","challengeType":"` + kind + `_PASSWORD"},` +
				`"challengeKey":{"algorithm":"RSA-OAEP-256","keyVersion":"` + key.KeyVersion + `","publicKey":"` +
				key.PublicKey + `"},"result":{"resultCode":"SUCCESS","resultMessage":"success.","resultStatus":"S"}`
			if trigger != "" {
				text += `,"triggerRequestId":"` + trigger + `"`
			}
			return text + "}"
		}
		again := func(trigger string) {
			t.Helper()
			if got := v.triggerOf(trigger, authID); got != want(trigger) {
				t.Errorf("answered\n%s\nwant\n%s", got, want(trigger))
			}
		}
		for range 12 { // no limit of messages is near
			again("")
		}
		for range 2 {
			again(id + "-1")
		}
		v.keys.newest = "1" // the operator rotates
		again("")
		again(id + "-1") // has the key in force
		v.keys.newest = "2"
		if now := v.stored(id); !reflect.DeepEqual(now, was) {
			t.Errorf("a trigger changed the challenge from\n%+v to\n%+v", was, now)
		}
		v.guess(passed, id, authID, kind, map[string]string{"PAYMENT": pin, "LOGIN": login}[kind])
		again(id + "-1") // its answer is stored
		v.wants(noID, triggerPath, triggerBody("", authID))
		v.wants(noID, triggerPath, triggerBody(id+"-2", authID))
		v.wants("REPEAT_REQ_INCONSISTENT", triggerPath, triggerBody(id+"-1", v.stored("proof1").AuthID))
		v.wants(noID, triggerPath, triggerBody("", authID), client("other"))
	}
	authID := v.ask("late", "PAYMENT")
	v.now = v.now.Add(v.clients["demo"].Policy.Validity)
	v.wants(noID, triggerPath, triggerBody("", authID))
	v.wants(noID, triggerPath, triggerBody("late-1", authID))
	v.guess(noLiveID, "late", authID, "PAYMENT", pin)
	if v.sends.Load() != sends {
		t.Errorf("%d messages went out", v.sends.Load()-sends)
	}
}

// Where the keys of passwords are gone, a challenge that asks for one cannot be passed, and its repeat is no fault.
func TestPasswordsWithoutKeys(t *testing.T) {
	v := newVault(t)
	v.set("PAYMENT", pin)
	authID, sealed := v.ask("pay", "PAYMENT"), v.seal("x", pin)
	v.triggerOf("t-1", authID)
	v.keys.newest = ""
	v.wants(noID, triggerPath, triggerBody("", authID))
	v.wants(noID, triggerPath, triggerBody("t-1", authID))
	v.unwritten("PARAM_ILLEGAL", initPath, askBody("more", "PAYMENT"))
	v.unwritten("PARAM_ILLEGAL", securityPath, guessBody("pay", authID, "PAYMENT", sealed))
	v.unwritten("INVALID_API", setPath, settingBody(authID, "PAYMENT", sealed))
	v.unwritten("INVALID_API", setPath, "no JSON")
	v.init.Passwords, v.verify.Passwords = nil, nil
	v.wants(noID, triggerPath, triggerBody("", authID))
	v.unwritten("PARAM_ILLEGAL", securityPath, guessBody("pay", authID, "PAYMENT", sealed))
	v.unwritten("INVALID_API", setPath, settingBody(authID, "PAYMENT", sealed))
}

// A code never touches the challenge of a password, and a password never that of a code.
func TestCodesAndPasswordsDoNotMeet(t *testing.T) {
	v := newVault(t)
	v.set("PAYMENT", pin)
	authID := v.ask("pay", "PAYMENT")
	was := v.stored("pay")
	for range 12 {
		v.answers(noLiveID, verifyPath, verifyBody("pay", pin))
		v.answers(noLiveID, securityPath, verifyBody("pay", pin))
		v.answers(noLiveID, securityPath, securityBody("pay", authID, pin))
		v.answers(noLiveID, securityPath, pays(securityBody("pay", authID, pin), bill))
	}
	if now := v.stored("pay"); !reflect.DeepEqual(now, was) || v.wrong(password.Payment) != 0 {
		t.Errorf("codes changed the challenge from\n%+v to\n%+v", was, now)
	}
	v.guess(passed, "pay", authID, "PAYMENT", pin)
	id, sent, code := v.sentTo(number)
	was = v.stored(id)
	for range 12 {
		v.guess(noLiveID, id, sent, "PAYMENT", pin)
		v.guess(noLiveID, id, sent, "LOGIN", code)
		v.guess(noLiveID, "pay", sent, "PAYMENT", pin)
	}
	if now := v.stored(id); !reflect.DeepEqual(now, was) || v.wrong(password.Payment) != 0 {
		t.Errorf("passwords changed the challenge from\n%+v to\n%+v", was, now)
	}
	v.answers(passed, securityPath, securityBody(id, sent, code))
}
