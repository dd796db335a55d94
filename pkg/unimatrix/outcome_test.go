package unimatrix_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/telemetry"
	"countersign/pkg/unimatrix"
)

// What became of a send, in the contract's words.
func TestOutcomes(t *testing.T) {
	cause := errors.New("sns: InvalidParameter (400)")
	for _, c := range []struct {
		says   unimatrix.Sent
		fails  error
		status int
		code   string
		wait   string
		fault  bool // of ours or the sender's, and not the number's
	}{
		{says: unimatrix.Sent{Outcome: otp.TooSoon, Wait: 29_001 * time.Millisecond}, status: 429, code: "105300", wait: "30"},
		{says: unimatrix.Sent{Outcome: otp.TooMany, Wait: time.Hour}, status: 429, code: "105300", wait: "3600"},
		{says: unimatrix.Sent{Outcome: otp.TooMany, Wait: time.Nanosecond}, status: 429, code: "105300", wait: "1"},
		{says: unimatrix.Sent{Outcome: otp.TooSoon}, status: 429, code: "105300", wait: "1"},
		{says: unimatrix.Sent{Outcome: otp.TooSoon, Wait: -time.Minute}, status: 429, code: "105300", wait: "1"},
		{says: unimatrix.Sent{Outcome: otp.Undeliverable, Cause: cause}, status: 500, code: "101303"},
		{says: unimatrix.Sent{Outcome: otp.Unclear, Cause: cause}, status: 500, code: "101000", fault: true},
		{says: unimatrix.Sent{Outcome: otp.InProgress}, status: 500, code: "101000", fault: true},
		{says: unimatrix.Sent{Outcome: otp.Passed}, status: 500, code: "101000", fault: true},
		{says: unimatrix.Sent{}, status: 500, code: "101000", fault: true},
		{says: unimatrix.Sent{Outcome: otp.Sent}, fails: cause, status: 500, code: "101000", fault: true},
		{says: unimatrix.Sent{Outcome: otp.Sent, ID: messages, Parts: 3}, status: 200, code: "0"},
	} {
		s := newService(t)
		s.says, s.fails = c.says, c.fails
		got := s.expect(c.status, c.code)
		if got.Headers["Retry-After"] != c.wait {
			t.Errorf("%+v: Retry-After %q, want %q", c.says, got.Headers["Retry-After"], c.wait)
		}
		if c.code == "0" && got.Data["count"] != 3.0 {
			t.Errorf("count of %s, want 3", got.Raw)
		}
		log := s.log.String()
		if strings.Count(log, "\n") != 1 || strings.Contains(log, `"level":"ERROR"`) != c.fault || strings.Contains(log, `"fault":`) != c.fault {
			t.Errorf("%+v logged %s", c.says, log)
		}
		if c.says.Cause != nil && !strings.Contains(log, cause.Error()) {
			t.Errorf("%+v: nothing of the cause in %s", c.says, log)
		}
	}
}

// Where a dependency fails the answer is "not known", never a refusal and never
// a success (P17); strangers' doing is no fault (P16).
func TestFaults(t *testing.T) {
	broken := errors.New("the table is throttled")
	for name, set := range map[string]func(*service){
		"directory": func(s *service) { s.lost = broken },
		"traffic":   func(s *service) { s.deaf = broken },
		"both":      func(s *service) { s.slow, s.deaf = true, broken },
		"backend":   func(s *service) { s.fails, s.valid = broken, func(unimatrix.VerifyRequest) bool { return true } },
		"entropy":   func(s *service) { s.api.Rand = strings.NewReader("short") },
	} {
		for _, edits := range [][]edit{nil, {verify}} {
			s := newService(t)
			set(s)
			s.expect(500, "101000", edits...)
			if log := s.log.String(); !strings.Contains(log, `"level":"ERROR"`) || !strings.Contains(log, `"reply":"`) || strings.Count(log, "\n") != 1 {
				t.Errorf("%s logged %q", name, log)
			}
		}
	}
	s := newService(t)
	s.lost = fmt.Errorf("find: %w", clients.ErrBusy)
	s.refused(429, "105300")
	s.lost, s.slow = nil, true // until the minute is over
	for now, wait := range map[int64]string{1_795_314_304_000: "56", 1_795_314_300_000: "60", 1_795_314_359_001: "1"} {
		s.now = time.UnixMilli(now)
		if got := s.refused(429, "105300"); got.Headers["Retry-After"] != wait {
			t.Errorf("Retry-After %s, want %s", got.Headers["Retry-After"], wait)
		}
	}
	s.api.Limiter = nil
	s.expect(200, "0")
}

// Neither a code nor a number is logged, whatever happens (P14); what is logged
// can be found by the id that the client got.
func TestLogsTellNothing(t *testing.T) {
	s := newService(t)
	s.api.Lines = &telemetry.Lines{Stack: "countersign", Every: time.Hour}
	const code, to = "72519384", "+12068800123"
	text := `{"to":"` + to + `","code":"` + code + `"}`
	told := func(got reply) {
		t.Helper()
		log := s.log.String()
		s.log.Reset()
		if strings.Count(log, "\n") != 1 || !strings.Contains(log, got.Headers["x-uni-request-id"]) {
			t.Errorf("%s logged %q, without the request's id", got.Raw, log)
		}
		for _, secret := range []string{code, to, to[1:], secret, "8800123"} {
			if strings.Contains(log, secret) || got.Code != "0" && strings.Contains(got.Raw, secret) {
				t.Errorf("%q is told: %s, %s", secret, log, got.Raw)
			}
		}
	}
	told(s.expect(200, "0", body(strings.Replace(text, code, code[:6], 1))))
	told(s.expect(200, "0", verify, body(text)))
	s.fails = errors.New("no answer")
	told(s.expect(500, "101000", body(text)))
	told(s.expect(500, "101000", verify, body(text)))
	s.fails, s.panics = nil, "panicked with "+text
	told(s.expect(500, "101000", body(text)))
	s.panics, s.says = "", unimatrix.Sent{Outcome: otp.Undeliverable, Cause: errors.New("opted out")}
	told(s.expect(500, "101303", body(text)))
	for _, broken := range []string{
		text + text, strings.Replace(text, "}", `,"digits":"`+code+`"}`, 1), strings.Replace(text, code, code+"5", 1), strings.Replace(text, "+1", "", 1), `{"code":"` + code + `"}`,
		strings.Replace(text, "}", `,"channel":"`+code+`"}`, 1),
	} {
		told(s.post(body(broken)))
	}
	s.known[simple].Countries = []string{"GB"}
	told(s.refused(400, "107111", body(text)))
	s.log.Reset()
	s.api.Lines = nil
	s.post(query("action=otp.send&accessKeyId=nobody&x=%"), body(text))
	s.post(query("action=otp.send&accessKeyId=nobody"), body(text))
	s.post(query("action=otp.send"), body(text))
	if s.log.Len() > 0 {
		t.Errorf("a stranger writes the log: %s", s.log.String())
	}
}

// The message is the contract's, so what was wrong is in the log, by request id.
func TestDetails(t *testing.T) {
	s := newService(t)
	for _, c := range []struct {
		detail string
		edits  []edit
	}{
		{"action: is required", []edit{as(simple, "")}},
		{"action: must be otp.send or otp.verify", []edit{as(simple, "x")}},
		{"body: must be at most 16384 bytes", []edit{body(padded(sendText, 16<<10+1))}},
		{"body: must be base64 where the event says so", []edit{func(r *gateway.Request) { r.Body, r.Garbled = nil, true }}},
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
		for _, want := range []string{`"level":"INFO","msg":"request","reply":"` + got.Headers["x-uni-request-id"] + `"`, `"client":"` + simple + `"`, `"result":"` + got.Code + `"`, fmt.Sprintf(`"detail":%q`, c.detail)} {
			if !strings.Contains(log, want) {
				t.Errorf("logged\n%s, want %s", log, want)
			}
		}
	}
}

// A panic anywhere is answered.
func TestPanics(t *testing.T) {
	s := newService(t)
	s.api.Limiter, s.api.Backend = nil, nil
	s.expect(500, "101000")
	s.api.Clients = nil
	s.expect(500, "101000")
	s.api.Rand = nil
	resp := s.api.Serve(context.Background(), gateway.Request{})
	if resp.Status != 500 || resp.Headers["x-uni-request-id"] == "" {
		t.Errorf("%+v", resp)
	}
}

// Calls share nothing but what is safe to share.
func TestParallel(t *testing.T) {
	s := newService(t)
	api := *s.api
	s.api.Limiter, s.api.Clients, api.Backend = quiet{}, s.known, quiet{}
	answers := make(chan gateway.Response)
	for i := range 64 {
		raw := signed(secret, fmt.Sprint(1_795_314_304_000+i))
		go func() {
			answers <- api.Serve(context.Background(), gateway.Request{Method: "POST", Path: "/", Query: raw, Body: []byte(sendText)})
		}()
	}
	for range 64 {
		if got := s.taken(<-answers); got.Code != "0" {
			t.Error(got.Raw)
		}
	}
}

// quiet is a backend without a memory.
type quiet struct{}

func (quiet) Allow(context.Context, *clients.Client) (bool, error) { return true, nil }
func (quiet) Send(context.Context, *clients.Client, unimatrix.SendRequest, phone.Number) (unimatrix.Sent, error) {
	return unimatrix.Sent{Outcome: otp.Sent, ID: messages, Parts: 1}, nil
}
func (quiet) Verify(context.Context, *clients.Client, unimatrix.VerifyRequest) (bool, error) {
	return true, nil
}
