package ams_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/password"
)

// members are those of a body, in JSON. A name with a dot is that of a member of a member.
type members map[string]string

// body writes the members as one object, with the text of more in it.
func (m members) body(more ...string) string {
	inner := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		outer, name, nested := strings.Cut(name, ".")
		if !nested {
			outer, name = "", outer
		}
		inner[outer] = append(inner[outer], fmt.Sprintf("%q:%s", name, m[strings.TrimPrefix(outer+"."+name, ".")]))
	}
	all := append(inner[""], more...)
	for _, outer := range slices.Sorted(maps.Keys(inner)) {
		if outer != "" {
			all = append(all, fmt.Sprintf("%q:{%s}", outer, strings.Join(inner[outer], ",")))
		}
	}
	return "{" + strings.Join(all, ",") + "}"
}

// with returns the members with one of them changed, "" to leave it out.
func (m members) with(name, value string) members {
	all := maps.Clone(m)
	if all[name] = value; value == "" {
		delete(all, name)
	}
	return all
}

func quoted(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// badRequest is a good request of an API: each of its fields is then sent wrong.
type badRequest struct {
	path     string
	good     members
	optional []string
	longest  map[string]int
	texts    []string // fields that may have control characters
}

// wrongs returns the wrong bodies of a field, by what is wrong.
func (r badRequest) wrongs(field string) map[string]string {
	good := r.good[field]
	outer, name, nested := strings.Cut(field, ".")
	if !nested {
		outer, name = "", field
	}
	all := map[string]string{
		"number": r.good.with(field, "1").body(), "boolean": r.good.with(field, "true").body(),
		"object": r.good.with(field, "{}").body(), "array": r.good.with(field, "["+good+"]").body(),
		"too long":   r.good.with(field, quoted(strings.Repeat("1", r.longest[field]+1))).body(),
		"other case": strings.Replace(r.good.body(), `"`+name+`":`, `"`+strings.ToUpper(name)+`":`, 1),
		"twice":      strings.Replace(r.good.body(), `"`+name+`":`+good, `"`+name+`":`+good+`,"`+name+`":`+good, 1),
	}
	if !slices.Contains(r.texts, field) {
		text := strings.Trim(good, `"`)
		all["control character"] = r.good.with(field, quoted(text+"\n")).body()
		all["NUL"] = r.good.with(field, `"`+text+`\u0000"`).body()
		all["DEL"] = r.good.with(field, quoted("\x7f"+text)).body()
	}
	if !slices.Contains(r.optional, field) {
		all["missing"], all["null"] = r.good.with(field, "").body(), r.good.with(field, "null").body()
		all["empty"] = r.good.with(field, `""`).body()
	}
	if nested {
		alone := maps.Clone(r.good)
		maps.DeleteFunc(alone, func(name, _ string) bool { return strings.HasPrefix(name, outer+".") })
		all["outer"] = alone.with(outer, "[]").body()
	}
	return all
}

// passwordRequests returns a good request of each API with all of its fields.
func (v *vault) passwordRequests() (all []badRequest) {
	id, proof := v.ask("pay", "PAYMENT"), v.proof(number)
	setting := members{
		"authenticationId": quoted(proof), "authenticationMethod": `"PASSWORD"`, "authenticationType": `"PAYMENT"`,
		"passwordValue": quoted(v.seal(proof, pin)), "keyVersion": `"2"`,
		"identityType": `"MOBILENO"`, "identityValue": quoted(number),
	}
	byToken := setting.with("identityType", "").with("identityValue", "").with("userIdentityType", `"WALLET_TOKEN"`).
		with("userIdentityValue", `"token"`)
	longest := map[string]int{
		"authenticationRequestId": 64, "authenticationId": 64, "challengeId": 64, "triggerRequestId": 64,
		"authenticationMethod": 16, "authenticationType": 16, "identityType": 16, "identityValue": 128,
		"userIdentityType": 16, "userIdentityValue": 128, "passwordValue": 684, "keyVersion": 16,
		"challengeData.challengeType": 16, "challengeData.passwordValue": 684, "challengeData.keyVersion": 16,
	}
	texts := []string{"identityValue", "userIdentityValue", "passwordValue", "challengeData.passwordValue"}
	verifies := maps.Clone(longest)
	verifies["authenticationRequestId"] = 128
	return []badRequest{
		{initPath, members{
			"authenticationRequestId": `"new"`, "authenticationMethod": `"PASSWORD"`, "authenticationType": `"PAYMENT"`,
			"identityType": `"MOBILENO"`, "identityValue": quoted(number),
		}, nil, longest, texts},
		{triggerPath, members{
			"triggerRequestId": `"t"`, "challengeId": quoted(id), "authenticationMethod": `"PASSWORD"`,
		}, []string{"triggerRequestId", "authenticationMethod"}, longest, texts},
		{securityPath, members{
			"authenticationRequestId": `"pay"`, "authenticationId": quoted(id), "authenticationMethod": `"PASSWORD"`,
			"authenticationType": `"PAYMENT"`, "challengeData.challengeType": `"PAYMENT_PASSWORD"`,
			"challengeData.passwordValue": quoted(v.seal(id, pin)), "challengeData.keyVersion": `"2"`,
		}, []string{
			"authenticationMethod", "authenticationType", "challengeData.challengeType", "challengeData.keyVersion",
		}, verifies, texts},
		{setPath, setting, []string{"authenticationMethod", "keyVersion"}, longest, texts},
		{setPath, byToken, []string{"authenticationMethod", "keyVersion"}, longest, texts},
	}
}

// calm wants no fault in the log.
func (v *vault) calm() {
	v.t.Helper()
	for line := range strings.SplitSeq(v.log.String(), "\n") {
		if strings.Contains(line, `"fault"`) || strings.Contains(line, `"trace"`) || strings.Contains(line, "panic") {
			v.t.Errorf("a fault: %s", line)
		}
	}
}

// Each field of each API of passwords is refused in each way that it can be wrong: nothing is written, no attempt is
// used, and no fault is logged. The good requests still pass afterwards.
func TestBadPasswordFields(t *testing.T) {
	v := newVault(t)
	addUser(t, v.users, "u", number, "token")
	v.set("PAYMENT", pin)
	all := v.passwordRequests()
	n := 0
	for _, r := range all {
		for field := range r.good {
			for what, body := range r.wrongs(field) {
				n++
				_, name, _ := strings.Cut("."+field, ".")
				got := v.unwritten("PARAM_ILLEGAL", r.path, body).Result.Message
				known := strings.Contains(got, strings.TrimPrefix(name, "challengeData.")+": ") ||
					strings.Contains(got, "challengeData: ") ||
					what == "twice" && strings.Contains(got, "each name once")
				if !known || strings.Contains(got, pin) {
					t.Errorf("%s %s %s: the message is %q", r.path, field, what, got)
				}
			}
		}
	}
	if n < 300 {
		t.Errorf("%d bodies, want 300 or more", n)
	}
	if v.wrong(password.Payment) != 0 {
		t.Errorf("%d guesses are counted", v.wrong(password.Payment))
	}
	v.calm()
	for _, r := range all[:4] {
		v.wants("SUCCESS", r.path, r.good.body())
	}
}

// Values that no field may have, and fields that do not go together.
func TestPasswordFieldsThatDisagree(t *testing.T) {
	v := newVault(t)
	v.set("PAYMENT", pin)
	all := v.passwordRequests()
	init, verify, setting := all[0].good, all[2].good, all[3].good
	for path, bodies := range disagreeing(all) {
		for _, body := range bodies {
			v.unwritten("PARAM_ILLEGAL", path, body)
		}
	}
	for _, bad := range []string{
		"+60-6543216353", "606543216353", "60-06543216353", "60-654321635a", "-", "60-6543216353\u0000",
	} {
		v.unwritten("INVALID_PHONE_NUMBER", initPath, init.with("identityValue", quoted(bad)).body())
		v.unwritten("INVALID_PHONE_NUMBER", setPath, setting.with("identityValue", quoted(bad)).body())
	}
	for _, body := range []string{
		verify.with("authenticationRequestId", `"other"`).body(),
		verify.with("authenticationRequestId", quoted(strings.Repeat("é", 128))).body(),
	} {
		v.unwritten(noID, securityPath, body)
	}
	v.unwritten(noID, securityPath, verify.body(), client("other"))
	v.calm()
	v.wants("SUCCESS", securityPath, verify.body(`"cardToken":7`, `"x":null`))
}

// disagreeing are bodies, by path, whose fields do not fit together.
func disagreeing(all []badRequest) map[string][]string {
	init, trigger, verify, setting, byToken := all[0].good, all[1].good, all[2].good, all[3].good, all[4].good
	return map[string][]string{
		initPath: {
			init.with("authenticationMethod", `"password"`).body(),
			init.with("authenticationMethod", `"THIRD_PARTY"`).body(),
			init.with("authenticationMethod", `"OTP"`).body(),
			init.with("authenticationType", `"SMS"`).body(),
			init.with("authenticationType", `"payment"`).body(),
			init.with("authenticationType", `"PAYMENT_PASSWORD"`).body(),
			init.with("identityType", `"EMAIL"`).body(),
			init.with("payment", bill).body(),
			init.with("payment", "{}").body(),
			init.with("env", "[]").body(),
			init.with("env", `{"language":1}`).body(),
		},
		triggerPath: {
			trigger.with("authenticationMethod", `"SMS"`).body(),
			trigger.with("authenticationMethod", `"password"`).body(),
			trigger.with("payment", bill).body(),
		},
		securityPath: {
			verify.with("authenticationMethod", `"OTP"`).body(),
			verify.with("authenticationMethod", `"THIRD_PARTY"`).body(),
			verify.with("authenticationType", `"SMS"`).body(),
			verify.with("authenticationType", `"OTP"`).body(),
			verify.with("authenticationType", `"LOGIN"`).body(),
			verify.with("challengeData.challengeType", `"LOGIN_PASSWORD"`).body(),
			verify.with("challengeData.challengeType", `"payment_password"`).body(),
			verify.with("challengeData.challengeType", `"X_PASSWORD"`).body(),
			verify.with("challengeData.challengeType", `"_PASSWORD"`).body(),
			verify.with("challengeData.challengeType", `"sms"`).body(),
			verify.with("challengeData.otpValue", `"482915"`).body(),
			verify.with("challengeData.passwordValue", "").with("challengeData.otpValue", `"482915"`).body(),
			verify.with("authenticationValue", `"482915"`).body(),
			verify.with("payment", bill).body(),
			`{"authenticationRequestId":"pay","authenticationMethod":"PASSWORD","authenticationValue":"482915"}`,
		},
		setPath: {
			setting.with("authenticationMethod", `"OTP"`).body(),
			setting.with("authenticationType", `"SMS"`).body(),
			setting.with("authenticationType", `"PAYMENT_PASSWORD"`).body(),
			setting.with("identityType", `"EMAIL"`).body(),
			setting.with("userIdentityType", `"WALLET_TOKEN"`).body(),
			setting.with("userIdentityValue", `"token"`).body(),
			setting.with("userIdentityType", `"WALLET_TOKEN"`).with("userIdentityValue", `"token"`).body(),
			byToken.with("userIdentityType", `"EMAIL"`).body(),
			byToken.with("identityType", `"MOBILENO"`).body(),
			byToken.with("identityValue", quoted(number)).body(),
		},
		verifyPath: {
			`{"authenticationType":"PASSWORD","authenticationRequestId":"pay","authenticationValue":"482915"}`,
		},
	}
}

// boxOf encrypts a text as another client would.
func boxOf(t testing.TB, key *rsa.PublicKey, sum hash.Hash, text, label string) []byte {
	t.Helper()
	box, err := rsa.EncryptOAEP(sum, rand.Reader, key, []byte(text), []byte(label))
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// wrongBoxes returns values that are no encryption of the password for the challenge, by what is wrong.
func (v *vault) wrongBoxes(authID string) map[string]string {
	v.t.Helper()
	text := authID + "." + pin
	key, encode := &v.keys.encrypt["2"].PublicKey, base64.StdEncoding.EncodeToString
	right := boxOf(v.t, key, sha256.New(), text, "")
	for right[0] != 0 { // a number that needs one byte less
		right = boxOf(v.t, key, sha256.New(), text, "")
	}
	//lint:ignore SA1019 deprecated, as it should be: no client may send this
	legacy, err := rsa.EncryptPKCS1v15(rand.Reader, key, []byte(text))
	if err != nil {
		v.t.Fatal(err)
	}
	flipped := slices.Clone(right)
	flipped[100] ^= 1
	good := encode(right)
	return map[string]string{
		"key that is not in force": v.box("1", text),
		"key of nobody":            encode(boxOf(v.t, &rsaKeys()[0].PublicKey, sha256.New(), text, "")),
		"other challenge":          v.box("2", "20220105190077000000162140200586657."+pin),
		"no challenge":             v.box("2", pin), "a stop and no challenge": v.box("2", "."+pin),
		"no stop": v.box("2", authID+pin), "part of the challenge": v.box("2", text[1:]),
		"blank before": v.box("2", " "+text), "nothing": v.box("2", ""),
		"PKCS #1 v1.5": encode(legacy), "OAEP with SHA-1": encode(boxOf(v.t, key, sha1.New(), text, "")),
		"a label": encode(boxOf(v.t, key, sha256.New(), text, "password")),
		"a bit":   encode(flipped), "a byte more": encode(append(slices.Clone(right), 0)),
		"a byte less": encode(right[1:]), "twice": good + good[:300], "as large as the key": encode(key.N.Bytes()),
		"zeros": encode(make([]byte, 256)), "ones": strings.Repeat("/", 342) + "8=",
		"not base64": strings.Repeat("!", 344),
		"base64url":  strings.Repeat("-_", 171) + "0=", "without padding": strings.TrimRight(good, "="),
		"line feeds": good[:76] + "\n" + good[76:], "CR LF": good[:64] + "\r\n" + good[64:] + "\r\n",
		"blanks": good[:10] + " " + good[10:], "blank at the end": good + " ",
		"padding in it": good[:100] + "==" + good[102:], "hex": fmt.Sprintf("%x", right),
		"in clear": pin, "other script": "４８２９１５",
		"a million": authID, "percent": strings.ReplaceAll(good, "=", "%3D"), "one character": "a",
	}
}

// What cannot be decrypted for the challenge is no attempt, whatever it is, and nothing is written.
func TestBadEncryption(t *testing.T) {
	v := newVault(t)
	v.set("PAYMENT", pin)
	id, proof := v.ask("pay", "PAYMENT"), v.proof(number)
	for what, value := range v.wrongBoxes(id) {
		got := v.unwritten("PARAM_ILLEGAL", securityPath, guessBody("pay", id, "PAYMENT", value))
		if !strings.Contains(got.Result.Message, "passwordValue: ") || strings.Contains(got.Result.Message, pin) {
			t.Errorf("%s: the message is %q", what, got.Result.Message)
		}
	}
	nul := strings.Replace(guessBody("pay", id, "PAYMENT", v.seal(id, pin)), `="}`, `=\u0000"}`, 1)
	v.unwritten("PARAM_ILLEGAL", securityPath, nul)
	for what, value := range v.wrongBoxes(proof) {
		if v.unwritten("PARAM_ILLEGAL", setPath, settingBody(proof, "PAYMENT", value)); t.Failed() {
			t.Fatal(what)
		}
	}
	versioned := func(version, value string) string {
		return strings.Replace(guessBody("pay", id, "PAYMENT", value), `"passwordValue"`,
			fmt.Sprintf(`"keyVersion":%q,"passwordValue"`, version), 1)
	}
	for _, version := range []string{"3", "0", "-1", "01", "+2", "2 ", " 2", "2.0", "x", "latest", "9999999999999999"} {
		got := v.unwritten("PARAM_ILLEGAL", securityPath, versioned(version, v.seal(id, pin)))
		if !strings.Contains(got.Result.Message, "keyVersion: ") {
			t.Errorf("version %q: the message is %q", version, got.Result.Message)
		}
	}
	v.unwritten("PARAM_ILLEGAL", securityPath, versioned("1", v.seal(id, pin))) // that of another version
	for _, typed := range []string{
		"", "1", "123", "123456789", "48291x", "４８２９１５", pin + "\n", " " + pin, "-48291", strings.Repeat("1", 150),
	} {
		got := v.unwritten("PARAM_ILLEGAL", securityPath, guessBody("pay", id, "PAYMENT", v.seal(id, typed)))
		if typed != "" && strings.Contains(got.Result.Message, typed+" ") {
			t.Errorf("%q: the message is %q", typed, got.Result.Message)
		}
	}
	v.calm()
	retired := v.box("1", id+"."+pin)
	delete(v.keys.encrypt, "1")
	v.unwritten("PARAM_ILLEGAL", securityPath, versioned("1", retired))
	v.keys.encrypt["1"] = rsaKeys()[1]
	if v.wrong(password.Payment) != 0 {
		t.Errorf("%d guesses are counted", v.wrong(password.Payment))
	}
	v.wants("SUCCESS", securityPath, versioned("1", retired)) // an older version that is not retired
	v.wants("SUCCESS", setPath, settingBody(proof, "PAYMENT", v.seal(proof, pin)))
}
