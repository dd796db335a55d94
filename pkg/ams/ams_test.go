package ams_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
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
	"countersign/pkg/telemetry"
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

func TestDocumentsRequest(t *testing.T) {
	s := newService(t)
	first := s.post(initPath, docRequest).Body
	authID := parse(t, gateway.Response{Body: first}).AuthID
	want := `{"actionForm":{"challengeRenderValue":"+60******6353","challengeType":"sms"},` +
		`"authenticationId":"` + authID +
		`","authenticationRequestId":"` + docID +
		`","result":{"resultCode":"SUCCESS","resultMessage":"success.","resultStatus":"S"}}`
	if string(first) != want {
		t.Errorf("answered\n%s\nwant\n%s", first, want)
	}
	if len(authID) != 35 || !strings.HasPrefix(authID, "20261122") || strings.Trim(authID, "0123456789") != "" {
		t.Errorf("authenticationId %q, want the date and 27 digits", authID)
	}
	for name, body := range map[string]string{
		"the same":        docRequest,
		"another env":     initWith("8.1.0", "9.0.0"),
		"no env":          docRequest[:strings.Index(docRequest, `,"env"`)] + "}",
		"other spacing":   strings.ReplaceAll(docRequest, `,"`, ` , "`),
		"unknown members": initWith("{", `{"new":[1,{"x":null}],"authenticationrequestid2":"",`),
		"escapes":         initWith(`"OTP"`, `"\u004fTP"`),
	} {
		if again := s.post(initPath, body).Body; !bytes.Equal(again, first) {
			t.Errorf("%s: answered\n%s\nwant the first answer\n%s", name, again, first)
		}
	}
	for _, prefix := range []string{"", "/ams/api", "/ams/sandbox/api"} {
		if again := s.post(prefix+"/v1/customers/initAuthentication", docRequest).Body; !bytes.Equal(again, first) {
			t.Errorf("under %q: %s", prefix, again)
		}
	}
	s.expect("REPEAT_REQ_INCONSISTENT", initPath, initWith("60-6543216353", "60-6543216354"))
	if s.sends.Load() != 1 {
		t.Errorf("%d messages, want 1", s.sends.Load())
	}
	// Another client's id is another id, and another client's limits are its own.
	s.expect("SUCCESS", initPath, docRequest, client("other"))

	code := s.code.Load().(string)
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", verifyPath, verifyBody(docID, code), client("uk"))
	got := s.post("/ams/api"+verifyPath, verifyBody(docID, code), client("other")).Body
	if string(got) != `{"isPassed":true,"result":{"resultCode":"SUCCESS","resultMessage":"success.",`+
		`"resultStatus":"S"}}` {
		t.Errorf("verify answered %s", got)
	}
	again := s.expect("AUTHENTICATION_REQUEST_ID_INVALID", verifyPath, verifyBody(docID, code), client("other"))
	if again.IsPassed != nil {
		t.Error("isPassed beside AUTHENTICATION_REQUEST_ID_INVALID")
	}
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

// Each outcome of an init has the contract's words.
func TestInitOutcomes(t *testing.T) {
	s := newService(t)
	number := 1_000_000_000
	init := func(want, id string) {
		t.Helper()
		body := strings.NewReplacer(docID, id, "6543216353", fmt.Sprint(number)).Replace(docRequest)
		if got := s.answers(want, initPath, body).RequestID; got != id {
			t.Errorf("authenticationRequestId %q, want %q", got, id)
		}
	}
	init(success, "a")
	init(tooSoon, "b")
	init(tooSoon, "b")
	for n := range 4 {
		s.now = s.now.Add(30 * time.Second)
		init(success, fmt.Sprint("c", n))
	}
	s.now = s.now.Add(30 * time.Second)
	init("SEND_TIMES_EXCEED_LIMIT F The send times exceed the limit.", "d")

	number++
	s.delivery = otp.Refused
	init("PROCESS_FAIL F A general business failure occurred. Don't retry.", "e")
	s.answers(noLiveID, verifyPath, verifyBody("e", "000000"))
	s.now = s.now.Add(30 * time.Second)
	s.delivery = otp.MaybeSent
	init(unknownInit, "f")
	s.delivery = otp.Accepted
	init(unknownInit, "f") // the next message may not go out yet
	s.now = s.now.Add(30 * time.Second)
	init(success, "f")

	s.broken.Store(true)
	number++
	init(unknownInit, "g")
	s.broken.Store(false)
	s.panics = true
	s.answers(unknownInit, initPath, docRequest)
}

// Each outcome of a verify has the contract's words. A fault has others there than at an init.
func TestVerifyOutcomes(t *testing.T) {
	s := newService(t)
	s.answers(success, initPath, docRequest)
	right := s.code.Load().(string)
	wrong := wrongCode(right)
	for range 3 {
		s.answers(unmatched, verifyPath, verifyBody(docID, wrong))
	}
	s.answers(unmatched, verifyPath, verifyBody(docID, right+"0"))
	s.answers(exceeded, verifyPath, verifyBody(docID, wrong))
	s.answers(exceeded, verifyPath, verifyBody(docID, right))
	s.now = s.now.Add(5 * time.Minute)
	s.answers(noLiveID, verifyPath, verifyBody(docID, right))
	s.broken.Store(true)
	s.answers(
		"UNKNOWN_EXCEPTION U An API calling is failed, which is caused by unknown reasons.",
		verifyPath, verifyBody(docID, right),
	)
}

// security/verifyAuthentication accepts the code in challengeData, or as users/verifyAuthentication names it.
func TestSecurityVerify(t *testing.T) {
	for name, body := range securityBodies {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			fill, _ := s.challenge()
			s.expect("SUCCESS", securityPath, fill.Replace(body))
		})
	}
}

// A refused security/verifyAuthentication uses no attempt.
func TestSecurityVerifyRefused(t *testing.T) {
	for name, c := range badSecurityBodies {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			fill, code := s.challenge()
			s.expect(c.want, securityPath, fill.Replace(c.body))
			for range 4 {
				s.expect("VERIFY_UNMATCHED", verifyPath, verifyBody(docID, "1"))
			}
			s.expect("SUCCESS", verifyPath, verifyBody(docID, code))
		})
	}
}

// challenge makes a challenge and returns its code. fill puts its ids and its code in place of ID, AUTH and CODE.
func (s *service) challenge() (fill *strings.Replacer, code string) {
	s.t.Helper()
	auth := s.expect("SUCCESS", initPath, docRequest).AuthID
	code = s.code.Load().(string)
	return strings.NewReplacer("ID", docID, "AUTH", auth, "CODE", code), code
}

var securityBodies = map[string]string{
	"challengeData": `{"authenticationRequestId":"ID","authenticationId":"AUTH","authenticationMethod":"OTP",` +
		`"authenticationType":"SMS","challengeData":{"challengeType":"SMS_OTP","otpValue":"CODE",` +
		`"passwordValue":"x","cardToken":1}}`,
	"no challengeType": `{"authenticationRequestId":"ID","authenticationId":"AUTH",` +
		`"challengeData":{"otpValue":"CODE"}}`,
	"alias":         `{"authenticationRequestId":"ID","authenticationType":"OTP","authenticationValue":"CODE"}`,
	"alias with id": `{"authenticationRequestId":"ID","authenticationId":"AUTH","authenticationValue":"CODE"}`,
	"both, equal": `{"authenticationRequestId":"ID","authenticationId":"AUTH","authenticationValue":"CODE",` +
		`"challengeData":{"otpValue":"CODE"}}`,
}

var badSecurityBodies = map[string]struct{ want, body string }{
	"both, different": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","authenticationValue":"1",` +
			`"challengeData":{"otpValue":"CODE"}}`,
	},
	"neither": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","challengeData":{}}`,
	},
	"no authenticationId": {
		"PARAM_ILLEGAL", `{"authenticationRequestId":"ID","challengeData":{"otpValue":"CODE"}}`,
	},
	"other authenticationId": {
		"AUTHENTICATION_REQUEST_ID_INVALID",
		`{"authenticationRequestId":"ID","authenticationId":"1AUTH","challengeData":{"otpValue":"CODE"}}`,
	},
	"long request id": {
		"AUTHENTICATION_REQUEST_ID_INVALID",
		`{"authenticationRequestId":"` + strings.Repeat("i", 128) + `","authenticationValue":"CODE"}`,
	},
	"longer request id": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"` + strings.Repeat("i", 129) + `","authenticationValue":"CODE"}`,
	},
	"other method": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationMethod":"PASSWORD","authenticationValue":"CODE"}`,
	},
	"other type": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationType":"EMAIL","authenticationValue":"CODE"}`,
	},
	"other challengeType": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH",` +
			`"challengeData":{"challengeType":"Sms","otpValue":"CODE"}}`,
	},
	"challengeData no object": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","challengeData":"CODE"}`,
	},
	"otpValue in other case": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","challengeData":{"otpvalue":"CODE"}}`,
	},
	"otpValue twice": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","challengeData":{"otpValue":"CODE",` +
			`"otpValue":"CODE"}}`,
	},
	"otpValue number": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","challengeData":{"otpValue":1}}`,
	},
}

// No log line has a code or a number, whatever fails (P14). Each request has one line, and each fault one error.
func TestSilence(t *testing.T) {
	s := newService(t)
	s.init.Lines = &telemetry.Lines{Stack: "countersign"}
	s.expect("SUCCESS", initPath, docRequest)
	code := s.code.Load().(string)
	s.expect("REPEAT_REQ_INCONSISTENT", initPath, initWith("6353", "6354"))
	s.expect("PARAM_ILLEGAL", initPath, initWith("60-6543216353", "60-6543216353"+strings.Repeat("6", 200)))
	s.expect("INVALID_PHONE_NUMBER", initPath, initWith("60-6543216353", "60-65432163536543216353"))
	s.expect("PARAM_ILLEGAL", verifyPath, verifyBody(docID, code+"x"))
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", verifyPath, verifyBody("id-"+code, code))
	s.delivery = otp.MaybeSent
	s.now = s.now.Add(time.Minute)
	s.expect("UNKNOWN_EXCEPTION", initPath, initWith(docID, "2"))
	s.panics = true
	s.now = s.now.Add(time.Minute)
	s.expect("UNKNOWN_EXCEPTION", initPath, initWith(docID, "3"))
	s.broken.Store(true)
	s.expect("UNKNOWN_EXCEPTION", initPath, docRequest)
	s.expect("UNKNOWN_EXCEPTION", verifyPath, verifyBody(docID, code))
	log := s.log.String()
	if all, faults := strings.Count(log, "\n"), strings.Count(log, `"level":"ERROR"`); all != 10 || faults != 4 {
		t.Errorf("%d log lines, %d of them errors, want 10 and 4:\n%s", all, faults, log)
	}
	last := s.code.Load().(string)
	for _, canary := range []string{
		`"` + code, " " + code, "-" + code, `"` + last, " " + last, "6543216353", "panicked with",
	} {
		if strings.Contains(log, canary) {
			t.Errorf("the log has %q:\n%s", canary, log)
		}
	}
}

// The message is in the language of the request in any spelling.
func TestLanguagesOfRequests(t *testing.T) {
	for language, want := range map[string]string{
		"in_ID": "adalah kode", "deu": "ist Ihr Code", " de": "ist Ihr Code", "en_US.UTF-8": "is your Acme code",
		"zh_TW_#Hant": "驗證碼", "iw": "הקוד שלך", "eu-ES,sv;q=0.8": "din kod", "tlh": "is your Acme code",
	} {
		s := newService(t)
		s.expect("SUCCESS", initPath, initWith("en-US", language))
		if text := s.text.Load().(string); !strings.Contains(text, want) {
			t.Errorf("%q: %q, want %q", language, text, want)
		}
	}
}
