package ams_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/docs/reasonstest"
	"countersign/pkg/gateway"
	"countersign/pkg/signature"
	"countersign/pkg/telemetry"
)

// signs makes a request one of the merchant's, with the signature of a text of the test's own.
func signs(t testing.TB, s *service, key *rsa.PrivateKey, text func(r *gateway.Request, now string) string) edit {
	return func(r *gateway.Request) {
		now := fmt.Sprint(s.now.UnixMilli())
		r.Headers["host"] = []string{"otp.example.com"}
		header, err := signature.Key{Version: "1", Private: key}.Sign([]byte(text(r, now)))
		if err != nil {
			t.Fatal(err)
		}
		r.Headers["client-id"], r.Headers["request-time"], r.Headers["signature"] =
			[]string{merchant}, []string{now}, []string{header}
	}
}

// otherTexts are texts that clients sign by mistake, by the beginning of the detail in the log line.
var otherTexts = map[string]func(r *gateway.Request, now string) string{
	signature.SignedOtherURI.Detail("without the query"): texts("", 0, ""),
	signature.SignedOtherURI.Detail("without the prefix of the path"): func(
		r *gateway.Request, now string,
	) string {
		r.Query = ""
		return "POST " + strings.TrimPrefix(r.Path, "/ams/api") + "\n" + merchant + "." + now + "." + string(r.Body)
	},
	signature.SignedOtherURI.Detail("with https:// and the host"): func(
		r *gateway.Request, now string,
	) string {
		r.Query = "a=1"
		return "POST https://otp.example.com" + r.Path + "?a=1\n" + merchant + "." + now + "." + string(r.Body)
	},
	"signed_method": texts("?a=1", 1, ""),
	"signed_client": texts("?a=1", 2, ""),
	"signed_time":   texts("?a=1", 3, ""),
	signature.SignedOtherBody.Detail("without white space"): texts("?a=1", 4, ""),
	signature.SignedOtherBody.Detail("with a line feed at the end"): texts(
		"?a=1", 0, "\n"),
	signature.SignedOtherBody.Detail("with line breaks and indents"): func(r *gateway.Request, now string) string {
		pretty := strings.NewReplacer("{", "{\n  ", `",`, "\",\n  ", `":"`, `": "`, "}", "\n}").Replace(string(r.Body))
		return "POST " + r.Path + "\n" + merchant + "." + now + "." + pretty
	},
	signature.SignedOtherForm.Detail("with CR LF for the line feed"): replacedText("\n", "\r\n"),
	signature.SignedOtherForm.Detail(`with the two characters \n for the line feed`): replacedText(
		"\n", `\n`),
	signature.SignedOtherForm.Detail("without the dot before the body"): replacedText(".{", "{"),
	signature.SignedOtherForm.Detail("its SHA-256 sum in hex"): func(r *gateway.Request, now string) string {
		return fmt.Sprintf("%x", sha256.Sum256([]byte(replacedText("", "")(r, now))))
	},
	"signed_other": texts("?a=1", 0, "x"),
}

// replacedText returns the right text with a change.
func replacedText(old, new string) func(*gateway.Request, string) string {
	return func(r *gateway.Request, now string) string {
		return strings.Replace("POST "+r.Path+"\n"+merchant+"."+now+"."+string(r.Body), old, new, 1)
	}
}

// texts returns a text with a query, a part that differs, and a suffix of the body.
func texts(query string, part int, suffix string) func(*gateway.Request, string) string {
	return func(r *gateway.Request, now string) string {
		r.Query = "a=1"
		method, client, body := "POST", merchant, string(r.Body)+suffix
		switch part {
		case 1:
			method = "post"
		case 2:
			client = ""
		case 3:
			var ms int64
			fmt.Sscan(now, &ms)
			now = time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
		case 4:
			r.Body = []byte(strings.ReplaceAll(body, `":"`, `" : "`))
		}
		return method + " " + r.Path + query + "\n" + client + "." + now + "." + body
	}
}

// hashed signs with another hash.
func hashed(t testing.TB, s *service, key *rsa.PrivateKey) edit {
	return func(r *gateway.Request) {
		signed(t, s, key)(r)
		sum := sha1.Sum(signature.Text(r.Method, r.Path, merchant, r.Headers["request-time"][0], r.Body))
		value, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA1, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		r.Headers["signature"] = []string{signature.Header{Version: "1", Signature: value}.String()}
	}
}

// padded signs with PSS.
func padded(t testing.TB, s *service, key *rsa.PrivateKey) edit {
	return func(r *gateway.Request) {
		signed(t, s, key)(r)
		sum := sha256.Sum256(signature.Text(r.Method, r.Path, merchant, r.Headers["request-time"][0], r.Body))
		value, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Headers["signature"] = []string{signature.Header{Version: "1", Signature: value}.String()}
	}
}

// raw writes the base64 of the signature in another way.
func raw(write func(base64 string) string) edit {
	return changed("signature", func(h string) string {
		start, value, _ := strings.Cut(h, "signature=")
		plain, _ := url.PathUnescape(value)
		return start + "signature=" + write(plain)
	})
}

// newKey returns a key of so many bits.
func newKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// refusedSignatures are requests whose signature is refused, by the beginning of the detail in the log line.
func refusedSignatures(t testing.TB, s *service) map[string]edit {
	key, other, longer := privateKey(t, "ams-test-client.key.pem"), newKey(t, 2048), newKey(t, 3072)
	s.clients[merchant].Keys["2"], s.clients[merchant].Keys["3"] = &other.PublicKey, &longer.PublicKey
	all := map[string]edit{
		"time_missing": header("request-time"), "time_missing: the": header("request-time", " "),
		"time_twice": repeated("request-time"), "time_twice: the": joined("request-time"),
		"time_form":         header("request-time", "Fri, 27 Nov 2026 15:00:00 GMT"),
		"signature_missing": header("signature"), "signature_twice": repeated("signature"),
		"header_long":  header("signature", strings.Repeat("x", 5000)),
		"header_parts": header("signature", "canary"), "name_twice": joined("signature"),
		"value_missing": header("signature", "algorithm=RSA256,keyVersion=1"),
		"algorithm":     replaced("RSA256", "RSA512"), "version_empty": replaced("keyVersion=1", "keyVersion="),
		"not_escaped":   raw(func(b string) string { return b }),
		"plus_lost":     raw(func(string) string { return "fn5 fn9%2F" }),
		"escaped_twice": raw(func(b string) string { return url.QueryEscape(url.QueryEscape(b)) }),
		"not_base64":    raw(func(b string) string { return url.QueryEscape(strings.TrimRight(b, "=")) }),
		signature.KeyUnknown.Detail("its keys have the versions 1, 2, 3"): replaced(
			"keyVersion=1", "keyVersion=4"),
		"length": raw(func(b string) string { return url.QueryEscape(b[:340] + "AAAA") }),
		signature.OtherKeyOfClient.Detail("version 2"): signed(t, s, other),
		signature.OtherKeyOfClient.Detail("version 3"): signed(t, s, longer),
		"other_key":  signed(t, s, newKey(t, 2048)),
		"other_hash": hashed(t, s, key), "other_padding": padded(t, s, key),
		"not_base64: signature": raw(func(b string) string {
			value, _ := base64.StdEncoding.DecodeString(b)
			return hex.EncodeToString(value)
		}),
		signature.TimeFar.Detail("4000 seconds behind it, at most 600"): aged(
			t, s, key, -4000),
		signature.TimeFar.Detail("4000 seconds ahead of it, at most 600"): aged(
			t, s, key, 4000),
	}
	for detail, text := range otherTexts {
		all[detail] = signs(t, s, key, text)
	}
	for detail, e := range all {
		all[detail] = func(r *gateway.Request) { signed(t, s, key)(r); e(r) }
	}
	return all
}

// aged signs a request whose time is so many seconds after the clock.
func aged(t testing.TB, s *service, key *rsa.PrivateKey, seconds int) edit {
	return func(r *gateway.Request) {
		now := s.now
		s.now = now.Add(time.Duration(seconds) * time.Second)
		signed(t, s, key)(r)
		s.now = now
	}
}

// The log line has the reason of each refused signature, and the answer has the code only: the contract's. The runbook
// has a row for each reason.
func TestReasons(t *testing.T) {
	s := trusted(t)
	s.init.Lines = &telemetry.Lines{}
	found := map[string]bool{}
	for want, e := range refusedSignatures(t, s) {
		s.log.Reset()
		resp := s.post("/ams/api"+verifyPath, docVerify, e)
		got := parse(t, resp)
		var line struct{ Detail, Client string }
		if err := json.Unmarshal(s.log.Bytes(), &line); err != nil {
			t.Fatal(err, s.log.String())
		}
		if !strings.HasPrefix(line.Detail, want) || line.Client != merchant || strings.Contains(line.Detail, "canary") {
			t.Errorf("logged %q, want %q", line.Detail, want)
		}
		name, _, _ := strings.Cut(line.Detail, ":")
		found[name] = true
		if past(got.Result.Code) || strings.Contains(string(resp.Body), name) {
			t.Errorf("%s: answered %s, want a refusal without the reason", want, resp.Body)
		}
		if code := got.Result.Code; code != "PARAM_ILLEGAL" {
			if message := got.Result.Message; message != plainMessages[code] {
				t.Errorf("%s: %s says %q, want %q", want, code, message, plainMessages[code])
			}
		}
	}
	page := reasonstest.Names(t, "../../docs/runbook.md", reasonstest.AMS)
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, page) {
		t.Errorf("requests have the reasons\n%v\nand docs/runbook.md has rows for\n%v", got, page)
	}
}

// plainMessages are the messages of refusals, which are the same for each reason.
var plainMessages = map[string]string{
	"SIGNATURE_INVALID": "The signature is invalid.", "KEY_NOT_FOUND": "The key is not found.",
}

// A function writes one line about strangers in ten seconds, so it looks for a reason as seldom: nobody buys its
// processor's time with requests.
func TestReasonsAreFoundSeldom(t *testing.T) {
	s := trusted(t)
	s.init.Lines = &telemetry.Lines{Every: telemetry.SampleEvery}
	wrong := signed(t, s, newKey(t, 2048))
	for range 50 {
		s.post("/ams/api"+verifyPath, docVerify, wrong)
	}
	if n := strings.Count(s.log.String(), "other_key: "); n != 1 {
		t.Errorf("%d reasons in ten seconds, want 1", n)
	}
}

// PARAM_ILLEGAL names the rule that a Request-Time breaks.
func TestRulesOfRequestTime(t *testing.T) {
	const form = "must be 13 digits of milliseconds, or ISO 8601 with an offset"
	s := trusted(t)
	key := privateKey(t, "ams-test-client.key.pem")
	for _, c := range []struct {
		want  string
		lines []string
	}{
		{"is required", nil},
		{"is required, and must not be empty", []string{""}},
		{"is required, and must not be empty", []string{" "}},
		{"must be given once", []string{"1685599933871", "1685599933871"}},
		{"must be given once", []string{"1685599933871,1685599933871"}},
		{"must be given once", []string{"2026-11-22T08:13:28Z, 2026-11-22T08:13:28Z"}},
		{"must be given once", []string{"1685599933871,"}},
		{form + ": dates with the names of days and months are not read", []string{"Sun, 22 Nov 2026 08:13:28 GMT"}},
		{form + ": dates with the names of days and months are not read", []string{"Sunday, 22-Nov-26 08:13:28 GMT"}},
		{form, []string{"Sun Nov 22 08:13:28 2026"}},
		{form + ": 10 digits are seconds", []string{"1795335208"}},
		{form + ": more than 13 digits are microseconds or nanoseconds", []string{"1795335208457000"}},
		{form + ": the offset is missing, such as Z or +08:00", []string{"2026-11-22T08:13:28"}},
		{form + ": the offset is missing, such as Z or +08:00", []string{"2026-11-22 08:13:28"}},
		{form, []string{"2026-11-22 08:13:28Z"}},
		{form, []string{"now"}}, {form, []string{"-1685599933871"}}, {form, []string{"1.795335208457e12"}},
	} {
		got := s.refused("PARAM_ILLEGAL", "/ams/api"+verifyPath, docVerify, func(r *gateway.Request) {
			signed(t, s, key)(r)
			r.Headers["request-time"] = c.lines
			if len(c.lines) == 1 {
				signs(t, s, key, func(*gateway.Request, string) string {
					return string(signature.Text(r.Method, r.Path, merchant, c.lines[0], r.Body))
				})(r)
				r.Headers["request-time"] = c.lines
			}
		})
		if !strings.HasSuffix(got.Result.Message, " Request-Time: "+c.want) {
			t.Errorf("%q: %q, want the rule %q", c.lines, got.Result.Message, c.want)
		}
	}
}
