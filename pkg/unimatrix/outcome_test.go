package unimatrix_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
	"countersign/pkg/unimatrix"
)

// Each outcome of a send has its code and one log line.
func TestOutcomes(t *testing.T) {
	cause := errors.New("sns: InvalidParameter (400)")
	limitedAfterOne := func(s *service) { s.limited = true; s.expect(200, "0"); s.log.Reset() }
	for name, c := range map[string]struct {
		set    func(*service)
		status int
		code   string
		wait   string
		fault  bool // the cause is not the number
	}{
		"sent": {func(*service) {}, 200, "0", "", false},
		"too soon": {
			func(s *service) { limitedAfterOne(s); s.now = s.now.Add(999 * time.Millisecond) },
			429, "105300", "30", false,
		},
		"too many": {
			func(s *service) {
				s.known[simple].Policy.PerHour = 1
				limitedAfterOne(s)
				s.now = s.now.Add(time.Minute)
			},
			429, "105300", "3540", false,
		},
		"undeliverable": {func(s *service) { s.delivery, s.cause = otp.Refused, cause }, 500, "101303", "", false},
		"unclear":       {func(s *service) { s.delivery, s.cause = otp.MaybeSent, cause }, 500, "101000", "", true},
		"unknown":       {func(s *service) { s.broken = cause }, 500, "101000", "", true},
	} {
		s := newService(t)
		c.set(s)
		got := s.expect(c.status, c.code)
		if got.Headers["Retry-After"] != c.wait {
			t.Errorf("%s: Retry-After %q, want %q", name, got.Headers["Retry-After"], c.wait)
		}
		log := s.log.String()
		failed, named := strings.Contains(log, `"level":"ERROR"`), strings.Contains(log, `"fault":`)
		if strings.Count(log, "\n") != 1 || failed != c.fault || named != c.fault {
			t.Errorf("%s: logged %s, want one line, an error %t", name, log, c.fault)
		}
		if (s.cause != nil || s.broken != nil) && !strings.Contains(log, cause.Error()) {
			t.Errorf("%s: the line lacks the cause: %s", name, log)
		}
	}
	for wait, want := range map[time.Duration]int{
		-time.Minute: 1, 0: 1, 1: 1, time.Second: 1, time.Second + 1: 2, time.Hour: 3600,
	} {
		if got := unimatrix.Seconds(wait); got != want {
			t.Errorf("Retry-After of %v is %d, want %d", wait, got, want)
		}
	}
}

// If a dependency fails, the outcome is unknown: the answer is neither a refusal nor a success (P17). A stranger cannot
// cause a fault (P16).
func TestFaults(t *testing.T) {
	broken := errors.New("the table is throttled")
	for name, set := range map[string]func(*service){
		"directory": func(s *service) { s.lost = broken },
		"limiter":   func(s *service) { s.uncount = broken },
		"both":      func(s *service) { s.overRate, s.uncount = true, broken },
		"store":     func(s *service) { s.broken = broken },
		"entropy":   func(s *service) { s.api.Rand = strings.NewReader("short") },
	} {
		for _, edits := range [][]edit{nil, {verify}} {
			s := newService(t)
			set(s)
			s.expect(500, "101000", edits...)
			log := s.log.String()
			failed := strings.Contains(log, `"level":"ERROR"`) && strings.Contains(log, `"reply":"`)
			if !failed || strings.Count(log, "\n") != 1 {
				t.Errorf("%s: logged %q, want one error with the id of the reply", name, log)
			}
		}
	}
	s := newService(t)
	s.lost = fmt.Errorf("find: %w", clients.ErrBusy)
	s.refused(429, "105300")
	s.lost, s.overRate = nil, true // until the clock minute ends
	for now, wait := range map[int64]string{1_795_314_304_000: "56", 1_795_314_300_000: "60", 1_795_314_359_001: "1"} {
		s.now = time.UnixMilli(now)
		if got := s.refused(429, "105300"); got.Headers["Retry-After"] != wait {
			t.Errorf("Retry-After %s, want %s", got.Headers["Retry-After"], wait)
		}
	}
	s.api.Limiter = nil
	s.expect(200, "0")
}

// No log line has a code, a number or an access key, whatever fails (P14). Each line has the request id that the client
// gets.
func TestSilence(t *testing.T) {
	s := newService(t)
	s.api.Lines = &telemetry.Lines{Stack: "countersign", Every: time.Hour}
	const code, to = "72519384", "+12068800123"
	text := `{"to":"` + to + `","code":"` + code + `"}`
	logged := func(got reply) {
		t.Helper()
		log := s.log.String()
		s.log.Reset()
		if strings.Count(log, "\n") != 1 || !strings.Contains(log, got.Headers["x-uni-request-id"]) {
			t.Errorf("%s: logged %q, want one line with the request id", got.Raw, log)
		}
		for _, secret := range []string{code, to, to[1:], secret, "8800123", simple, signing, special, "amsOnly"} {
			if strings.Contains(log, secret) || got.Code != "0" && strings.Contains(got.Raw, secret) {
				t.Errorf("%q is in the log or the answer: %s, %s", secret, log, got.Raw)
			}
		}
	}
	logged(s.expect(200, "0", body(strings.Replace(text, code, code[:6], 1))))
	logged(s.expect(200, "0", verify, body(text)))
	s.broken = errors.New("no answer")
	logged(s.expect(500, "101000", body(text)))
	logged(s.expect(500, "101000", verify, body(text)))
	s.broken, s.panics = nil, "panicked with "+text
	logged(s.expect(500, "101000", body(text)))
	s.panics, s.delivery, s.cause = "", otp.Refused, errors.New("opted out")
	s.now = s.now.Add(otp.Lease)
	logged(s.expect(500, "101303", body(text)))
	for _, broken := range []string{
		text + text, strings.Replace(text, "}", `,"digits":"`+code+`"}`, 1),
		strings.Replace(text, code, code+"5", 1), strings.Replace(text, "+1", "", 1),
		`{"code":"` + code + `"}`,
		strings.Replace(text, "}", `,"channel":"`+code+`"}`, 1),
	} {
		logged(s.post(body(broken)))
	}
	s.known[simple].Countries = []string{"GB"}
	logged(s.refused(400, "107111", body(text)))
	s.known[simple].Countries = []string{"*"}
	s.silentAccessKeys(logged)
	s.log.Reset()
	s.api.Lines = nil
	s.post(query("action=otp.send&accessKeyId=nobody&x=%"), body(text))
	s.post(query("action=otp.send&accessKeyId=nobody"), body(text))
	s.post(query("action=otp.send"), body(text))
	if s.log.Len() > 0 {
		t.Errorf("strangers wrote to the log: %s", s.log.String())
	}
}

// silentAccessKeys sends requests that are refused for their access key, action, rate or signature, or cannot be
// decided. The wrong access keys are slips of real ones, as people make them, so that no line may have them either.
func (s *service) silentAccessKeys(logged func(reply)) {
	s.api.Lines.Every = 0
	for _, slip := range []string{
		simple + "x", simple + " ", " " + simple, simple + "\n", simple + strings.Repeat("x", 64), special + "%",
	} {
		logged(s.refused(401, "104111", as(slip, "otp.send")))
	}
	logged(s.refused(400, "104002", query("accessKeyId="+simple+"&accessKeyId="+simple+"&action=otp.send")))
	logged(s.refused(400, "104002", query("accessKeyId="+simple+"&action=%")))
	logged(s.refused(400, "104002", as(simple, simple)))
	logged(s.refused(401, "104110", query("accesskeyid="+simple+"&action=otp.send")))
	logged(s.refused(404, "104002", path("/"+simple), query("key="+simple)))
	logged(s.refused(405, "104002", method("GET")))
	s.known["amsOnly"].ID = "ams shop"
	logged(s.refused(401, "104111", as("amsOnly", "otp.send")))
	for _, key := range []string{signing, special} {
		logged(s.refused(401, "104200", as(key, "otp.send")))
		logged(s.refused(401, "104201", query("accessKeyId="+url.QueryEscape(key)+"&action=otp.send"+
			"&algorithm=hmac-sha256&nonce=12345678&signature="+strings.Repeat("0", 64)+"&timestamp=1795314304")))
	}
	s.overRate = true
	logged(s.refused(429, "105300"))
	s.overRate, s.lost = false, errors.New("find: no answer")
	logged(s.expect(500, "101000"))
	s.lost, s.uncount = nil, errors.New("count: no answer")
	logged(s.expect(500, "101000"))
	s.uncount = nil
}

// A client whose id is its access key has a warning in its lines.
func TestIDIsKey(t *testing.T) {
	s := newService(t)
	s.expect(200, "0")
	if strings.Contains(s.log.String(), "warning") {
		t.Error(s.log.String())
	}
	s.known[simple].IDIsKey = true
	s.expect(200, "0", body(`{"to":"+12068800124"}`))
	if !strings.Contains(s.log.String(), `"warning":"the client's id is its access key: client add-access-key`) {
		t.Error(s.log.String())
	}
}

// The contract fixes the message of an answer, so the log line has the broken rule.
func TestDetails(t *testing.T) {
	s := newService(t)
	for _, c := range []struct {
		detail string
		edits  []edit
	}{
		{"action: is required", []edit{as(simple, "")}},
		{"action: must be otp.send or otp.verify", []edit{as(simple, "x")}},
		{"body: must be at most 16384 bytes", []edit{body(padded(sendText, 16<<10+1))}},
		{
			"body: must be base64 where the event says so",
			[]edit{func(r *gateway.Request) { r.Body, r.Garbled = nil, true }},
		},
		{"Content-Type: must be application/json where it is given", []edit{mediaType("text/html")}},
		{"body: must be a JSON object", []edit{body("[]")}},
		{"body: must be one JSON object in UTF-8, each name once, no lone surrogates", []edit{body(`{"x":"\ud800"}`)}},
		{"body: must end after the JSON object", []edit{body(sendText + "x")}},
		{"to: must be spelled in this case", []edit{body(`{"TO":1}`)}},
		{"to: is required", []edit{body("{}")}},
		{"code: is required", []edit{verify, body(sendText)}},
		{"to: must be a string of at most 256 characters", []edit{body(`{"to":1}`)}},
		{"digits: must be an integer from 4 to 8", []edit{body(`{"to":"x","digits":9}`)}},
		{"ttl: must be an integer from 1 to 1800", []edit{verify, body(`{"to":"x","code":"1234","ttl":0}`)}},
		{"code: must be a string of 4 to 8 digits", []edit{body(`{"to":"x","code":"123"}`)}},
		{"channel: must be one of sms, call, voice, whatsapp, auto", []edit{body(`{"to":"x","channel":"x"}`)}},
		{"to: must be a possible number in E.164 form", []edit{body(`{"to":"x"}`)}},
		{"to: must be in a country and on a line that the client may send to", []edit{body(`{"to":"+979123456789"}`)}},
	} {
		s.log.Reset()
		got := s.post(c.edits...)
		log := s.log.String()
		for _, want := range []string{
			`"level":"INFO","msg":"request","reply":"` + got.Headers["x-uni-request-id"] + `"`,
			`"client":"simple shop"`, `"result":"` + got.Code + `"`,
			fmt.Sprintf(`"detail":%q`, c.detail),
		} {
			if !strings.Contains(log, want) {
				t.Errorf("logged\n%s, want %s", log, want)
			}
		}
	}
}

// A panic in any dependency has an answer.
func TestPanics(t *testing.T) {
	s := newService(t)
	s.api.Limiter, s.api.Messages = nil, admission.Messages{}
	s.expect(500, "101000")
	s.api.Clients = nil
	s.expect(500, "101000")
	s.api.Rand = nil
	resp := s.api.Serve(context.Background(), gateway.Request{})
	if resp.Status != 500 || resp.Headers["x-uni-request-id"] == "" {
		t.Errorf("%+v", resp)
	}
}

// Parallel calls do not disturb each other.
func TestParallel(t *testing.T) {
	s := newService(t)
	quiet(s)
	answers := make(chan gateway.Response)
	for i := range 64 {
		raw := signed(secret, fmt.Sprint(1_795_314_304_000+i))
		text := fmt.Appendf(nil, `{"to":%q,"intent":"%d"}`, number, i)
		go func() {
			r := gateway.Request{Method: "POST", Path: "/", Query: raw, Body: text}
			answers <- s.api.Serve(context.Background(), r)
		}()
	}
	for range 64 {
		if got := s.decode(<-answers); got.Code != "0" {
			t.Error(got.Raw)
		}
	}
}

// quiet removes s, which is not safe for concurrent use, from the dependencies of the API.
func quiet(s *service) {
	s.api.Limiter, s.api.Clients = nil, s.known
	issuer := &s.api.Messages.Issuer
	issuer.Challenges, issuer.Ledgers, issuer.Sender = s.Store, allowing{s.Store}, accepting{}
}

// allowing is ledgers that allow every message.
type allowing struct{ otp.Ledgers }

func (allowing) Spend(context.Context, otp.Spend) (otp.Spent, error) {
	return otp.Spent{Applied: true}, nil
}

// accepting is a sender that keeps nothing.
type accepting struct{}

func (accepting) Send(context.Context, otp.Message) (otp.Delivery, string, error) {
	return otp.Accepted, "", nil
}
