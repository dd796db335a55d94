package ams_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// tokenBody is a request to set a password by a wallet token.
func tokenBody(authID, kind, token, value string) string {
	return fmt.Sprintf(`{"authenticationId":%q,"authenticationType":%q,"userIdentityType":"WALLET_TOKEN",`+
		`"userIdentityValue":%q,"passwordValue":%q}`, authID, kind, token, value)
}

// numbered is a request to set a PIN of a number.
func numbered(authID, number, value string) string {
	return strings.Replace(settingBody(authID, "PAYMENT", value), "60-6543216353", number, 1)
}

// A user is named by a number or by a token. Both are the same account.
func TestSetPasswordByToken(t *testing.T) {
	v := newVault(t)
	ctx := t.Context()
	addUser(t, v.users, "u", number, "good")
	addUser(t, v.users, "blocked", number, "of blocked")
	must(t, v.users.Block(ctx, "demo", "blocked"))
	addUser(t, v.users, "removed", number, "of removed")
	must(t, v.users.Remove(ctx, "demo", "removed"))
	addUser(t, v.users, "numberless", "", "of numberless")
	addUser(t, v.users, "odd", "60-06543216353", "of odd")
	must(t, v.users.AddToken(ctx, "demo", "u", "short", v.now.Add(time.Minute)))
	must(t, v.users.AddToken(ctx, "demo", "u", "revoked", time.Time{}))
	must(t, v.users.RevokeToken(ctx, "demo", "revoked"))
	v.now = v.now.Add(time.Minute)
	proof := v.proof(number)
	for token, code := range map[string]string{
		"nobody's": "INVALID_ACCESS_TOKEN", "short": "INVALID_ACCESS_TOKEN", "revoked": "INVALID_ACCESS_TOKEN",
		"of blocked": "USER_STATUS_ABNORMAL", "of removed": "USER_NOT_EXIST", "of numberless": "PROCESS_FAIL",
		"of odd": "INVALID_PHONE_NUMBER",
	} {
		v.unwritten(code, setPath, tokenBody(proof, "PAYMENT", token, v.seal(proof, pin)))
	}
	v.wants("SUCCESS", setPath, tokenBody(proof, "PAYMENT", "good", v.seal(proof, pin)))
	v.guess(passed, "pay", v.ask("pay", "PAYMENT"), "PAYMENT", pin)
	again := v.proof(number)
	v.wants("SUCCESS", setPath, settingBody(again, "PAYMENT", v.seal(again, "482916")))
	v.guess(passed, "pay2", v.ask("pay2", "PAYMENT"), "PAYMENT", "482916")

	must(t, v.users.Block(ctx, "demo", "u"))
	last := v.proof(number)
	v.unwritten("PROCESS_FAIL", setPath, settingBody(last, "PAYMENT", v.seal(last, pin)))
	v.wants("PROCESS_FAIL", initPath, askBody("pay3", "PAYMENT"))
	must(t, v.users.Unblock(ctx, "demo", "u"))
	v.wants("SUCCESS", setPath, settingBody(last, "PAYMENT", v.seal(last, pin))) // the proof was not used up
	v.init.Users = nil
	v.unwritten("INVALID_ACCESS_TOKEN", setPath, tokenBody(last, "PAYMENT", "good", v.seal(last, pin)))
}

// The proof is a code of the same client and number that passed of late, and it sets one password.
func TestProofsOfPasswords(t *testing.T) {
	v := newVault(t)
	refused := func(what, authID, number string) {
		t.Helper()
		if v.unwritten(noID, setPath, numbered(authID, number, v.seal(authID, pin))); t.Failed() {
			t.Fatal(what)
		}
	}
	v.set("LOGIN", login)
	refused("unknown", "20220105190077000000162140200586657", number)
	refused("no id of ours", "x", number)
	id, sent, code := v.sentTo(number)
	refused("not passed", sent, number)
	v.answers(unmatched, verifyPath, verifyBody(id, wrongCode(code)))
	refused("guessed wrong", sent, number)
	_, _, _ = v.sentTo("60-6543216354")
	refused("of another number", v.proof("60-6543216354"), number)
	failed := strings.Replace(initBody("failed"), number, "60-6543216355", 1)
	v.delivery = otp.Refused
	v.wants("PROCESS_FAIL", initPath, failed)
	v.delivery = otp.Accepted
	refused("failed", v.stored("failed").AuthID, "60-6543216355")
	for range 5 {
		v.post(verifyPath, verifyBody(id, wrongCode(code)))
	}
	refused("locked", sent, number)

	late := v.proof(number)
	v.now = v.now.Add(password.ProofAge - time.Millisecond)
	v.wants("SUCCESS", setPath, settingBody(late, "PAYMENT", v.seal(late, pin)))
	later := v.proof(number)
	v.now = v.now.Add(password.ProofAge)
	refused("ten minutes old", later, number)
	_, expired, _ := v.sentTo(number)
	v.now = v.now.Add(time.Hour)
	refused("expired", expired, number)

	asked := v.ask("login", "LOGIN")
	refused("of a password, live", asked, number)
	v.guess(passed, "login", asked, "LOGIN", login)
	refused("of a password, passed", asked, number)

	ours := v.proof(number)
	body := settingBody(ours, "PAYMENT", v.seal(ours, pin))
	v.unwritten(noID, setPath, body, client("other"))
	v.wants("SUCCESS", setPath, body)
	v.unwritten("SUCCESS", setPath, body) // a repeat
	refused("used, the same password", ours, number)
	v.unwritten(noID, setPath, settingBody(ours, "LOGIN", v.seal(ours, login)))
	v.unwritten("PARAM_ILLEGAL", setPath, strings.Replace(body, `"PAYMENT"`, `"LOGIN"`, 1)) // six digits are none
}

// A code that the client chose proves nothing, as it needs no phone.
func TestChosenCodeProvesNothing(t *testing.T) {
	v := newVault(t)
	got, err := v.init.Messages.Issuer.Send(t.Context(), otp.Start{
		Client: "demo", ID: "chosen", To: "+606543216353", Mask: "+60******6353", Policy: v.clients["demo"].Policy,
		Code: "424242", Text: func(code string, _ time.Duration) string { return code },
	})
	if err != nil || got.Outcome != otp.Sent {
		t.Fatal(got, err)
	}
	authID := v.stored("chosen").AuthID
	v.wants("SUCCESS", verifyPath, verifyBody("chosen", "424242"))
	v.unwritten(noID, setPath, settingBody(authID, "PAYMENT", v.seal(authID, pin)))
	v.unwritten(noID, triggerPath, fmt.Sprintf(`{"challengeId":%q,"authenticationMethod":"PASSWORD"}`, authID))
}

// A line has one account, whichever spelling of its number a request has.
func TestPasswordOfAnotherSpelling(t *testing.T) {
	v := newVault(t)
	for older, today := range map[string]string{
		"52-15512345678": "52-5512345678", "225-07030405": "225-0707030405", "229-97123456": "229-0197123456",
	} {
		for proved, set := range map[string]string{older: today, today: older} {
			authID := v.proof(proved)
			v.wants("SUCCESS", setPath, numbered(authID, set, v.seal(authID, "482915")))
			id := proved + " asked"
			asked := v.wants("SUCCESS", initPath, strings.Replace(askBody(id, "PAYMENT"), number, proved, 1)).AuthID
			v.guess(passed, id, asked, "PAYMENT", "482915")
		}
	}
}

// Passwords that are guessed first are refused with their rule, and use no proof.
func TestWeakPasswords(t *testing.T) {
	v := newVault(t)
	proof := v.proof(number)
	for kind, rules := range map[string]map[string]string{
		"PAYMENT": {
			"777777": "again and again", "0000": "again and again", "345678": "run up or down",
			"9876":   "run up or down",
			"901234": "run up or down", "321098": "run up or down", "654321": "run up or down",
			"6353": "digits of the number", "543216": "digits of the number", "606543": "digits of the number",
			"121212": "commonest", "159753": "commonest", "1004": "commonest",
			"123": "4 to 8 digits", "": "4 to 8 digits", "948271635": "4 to 8 digits", "48291a": "4 to 8 digits",
			"４８２９１５": "4 to 8 digits", " 482915": "4 to 8 digits", "482915\n": "4 to 8 digits",
		},
		"LOGIN": {
			"zzzzzzzz": "again and again", "abcdefgh": "run up or down", "87654321": "run up or down",
			"06543216": "digits of the number", "606543216353": "digits of the number",
			"my606543216353!": "digits of the number", "PassWord": "commonest", "qwertyuiop": "commonest",
			"short": "8 to 64", "": "8 to 64", strings.Repeat("x1", 33): "8 to 64", "correct\x00horse": "8 to 64",
			"correct\xffhorse": "8 to 64",
		},
	} {
		for typed, rule := range rules {
			got := v.unwritten("PARAM_ILLEGAL", setPath, settingBody(proof, kind, v.seal(proof, typed)))
			message := got.Result.Message
			if !strings.Contains(message, "passwordValue: ") || !strings.Contains(message, rule) ||
				typed != "" && strings.Contains(message, typed) {
				t.Errorf("%s %q: the message is %q, want the rule %q", kind, typed, message, rule)
			}
		}
	}
	v.wants("SUCCESS", setPath, settingBody(proof, "PAYMENT", v.seal(proof, "48291563")))
	for _, typed := range []string{"4829", strings.Repeat("é1", 32), "päßwört ☂", "12345678a"} {
		proof, kind := v.proof(number), "LOGIN"
		if len(typed) == 4 {
			kind = "PAYMENT"
		}
		v.wants("SUCCESS", setPath, settingBody(proof, kind, v.seal(proof, typed)))
	}
}

// Passwords in clear are taken from clients whose record allows them, and from no other.
func TestClearPasswords(t *testing.T) {
	v := newVault(t)
	proof := v.proof(number)
	body := settingBody(proof, "PAYMENT", pin)
	v.unwritten("PARAM_ILLEGAL", setPath, body)
	v.clients["demo"].ClearPasswords = true
	v.unwritten("PARAM_ILLEGAL", setPath, settingBody(proof, "PAYMENT", "123456"))
	v.wants("SUCCESS", setPath, body)
	v.unwritten(noID, setPath, body) // a repeat would be a guess that nothing counts
	authID := v.ask("pay", "PAYMENT")
	v.answers(unmatched, securityPath, guessBody("pay", authID, "PAYMENT", "482916"))
	v.unwritten("PARAM_ILLEGAL", securityPath, guessBody("pay", authID, "PAYMENT", "48291x"))
	v.unwritten("PARAM_ILLEGAL", securityPath, guessBody("pay", authID, "PAYMENT", v.seal(authID, pin)[:343]))
	v.clients["demo"].ClearPasswords = false
	v.unwritten("PARAM_ILLEGAL", securityPath, guessBody("pay", authID, "PAYMENT", pin))
	v.clients["demo"].ClearPasswords = true
	v.answers(passed, securityPath, guessBody("pay", authID, "PAYMENT", pin))
	v.guess(passed, "both", v.ask("both", "PAYMENT"), "PAYMENT", pin) // encrypted ones are taken as before
}

// setPassword is signed as all APIs are, and a client's list of APIs may leave it out.
func TestPermissionOfSetPassword(t *testing.T) {
	v := newVault(t)
	proof := v.proof(number)
	body := settingBody(proof, "PAYMENT", v.seal(proof, pin))
	c := v.clients["demo"]
	for _, apis := range [][]string{{"customers/initAuthentication", "security/verifyAuthentication"}, {"unimatrix"}} {
		c.APIs = apis
		v.unwritten("ACCESS_DENIED", setPath, body)
	}
	c.APIs = nil
	c.Unsigned = false
	v.unwritten("PARAM_ILLEGAL", setPath, body) // without Request-Time
	v.unwritten("INVALID_SIGNATURE", setPath, body, header("request-time", fmt.Sprint(v.now.UnixMilli())))
	c.Unsigned = true
	get := header("content-type", "text/plain")
	v.unwritten("PARAM_ILLEGAL", setPath, body, get)
	c.APIs = []string{"security/setPassword"}
	v.wants("SUCCESS", "/v1/security/setPassword", body)
	v.unwritten("ACCESS_DENIED", initPath, askBody("pay", "PAYMENT"))
	c.APIs = []string{"ams"}
	v.wants("SUCCESS", "/ams/sandbox/api/v1/security/setPassword", body) // a repeat, by any prefix
}

// The code of a payment confirms that payment, and sets no password.
func TestPaymentCodeProvesNothing(t *testing.T) {
	v := newVault(t)
	authID := v.wants("SUCCESS", initPath, pays(initBody("paid"), bill)).AuthID
	v.wants("SUCCESS", verifyPath, pays(verifyBody("paid", v.code.Load().(string)), bill))
	v.unwritten(noID, setPath, settingBody(authID, "PAYMENT", v.seal(authID, pin)))
}
