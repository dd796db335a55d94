package unimatrix_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/unimatrix"
)

var (
	verify = func(r *gateway.Request) {
		r.Query, r.Body = "accessKeyId="+simple+"&action=otp.verify", []byte(checkAll)
	}
	hex32 = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// The examples of the seed document have the same bytes, except for the message's id.
func TestDocumentsExamples(t *testing.T) {
	s := newService(t)
	s.expect(200, "0", body(checkAll)) // a send whose code the client chooses
	for _, c := range []struct {
		want  string
		edits []edit
	}{
		{`{"code":"0","message":"Success","data":{"to":"+12068800123","valid":false}}`,
			[]edit{verify, body(`{"to":"+12068800123","code":"123457"}`)}},
		{`{"code":"0","message":"Success","data":{"to":"+12068800123","valid":true}}`, []edit{verify}},
		{`{"code":"104001","message":"MissingParams"}`, []edit{verify, body(`{}`)}},
		{`{"code":"0","message":"Success","data":{"id":"ID","to":"+12068800123","iso":"US","cc":"1","count":1,` +
			`"price":"0.000000"}}`, nil},
	} {
		got := s.post(c.edits...)
		if id, ok := got.Data["id"].(string); ok && hex32.MatchString(id) {
			got.Raw = strings.Replace(got.Raw, id, "ID", 1)
		}
		if got.Raw != c.want {
			t.Errorf("answered\n%s\nwant\n%s", got.Raw, c.want)
		}
	}
}

// Each code has the message and the status of the contract.
func TestCodes(t *testing.T) {
	s := newService(t)
	network := *s.known[simple]
	s.known["strict"] = &clients.Client{
		ID: "strict", Unimatrix: "simple", Countries: []string{"*"}, SenderNames: []string{"Acme"},
		Templates: []string{"one"}, APIs: []string{"otp.send"},
	}
	network.ID, network.Networks = "office", prefixes("192.0.2.0/24")
	s.known["office"] = &network
	for _, c := range []struct {
		code, message string
		status        int
		edits         []edit
	}{
		{"0", "Success", 200, nil},
		{"101301", "NoUpstreamConfigured", 500, []edit{body(`{"to":"+12068800123","channel":"call"}`)}},
		{"104001", "MissingParams", 400, []edit{as(simple, "")}},
		{"104001", "MissingParams", 400, []edit{body(`{}`)}},
		{"104002", "InvalidParams", 400, []edit{body(`[]`)}},
		{"104002", "InvalidParams", 404, []edit{path("/x"), query("")}},
		{"104002", "InvalidParams", 405, []edit{method("GET")}},
		{
			"104003", "RestrictedParams", 400,
			[]edit{as("strict", "otp.send"), body(`{"to":"+12068800123","code":"1234"}`)},
		},
		{"104110", "MissingAccessKeyId", 401, []edit{query("action=otp.send")}},
		{"104111", "InvalidAccessKeyId", 401, []edit{as("nobody", "otp.send")}},
		{"104200", "MissingSignature", 401, []edit{as(signing, "otp.send")}},
		{
			"104201", "InvalidSignature", 401,
			[]edit{query("accessKeyId=akHmac0001&action=otp.send&timestamp=1795314304&signature=x")},
		},
		{
			"104202", "InvalidSignatureTimestamp", 401,
			[]edit{query("accessKeyId=akHmac0001&action=otp.send&signature=x")},
		},
		{"105001", "Unauthorized", 403, []edit{as("strict", "otp.verify")}},
		{"105100", "IpRestricted", 403, []edit{as("office", "otp.send")}},
		{"107111", "InvalidPhoneNumbers", 400, []edit{body(`{"to":"1"}`)}},
		{
			"107121", "SmsSignatureNotExists", 400,
			[]edit{as("strict", "otp.send"), body(`{"to":"+12068800123","signature":"Other"}`)},
		},
		{
			"107141", "SmsTemplateNotExists", 400,
			[]edit{as("strict", "otp.send"), body(`{"to":"+12068800123","templateId":"two"}`)},
		},
	} {
		if got := s.expect(c.status, c.code, c.edits...); got.Message != c.message {
			t.Errorf("%s with message %q, want %q", got.Code, got.Message, c.message)
		}
	}
	s.overRate = true
	if got := s.refused(429, "105300"); got.Message != "LimitExceed" {
		t.Errorf("105300 with message %q", got.Message)
	}
}

// Each field of a body is read in each form that it may have.
func TestDecoded(t *testing.T) {
	for text, want := range map[string]unimatrix.SendRequest{
		sendText: {To: number},
		`{"to":"+12068800123","digits":"8","intent":"héllo","channel":"auto","code":"2048","ttl":1800,` +
			`"signature":"Acme",` +
			`"templateId":"one","extra":[{}]}`: {
			To: number, Digits: 8, Intent: "héllo", Channel: "auto", Code: "2048", TTL: 30 * time.Minute,
			Signature: "Acme", TemplateID: "one",
		},
		`{"to":"+12068800123","digits":null,"intent":"","channel":null,"code":"","ttl":"","signature":null,` +
			`"templateId":""}`: {To: number},
	} {
		if got, ok := unimatrix.DecodeSend([]byte(text)); got != want || !ok {
			t.Errorf("%s is read as %+v, want %+v", text, got, want)
		}
	}
	text := `{"to":"+12068800123","code":"00001234","intent":"login","ttl":"1","digits":"ignored","channel":1}`
	want := unimatrix.VerifyRequest{To: number, Code: "00001234", Intent: "login", TTL: time.Second}
	if got, ok := unimatrix.DecodeVerify([]byte(text)); got != want || !ok {
		t.Errorf("%s is read as %+v, want %+v", text, got, want)
	}
}

// Each request has its message, and its code is valid for its time.
func TestMessages(t *testing.T) {
	for text, want := range map[string]struct {
		from   string
		digits int
		lasts  time.Duration // the validity of the code at a verify with the longest ttl
	}{
		sendText: {"", 6, 30 * time.Minute},
		`{"to":"+12068800123","digits":4,"signature":"Acme"}`:                 {"Acme", 4, 30 * time.Minute},
		`{"to":"+12068800123","signature":"No sender ID"}`:                    {"", 6, 30 * time.Minute},
		`{"to":"+12068800123","code":"12345678","ttl":60,"signature":"Acme"}`: {"Acme", 8, time.Minute},
		`{"to":"+12068800123","code":"12345678"}`:                             {"", 8, 5 * time.Minute},
	} {
		s := newService(t)
		s.known[simple].SenderNames = []string{"Acme", "No sender ID"}
		s.expect(200, "0", body(text))
		if m := s.messages[0]; m.To != number || m.Origin.Name != want.from || len(m.Code) != want.digits {
			t.Errorf("%s sent %+v with a code of %d digits, want %+v", text, m, len(m.Code), want)
		}
		valid := func(after time.Duration, ttl int) any {
			sent := s.now
			defer func() { s.now = sent }()
			s.now = s.now.Add(after)
			guess := fmt.Sprintf(`{"to":%q,"code":%q,"ttl":%d}`, number, s.code(), ttl)
			return s.expect(200, "0", verify, body(guess)).Data["valid"]
		}
		if valid(want.lasts, 1800) != false {
			t.Errorf("%s: the code is valid after %v", text, want.lasts)
		}
		if valid(want.lasts-time.Second, 1800) != true {
			t.Errorf("%s: the code is not valid for %v", text, want.lasts)
		}
	}
}

// The answer has the region and the country calling code of the number.
func TestRegions(t *testing.T) {
	s := newService(t)
	for to, want := range map[string][2]string{
		// the last is possible, not valid
		"+12068800123": {"US", "1"}, "+16045550123": {"CA", "1"}, "+442044555666": {"GB", "44"},
		"+606543216353": {"MY", "60"},
	} {
		got := s.expect(200, "0", body(`{"to":"`+to+`"}`))
		if got.Data["iso"] != want[0] || got.Data["cc"] != want[1] || got.Data["to"] != to {
			t.Errorf("%s: %s, want %v", to, got.Raw, want)
		}
	}
}
