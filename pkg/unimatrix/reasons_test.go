package unimatrix_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"countersign/docs/reasonstest"
	"countersign/pkg/telemetry"
)

// otherText returns a query with the signature of a text that is made out of the right one.
func otherText(change func(text string) string) edit {
	text := plain("1795314304") + "&x=%2F"
	return query(sign(secret, change(text), text))
}

func signature(value string) edit {
	return query(plain("1795314304") + "&signature=" + url.QueryEscape(value))
}

func with(old, new string) edit {
	return query(strings.Replace(signed(secret, "1795314304"), old, new, 1))
}

const (
	macForm      = "mac_form: signature must be 64 lower-case hex digits, or 44 characters of base64 "
	macParams    = "mac_params: the client's secret signed other parameters, must be all but signature "
	macText      = "mac_text: the client's secret signed the right parameters in another form "
	timestampFar = "timestamp_far: timestamp is too far from the service's clock "
)

// refusedSignatures are requests whose signature is refused, by the beginning of the detail in the log line.
var refusedSignatures = map[string]edit{
	"param_missing":                       query(plain("1795314304")),
	"timestamp_missing":                   query(signed(secret, "")),
	"timestamp_form":                      query(signed(secret, "today")),
	timestampFar + "(4000 seconds behind": query(signed(secret, "1795310304")),
	timestampFar + "(4000 seconds ahead":  query(signed(secret, "1795318304")),
	"algorithm_hmac":                      with("hmac-sha256", "hmac-sha1"),
	"algorithm_hmac: algo":                with("algorithm=hmac-sha256&", ""),
	"nonce":                               with("76cea0777066cf2b", "1"),
	"nonce: ":                             with("&nonce=76cea0777066cf2b", ""),
	"mac_form":                            signature("canary"),
	macForm + "(it is as long as HMAC-SHA1)": signature(
		strings.Repeat("0", 40)),
	macForm + "(it is as long as HMAC-SHA512)": signature(
		strings.Repeat("0", 128)),
	macForm + "(it has upper-case digits)": signature(
		strings.Repeat("A", 64)),
	"mac_order":    query(sign(secret, "x=1&"+plain("1795314304"), "x=1&"+plain("1795314304"))),
	"mac_encoding": otherText(func(text string) string { return strings.Replace(text, "%2F", "/", 1) }),
	macParams + "(without action)": otherText(
		func(text string) string { return strings.Replace(text, "&action=otp.send", "", 1) }),
	macParams + "(only those": otherText(
		func(text string) string { return strings.TrimSuffix(text, "&x=%2F") }),
	"mac_body":                    otherText(func(text string) string { return text + sendText }),
	macText + "(with ? in front)": otherText(func(text string) string { return "?" + text }),
	macText + "(without & between them)": otherText(
		func(text string) string { return strings.ReplaceAll(text, "&", "") }),
	"mac_secret: the client's secret signed, in another spelling (with a line feed": query(
		signed(secret+"\n", "1795314304")),
	macForm + "(it is base64 of the hex": signature(
		base64.StdEncoding.EncodeToString([]byte(strings.Repeat("0a", 32)))),
	"mac_other":                            otherText(func(text string) string { return text + "canary" }),
	"mac_other: another":                   query(signed("another", "1795314304")),
	"mac_other: another secret signed, or": with("otp.send", "otp.verify"),
}

// The log line has the reason of each refused signature, and the answer has the contract's code only. The runbook has a
// row for each reason.
func TestReasons(t *testing.T) {
	s := newService(t)
	s.api.Lines = &telemetry.Lines{}
	found := map[string]bool{}
	try := func(want string, e edit) {
		t.Helper()
		s.log.Reset()
		got := s.post(e)
		var line struct{ Detail, Client string }
		if err := json.Unmarshal(s.log.Bytes(), &line); err != nil {
			t.Fatal(err, s.log.String())
		}
		if !strings.HasPrefix(line.Detail, want) || line.Client != s.known[signing].ID ||
			strings.Contains(line.Detail, "canary") {
			t.Errorf("logged %q, want %q", line.Detail, want)
		}
		name, _, _ := strings.Cut(line.Detail, ":")
		found[name] = true
		if got.Status != 401 || strings.Contains(got.Raw, name) || !slices.Contains(messages, got.Message) {
			t.Errorf("%s: answered %d %s", want, got.Status, got.Raw)
		}
	}
	for want, e := range refusedSignatures {
		try(want, e)
	}
	s.known[signing].Once = true
	s.expect(200, "0", query(signed(secret, "1795314304")))
	try("nonce_used", query(signed(secret, "1795314304")))
	s.known[signing].Secrets = nil
	try("no_secret", query(signed(secret, "1795314304")))
	page := reasonstest.Names(t, "../../docs/runbook.md", reasonstest.Unimatrix)
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, page) {
		t.Errorf("requests have the reasons\n%v\nand docs/runbook.md has rows for\n%v", got, page)
	}
}

// messages are those of refused signatures, which name no reason.
var messages = []string{"MissingSignature", "InvalidSignature", "InvalidSignatureTimestamp"}
