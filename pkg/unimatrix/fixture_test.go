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

func path(p string) edit { return func(r *gateway.Request) { r.Path = p } }

func method(m string) edit { return func(r *gateway.Request) { r.Method = m } }

func body(b string) edit { return func(r *gateway.Request) { r.Body = []byte(b) } }

func from(ip string) edit { return func(r *gateway.Request) { r.SourceIP = ip } }

func as(id, action string) edit {
	return query("accessKeyId=" + url.QueryEscape(id) + "&action=" + action)
}

func mediaType(l ...string) edit { return func(r *gateway.Request) { r.Headers["content-type"] = l } }

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
