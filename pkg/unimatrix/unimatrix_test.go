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
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/phone/plan"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
	"countersign/pkg/unimatrix"
)

// service is the contract on a SQLite store, with a sender that keeps the messages. Ledgers allow every message unless
// limited is set.
type service struct {
	*sqlitestore.Store
	t     testing.TB
	api   *unimatrix.API
	known clients.Static
	now   time.Time
	log   bytes.Buffer
	ids   map[string]bool // of the answers so far

	messages []otp.Message
	delivery otp.Delivery // of the next messages
	cause    error        // of a delivery that is not Accepted
	panics   string       // the sender panics with it
	guesses  int          // attempts at the store
	writes   int          // attempts included
	broken   error        // the error of every write
	limited  bool         // the ledgers count messages

	overRate bool  // the client is above its rate
	uncount  error // of the limiter
	lost     error // of the directory
	lookups  int
	requests int // calls of the limiter
}

const (
	number   = "+12068800123"
	sendText = `{"to":"` + number + `"}`
	checkAll = `{"to":"` + number + `","code":"123456"}`
	simple   = "akSimple0001"
	signing  = "akHmac0001"
	special  = "ak h+m/a:c,0"
	secret   = "s3cr3tKey/+=for-HMAC"
)

func newService(t testing.TB) *service {
	t.Helper()
	db := sqlitetest.New(t)
	keys := storetest.Keys()
	s := &service{Store: db, t: t, now: time.Unix(1_795_314_304, 0), ids: map[string]bool{}, delivery: otp.Accepted}
	one := func(id, mode string, secrets ...string) *clients.Client {
		c := &clients.Client{
			ID: id, Unimatrix: mode, Skew: 10 * time.Minute, Countries: []string{"*"}, CustomCodes: true,
			Policy: otp.DefaultPolicy(), Brand: "Acme",
		}
		for _, s := range secrets {
			c.Secrets = append(c.Secrets, []byte(s))
		}
		return c
	}
	s.known = clients.Static{ // by access keys
		simple: one("simple shop", "simple"), signing: one("signing shop", "hmac", secret),
		special: one("special shop", "hmac", secret), "amsOnly": one("amsOnly", ""),
		"other": one("other shop", "simple"),
	}
	clock := func() time.Time { return s.now }
	s.api = &unimatrix.API{
		Door: &admission.Door{Clients: s, Limiter: s, Now: clock, Log: slog.New(slog.NewJSONHandler(&s.log, nil))},
		Messages: admission.Messages{Lookup: plan.Lookup, Text: languages.For, Issuer: otp.Issuer{
			Challenges: s, Ledgers: s, Sender: s, Keys: keys, Now: clock, Rand: rand.Reader,
		}},
		Verifier:   otp.Verifier{Challenges: s, Keys: keys, Now: clock, Rand: rand.Reader},
		SenderName: func(name string) bool { return name == "Acme" },
		Replays:    unimatrix.NewReplays(),
		Rand:       rand.Reader,
	}
	return s
}

// Find implements [clients.Directory]. The id of a client is no credential of this contract.
func (s *service) Find(context.Context, string) (*clients.Client, error) {
	s.t.Error("a client was found by its id")
	return nil, nil
}

func (s *service) FindAccessKey(ctx context.Context, key string) (*clients.Client, error) {
	s.lookups++
	if s.lost != nil {
		return nil, s.lost
	}
	return s.known.FindAccessKey(ctx, key)
}

func (s *service) Allow(context.Context, *clients.Client) (bool, error) {
	s.requests++
	return !s.overRate, s.uncount
}

func (s *service) Reserve(
	ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis,
) (otp.Write, error) {
	if s.writes++; s.broken != nil {
		return otp.Write{}, s.broken
	}
	return s.Store.Reserve(ctx, c, over, now)
}

func (s *service) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	if s.writes++; s.broken != nil {
		return otp.Write{}, s.broken
	}
	return s.Store.Claim(ctx, c)
}

func (s *service) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	s.guesses++
	if s.writes++; s.broken != nil {
		return otp.Write{}, s.broken
	}
	return s.Store.Attempt(ctx, g)
}

func (s *service) Spend(ctx context.Context, x otp.Spend) (otp.Spent, error) {
	if !s.limited {
		return otp.Spent{Applied: true}, nil
	}
	return s.Store.Spend(ctx, x)
}

func (s *service) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	s.messages = append(s.messages, m)
	if s.panics != "" {
		panic(s.panics)
	}
	if s.delivery != otp.Accepted {
		return s.delivery, "", s.cause
	}
	return otp.Accepted, "", nil
}

// code returns the code of the latest message.
func (s *service) code() string { return string(s.messages[len(s.messages)-1].Code) }

// reply is a decoded answer.
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

// post sends an otp.send of the simple client, after the edits, and checks the parts that all answers share.
func (s *service) post(edits ...edit) reply {
	s.t.Helper()
	r := gateway.Request{
		Method: "POST", Path: "/", Query: "action=otp.send&accessKeyId=" + simple, Body: []byte(sendText),
		SourceIP: "203.0.113.7",
		Headers:  map[string][]string{"content-type": {"application/json;charset=utf-8"}}}
	for _, e := range edits {
		e(&r)
	}
	return s.decode(s.api.Serve(context.Background(), r))
}

// decode decodes an answer and checks the parts that all answers share.
func (s *service) decode(resp gateway.Response) reply {
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
	done, hasData := got.Code == "0", strings.Contains(got.Raw, `"data":{`)
	if done != (got.Status == 200) || done != hasData || !done && got.Status < 400 {
		s.t.Errorf("status %d with %s", got.Status, got.Raw)
	}
	id := got.Headers["x-uni-request-id"]
	if !hex32.MatchString(id) || s.ids[id] || got.Headers["Content-Type"] != "application/json; charset=utf-8" {
		s.t.Errorf("headers %v", got.Headers)
	}
	s.ids[id] = true
	if wait := got.Headers["Retry-After"]; (wait != "") != (got.Code == "105300") {
		s.t.Errorf("%s with Retry-After %q", got.Raw, wait)
	}
	if allow := got.Headers["Allow"]; (allow == "POST") != (got.Status == 405) {
		s.t.Errorf("status %d with Allow %q", got.Status, allow)
	}
	return got
}

// expect posts a request and wants a status and a code.
func (s *service) expect(status int, code string, edits ...edit) reply {
	s.t.Helper()
	got := s.post(edits...)
	if got.Status != status || got.Code != code {
		s.t.Errorf("answered %d %s, want %d %s", got.Status, got.Raw, status, code)
	}
	return got
}

// refused posts a request that must be refused before it reaches the store or the sender.
func (s *service) refused(status int, code string, edits ...edit) reply {
	s.t.Helper()
	writes, messages := s.writes, len(s.messages)
	got := s.expect(status, code, edits...)
	if s.writes != writes || len(s.messages) != messages {
		s.t.Errorf("%s after %d writes and %d messages, want none", got.Raw, s.writes-writes, len(s.messages)-messages)
	}
	return got
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
