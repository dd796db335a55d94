package ams_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/phone/plan"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// service is both functions of the contract on one store, whose writes are counted. It is the sender too.
type service struct {
	t        testing.TB
	init     *ams.Init
	verify   *ams.Verify
	clients  clients.Static
	writes   atomic.Int64
	sends    atomic.Int64
	code     atomic.Value // of the last message
	text     atomic.Value // the same
	origin   atomic.Value // the same
	delivery otp.Delivery // the sender's answer
	broken   atomic.Bool  // the store fails
	panics   bool         // the sender panics
	now      time.Time
	log      bytes.Buffer
}

const docID = "MDEDUCT001bd856ad81cec1e91a620c270bcba5a4223"

const docRequest = `{"authenticationRequestId":"` + docID +
	`","authenticationMethod":"OTP","authenticationType":"SMS","identityType":"MOBILENO",` +
	`"identityValue":"60-6543216353","env":{"osVersion":"8.1.0",` +
	`"tokenId":"giaGTonn30X9AJPc0MN9lpjK-SZXq6PifXy3Gs4ufmI4BC87awEAAAAA","clientIp":"123.136.111.19",` +
	`"clientUmid":"sdjoi02082","osType":"ios ` +
	`8929","language":"en-US","sessionId":"1e32d8b642590af5c3cba8ad5d111c2c","terminalType":"APP"}}`

const (
	initPath     = "/ams/api/v1/customers/initAuthentication"
	verifyPath   = "/v1/users/verifyAuthentication"
	securityPath = "/ams/api/v1/security/verifyAuthentication"
)

func newService(t testing.TB) *service {
	t.Helper()
	db := sqlitetest.New(t)
	s := &service{t: t, delivery: otp.Accepted, now: time.UnixMilli(1_795_317_208_457)}
	keys := storetest.Keys()
	policy := otp.DefaultPolicy()
	s.clients = clients.Static{
		"demo":  {ID: "demo", Unsigned: true, Countries: []string{"*"}, Policy: policy, Brand: "Acme"},
		"other": {ID: "other", Unsigned: true, Countries: []string{"*"}, Policy: policy, Brand: "Acme"},
		"uk":    {ID: "uk", Unsigned: true, Countries: []string{"GB"}, Policy: policy, Brand: "Acme"},
	}
	store := spy{db, s}
	log := slog.New(slog.NewJSONHandler(&s.log, nil))
	clock := func() time.Time { return s.now }
	gate := &ams.Gate{Door: &admission.Door{Clients: s.clients, Now: clock, Log: log}}
	s.init = &ams.Init{Gate: gate, Messages: admission.Messages{
		Lookup: plan.Lookup, Text: languages.For,
		Issuer: otp.Issuer{
			Challenges: store, Ledgers: store, Sender: s, Keys: keys, Now: clock, Rand: rand.Reader,
		},
	}}
	s.verify = &ams.Verify{
		Gate: gate, Verifier: otp.Verifier{Challenges: store, Keys: keys, Now: clock, Rand: rand.Reader},
	}
	return s
}

// spy counts the writes, and fails them when the store is broken.
type spy struct {
	*sqlitestore.Store
	s *service
}

var errBroken = errors.New("the table is throttled")

func (p spy) call() error {
	p.s.writes.Add(1)
	if p.s.broken.Load() {
		return errBroken
	}
	return nil
}

func (p spy) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	if err := p.call(); err != nil {
		return otp.Write{}, err
	}
	return p.Store.Reserve(ctx, c, over, now)
}

func (p spy) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	if err := p.call(); err != nil {
		return otp.Write{}, err
	}
	return p.Store.Attempt(ctx, g)
}

func (s *service) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	s.sends.Add(1)
	if s.panics {
		panic("panicked with " + string(m.Code) + " and " + m.To.E164())
	}
	s.code.Store(string(m.Code))
	s.text.Store(m.Text)
	s.origin.Store(m.Origin)
	if s.delivery != otp.Accepted {
		return s.delivery, "", errors.New("sns: Throttled (429)")
	}
	return s.delivery, "", nil
}

// post is a request of the demo client; edit changes it.
func (s *service) post(path, body string, edit ...edit) gateway.Response {
	s.t.Helper()
	r := gateway.Request{Method: "POST", Path: path, Body: []byte(body), Headers: map[string][]string{
		"client-id": {"demo"}, "content-type": {"application/json; charset=UTF-8"},
	}}
	for _, e := range edit {
		e(&r)
	}
	serve := s.verify.Serve
	if ams.Sends(ams.Path(r)) {
		serve = s.init.Serve
	}
	resp := serve(context.Background(), r)
	if resp.Status != 200 || resp.Headers["Content-Type"] != "application/json; charset=UTF-8" {
		s.t.Fatalf("status %d, headers %v", resp.Status, resp.Headers)
	}
	if bytes.ContainsAny(resp.Body, " \n") && !json.Valid(resp.Body) {
		s.t.Fatalf("not JSON: %s", resp.Body)
	}
	return resp
}

type reply struct {
	IsPassed  *bool  `json:"isPassed"`
	RequestID string `json:"authenticationRequestId"`
	AuthID    string `json:"authenticationId"`
	Result    struct {
		Code    string `json:"resultCode"`
		Message string `json:"resultMessage"`
		Status  string `json:"resultStatus"`
	} `json:"result"`
}

func parse(t testing.TB, r gateway.Response) reply {
	t.Helper()
	var out reply
	if err := json.Unmarshal(r.Body, &out); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	return out
}

// expect posts a body and wants a result code.
func (s *service) expect(code, path, body string, edit ...edit) reply {
	s.t.Helper()
	resp := s.post(path, body, edit...)
	got := parse(s.t, resp)
	if got.Result.Code != code {
		s.t.Errorf("%s answered %s, want %s", clip(body), resp.Body, code)
	}
	return got
}

func clip(s string) string {
	if len(s) > 200 {
		s = s[:200] + "..."
	}
	return fmt.Sprintf("%q", s)
}

func verifyBody(id, code string) string {
	return fmt.Sprintf(`{"authenticationType":"OTP","authenticationRequestId":%q,"authenticationValue":%q}`, id, code)
}

// edit changes a request before it is posted.
type edit func(*gateway.Request)

func header(name string, lines ...string) edit {
	return func(r *gateway.Request) { r.Headers[name] = lines }
}

func client(id string) edit { return header("client-id", id) }

// Results of the contract as [service.answers] writes them.
const (
	success     = "SUCCESS S success."
	tooSoon     = "TIMES_EXCEED_LIMIT F Too many requests in a short time, please try again later"
	unknownInit = "UNKNOWN_EXCEPTION U An API call is failed, which is caused by unknown reasons."
	noLiveID    = "AUTHENTICATION_REQUEST_ID_INVALID F The value of authenticationRequestId is invalid"
	unmatched   = "isPassed=false VERIFY_UNMATCHED F The verification code is invalid."
	exceeded    = "isPassed=false VERIFY_TIMES_EXCEED_LIMIT F The verification code was failed too many times. " +
		"The user must get a new verification."
)

// answers posts a body and wants the whole result: "CODE STATUS message", after isPassed if the answer has it.
func (s *service) answers(want, path, body string, edit ...edit) reply {
	s.t.Helper()
	reply := parse(s.t, s.post(path, body, edit...))
	got := reply.Result.Code + " " + reply.Result.Status + " " + reply.Result.Message
	if reply.IsPassed != nil {
		got = fmt.Sprintf("isPassed=%v ", *reply.IsPassed) + got
	}
	if got != want {
		s.t.Errorf("%s %s\nanswered %s\nwant     %s", path, clip(body), got, want)
	}
	return reply
}

// wrongCode returns digits that are not the code.
func wrongCode(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}
