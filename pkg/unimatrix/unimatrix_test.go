package unimatrix_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
	"countersign/pkg/unimatrix"
)

// service is the contract in front of a backend that keeps what reaches it and
// says what it is told to.
type service struct {
	t     testing.TB
	api   *unimatrix.API
	known clients.Static
	now   time.Time
	log   bytes.Buffer
	ids   map[string]bool // of the requests so far

	sends    []unimatrix.SendRequest
	verifies []unimatrix.VerifyRequest
	says     unimatrix.Sent
	valid    func(unimatrix.VerifyRequest) bool
	fails    error
	panics   string

	slow     bool  // the client is over its rate
	deaf     error // of the traffic meter
	lost     error // of the directory
	lookups  int
	requests int // that the meter counted
}

const (
	number   = "+12068800123"
	sendText = `{"to":"` + number + `"}`
	checkAll = `{"to":"` + number + `","code":"123456"}`
	simple   = "akSimple0001"
	signing  = "akHmac0001"
	special  = "ak h+m/a:c,0"
	secret   = "s3cr3tKey/+=for-HMAC"
	messages = "0123456789abcdef0123456789abcdef" // id of every message
)

func newService(t testing.TB) *service {
	t.Helper()
	s := &service{t: t, now: time.Unix(1_795_314_304, 0), ids: map[string]bool{},
		says: unimatrix.Sent{Outcome: otp.Sent, ID: messages, Parts: 1}, valid: func(unimatrix.VerifyRequest) bool { return false }}
	one := func(id, mode string, secrets ...string) *clients.Client {
		c := &clients.Client{ID: id, Unimatrix: mode, Countries: []string{"*"}, CustomCodes: true, Policy: otp.DefaultPolicy()}
		for _, s := range secrets {
			c.Secrets = append(c.Secrets, []byte(s))
		}
		return c
	}
	s.known = clients.Static{simple: one(simple, "simple"), signing: one(signing, "hmac", secret), special: one(special, "hmac", secret), "amsOnly": one("amsOnly", "")}
	s.api = &unimatrix.API{
		Door: &admission.Door{
			Clients: s, Limiter: s, Now: func() time.Time { return s.now }, Log: slog.New(slog.NewJSONHandler(&s.log, nil)),
		},
		Messages: admission.Messages{Lookup: plan.Lookup}, Backend: s, Rand: rand.Reader,
	}
	return s
}

func (s *service) Find(ctx context.Context, id string) (*clients.Client, error) {
	s.lookups++
	if s.lost != nil {
		return nil, s.lost
	}
	return s.known.Find(ctx, id)
}

func (s *service) Allow(context.Context, *clients.Client) (bool, error) {
	s.requests++
	return !s.slow, s.deaf
}

func (s *service) Send(_ context.Context, _ *clients.Client, r unimatrix.SendRequest, n phone.Number) (unimatrix.Sent, error) {
	s.sends = append(s.sends, r)
	if s.panics != "" {
		panic(s.panics)
	}
	if n.E164 != r.To {
		s.t.Errorf("the number is %s, the request's %s", n.E164.E164(), r.To.E164())
	}
	return s.says, s.fails
}

func (s *service) Verify(_ context.Context, _ *clients.Client, r unimatrix.VerifyRequest) (bool, error) {
	s.verifies = append(s.verifies, r)
	return s.valid(r), s.fails
}

// reply is an answer taken apart.
type reply struct {
	Status  int
	Headers map[string]string
	Raw     string
	Code    string
	Message string
	Data    map[string]any
}

type edit func(*gateway.Request)

func query(raw string) edit { return func(r *gateway.Request) { r.Query = raw } }
func path(p string) edit    { return func(r *gateway.Request) { r.Path = p } }
func method(m string) edit  { return func(r *gateway.Request) { r.Method = m } }
func body(b string) edit    { return func(r *gateway.Request) { r.Body = []byte(b) } }
func from(ip string) edit   { return func(r *gateway.Request) { r.SourceIP = ip } }
func as(id, action string) edit {
	return query("accessKeyId=" + url.QueryEscape(id) + "&action=" + action)
}
func mediaType(l ...string) edit { return func(r *gateway.Request) { r.Headers["content-type"] = l } }

var (
	verify = func(r *gateway.Request) {
		r.Query, r.Body = "accessKeyId="+simple+"&action=otp.verify", []byte(checkAll)
	}
	hex32 = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// post is an otp.send of the simple client; edits change it. What every answer
// must have is checked here.
func (s *service) post(edits ...edit) reply {
	s.t.Helper()
	r := gateway.Request{Method: "POST", Path: "/", Query: "action=otp.send&accessKeyId=" + simple, Body: []byte(sendText), SourceIP: "203.0.113.7",
		Headers: map[string][]string{"content-type": {"application/json;charset=utf-8"}}}
	for _, e := range edits {
		e(&r)
	}
	return s.taken(s.api.Serve(context.Background(), r))
}

// taken takes an answer apart, and checks what every answer must have.
func (s *service) taken(resp gateway.Response) reply {
	s.t.Helper()
	got := reply{Status: resp.Status, Headers: resp.Headers, Raw: string(resp.Body)}
	var members struct {
		Code, Message *string
		Data          map[string]any
	}
	if err := json.Unmarshal(resp.Body, &members); err != nil || members.Code == nil || members.Message == nil {
		s.t.Fatalf("%v: %s, want an object with a string code and a string message", err, resp.Body)
	}
	got.Code, got.Message, got.Data = *members.Code, *members.Message, members.Data
	if done := got.Code == "0"; done != (got.Status == 200) || done != strings.Contains(got.Raw, `"data":{`) || !done && got.Status < 400 {
		s.t.Errorf("status %d with %s", got.Status, got.Raw)
	}
	id := got.Headers["x-uni-request-id"]
	if !hex32.MatchString(id) || s.ids[id] || got.Headers["Content-Type"] != "application/json; charset=utf-8" {
		s.t.Errorf("headers %v", got.Headers)
	}
	s.ids[id] = true
	if (got.Headers["Retry-After"] != "") != (got.Code == "105300") || (got.Headers["Allow"] == "POST") != (got.Status == 405) {
		s.t.Errorf("%s with headers %v", got.Raw, got.Headers)
	}
	return got
}

// expect posts and wants a status and a code.
func (s *service) expect(status int, code string, edits ...edit) reply {
	s.t.Helper()
	got := s.post(edits...)
	if got.Status != status || got.Code != code {
		s.t.Errorf("answered %d %s, want %d %s", got.Status, got.Raw, status, code)
	}
	return got
}

// refused posts bad input, which must not reach the backend.
func (s *service) refused(status int, code string, edits ...edit) reply {
	s.t.Helper()
	before := len(s.sends) + len(s.verifies)
	got := s.expect(status, code, edits...)
	if len(s.sends)+len(s.verifies) != before {
		s.t.Errorf("%s, and the backend was called", got.Raw)
	}
	return got
}

// lastSend returns what the backend was asked for by the only send.
func (s *service) lastSend() unimatrix.SendRequest {
	s.t.Helper()
	if len(s.sends) != 1 {
		s.t.Fatalf("%d sends reached the backend, want 1", len(s.sends))
	}
	r := s.sends[0]
	s.sends = nil
	return r
}

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func clip(s string) string {
	if len(s) > 200 {
		s = s[:200] + "..."
	}
	return fmt.Sprintf("%q", s)
}

// The seed document's own examples, to the byte.
func TestDocumentsExamples(t *testing.T) {
	s := newService(t)
	s.valid = func(r unimatrix.VerifyRequest) bool { return r.Code == "123456" }
	for _, c := range []struct {
		want  string
		edits []edit
	}{
		{`{"code":"0","message":"Success","data":{"to":"+12068800123","valid":true}}`, []edit{verify}},
		{`{"code":"0","message":"Success","data":{"to":"+12068800123","valid":false}}`, []edit{verify, body(`{"to":"+12068800123","code":"123457"}`)}},
		{`{"code":"104001","message":"MissingParams"}`, []edit{verify, body(`{}`)}},
		{`{"code":"0","message":"Success","data":{"id":"` + messages + `","to":"+12068800123","iso":"US","cc":"1","count":1,"price":"0.000000"}}`, nil},
	} {
		if got := s.post(c.edits...); got.Raw != c.want {
			t.Errorf("answered\n%s\nwant\n%s", got.Raw, c.want)
		}
	}
}

// Every code with its message and its status, as the contract lists them.
func TestCodes(t *testing.T) {
	s := newService(t)
	network := *s.known[simple]
	s.known["strict"] = &clients.Client{ID: "strict", Unimatrix: "simple", Countries: []string{"*"}, SenderNames: []string{"Acme"}, Templates: []string{"one"}, APIs: []string{"otp.send"}}
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
		{"104003", "RestrictedParams", 400, []edit{as("strict", "otp.send"), body(`{"to":"+12068800123","code":"1234"}`)}},
		{"104110", "MissingAccessKeyId", 401, []edit{query("action=otp.send")}},
		{"104111", "InvalidAccessKeyId", 401, []edit{as("nobody", "otp.send")}},
		{"104200", "MissingSignature", 401, []edit{as(signing, "otp.send")}},
		{"104201", "InvalidSignature", 401, []edit{query("accessKeyId=akHmac0001&action=otp.send&timestamp=1795314304&signature=x")}},
		{"104202", "InvalidSignatureTimestamp", 401, []edit{query("accessKeyId=akHmac0001&action=otp.send&signature=x")}},
		{"105001", "Unauthorized", 403, []edit{as("strict", "otp.verify")}},
		{"105100", "IpRestricted", 403, []edit{as("office", "otp.send")}},
		{"107111", "InvalidPhoneNumbers", 400, []edit{body(`{"to":"1"}`)}},
		{"107121", "SmsSignatureNotExists", 400, []edit{as("strict", "otp.send"), body(`{"to":"+12068800123","signature":"Other"}`)}},
		{"107141", "SmsTemplateNotExists", 400, []edit{as("strict", "otp.send"), body(`{"to":"+12068800123","templateId":"two"}`)}},
	} {
		if got := s.expect(c.status, c.code, c.edits...); got.Message != c.message {
			t.Errorf("%s with message %q, want %q", got.Code, got.Message, c.message)
		}
	}
	s.slow = true
	if got := s.refused(429, "105300"); got.Message != "LimitExceed" {
		t.Errorf("105300 with message %q", got.Message)
	}
}

// What the backend is asked for.
func TestWhatIsHandedOver(t *testing.T) {
	s := newService(t)
	s.expect(200, "0", body(sendText))
	if got, want := s.lastSend(), (unimatrix.SendRequest{To: number}); got != want {
		t.Errorf("handed over %+v, want %+v", got, want)
	}
	s.expect(200, "0", body(`{"to":"+12068800123","digits":"8","intent":"héllo","channel":"auto","code":"2048","ttl":1800,"signature":"Acme","templateId":"one","extra":[{}]}`))
	if got, want := s.lastSend(), (unimatrix.SendRequest{To: number, Digits: 8, Intent: "héllo", Channel: "auto", Code: "2048", TTL: 30 * time.Minute, Signature: "Acme", TemplateID: "one"}); got != want {
		t.Errorf("handed over %+v, want %+v", got, want)
	}
	s.expect(200, "0", body(`{"to":"+12068800123","digits":null,"intent":"","channel":null,"code":"","ttl":"","signature":null,"templateId":""}`))
	if got, want := s.lastSend(), (unimatrix.SendRequest{To: number}); got != want {
		t.Errorf("handed over %+v, want %+v", got, want)
	}
	s.expect(200, "0", verify, body(`{"to":"+12068800123","code":"00001234","intent":"login","ttl":"1","digits":"ignored","channel":1}`))
	if got, want := s.verifies[0], (unimatrix.VerifyRequest{To: number, Code: "00001234", Intent: "login", TTL: time.Second}); got != want {
		t.Errorf("handed over %+v, want %+v", got, want)
	}
}

// region and calling code of the answer come from the number.
func TestRegions(t *testing.T) {
	s := newService(t)
	for to, want := range map[string][2]string{
		"+12068800123": {"US", "1"}, "+16045550123": {"CA", "1"}, "+442044555666": {"GB", "44"}, "+606543216353": {"MY", "60"}, // the last is possible, not valid
	} {
		got := s.expect(200, "0", body(`{"to":"`+to+`"}`))
		if got.Data["iso"] != want[0] || got.Data["cc"] != want[1] || got.Data["to"] != to {
			t.Errorf("%s: %s, want %v", to, got.Raw, want)
		}
	}
}
