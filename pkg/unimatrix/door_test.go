package unimatrix_test

import (
	"strings"
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/telemetry"
	"countersign/pkg/unimatrix"
)

func TestBadQueries(t *testing.T) {
	s := newService(t)
	key := "accessKeyId=" + simple
	for _, raw := range []string{
		key + "&" + key, key + "&action=otp.send&action=otp.send",
		key + "&%61ction=otp.send&action=otp.send", key + "&nonce&nonce", key + "&timestamp=1&timestamp=2",
		key + "&signature=&signature=",
		key + "&algorithm=a&algorithm=b", key + "&action=%", key + "&action=%6", key + "&action=%zz",
		key + "&x=%u0041", key + "&x=%ff", key + "&%ff=x", key + "&x=\xff", key + "&x=%ed%a0%80",
		"%=1&" + key,
		key + "&x=" + strings.Repeat("x", 8<<10),
	} {
		s.refused(400, "104002", query(raw))
	}
	for _, raw := range []string{
		"", "action=otp.send", "accessKeyId&action=otp.send", "accessKeyId=&action=otp.send",
		"AccessKeyId=" + simple, "accesskeyid=" + simple, "access_key_id=" + simple,
	} {
		s.refused(401, "104110", query(raw))
	}
	lookups := s.lookups
	// ids that no client can have
	for _, id := range []string{strings.Repeat("k", 65), strings.Repeat("k", 7000), "k%00", "k%0a", "k%7f"} {
		s.refused(401, "104111", query("action=otp.send&accessKeyId="+id))
	}
	if s.lookups != lookups {
		t.Error("a malformed id was looked up")
	}
	for _, id := range []string{"nobody", "AKSIMPLE0001", simple + "+", "+" + simple, "amsOnly"} {
		s.refused(401, "104111", query("action=otp.send&accessKeyId="+id))
	}
	for _, raw := range []string{key, key + "&action", key + "&action=", key + "&Action=otp.send"} {
		s.refused(400, "104001", query(raw))
	}
	for _, action := range []string{
		"sms.message.send", "otp.Send", "OTP.SEND", "otp", "otp.send+", "otp.send%00",
		"otp.send,otp.verify", "otp%252Esend", "email.message.send",
	} {
		s.refused(400, "104002", query(key+"&action="+action))
	}
	for _, raw := range []string{
		key + "&action=otp.send&x=1&x=2&&y", "action=otp%2Esend&&" + key + "&",
		key + "&action=otp.send&x=a;b&=&q?",
		key + "&action=otp.send&x=" + strings.Repeat("x", 8<<10-len(key)-len("&action=otp.send&x=")),
	} {
		s.expect(200, "0", query(raw))
	}
	odd := *s.known[simple]
	odd.ID, odd.Unimatrix = "odd", "hmac-sha1" // an unknown mode
	s.known["odd"] = &odd
	s.refused(401, "104111", as("odd", "otp.send"))
}

// The checks are in the order of the contract: a request breaks all rules, and each step mends one.
func TestOrder(t *testing.T) {
	s := newService(t)
	s.overRate = true
	c := s.known[signing]
	c.Networks, c.APIs, c.Countries = prefixes("192.0.2.0/24"), []string{"otp.verify"}, nil
	c.CustomCodes, c.SenderNames = false, []string{"Acme"}
	wrong := gateway.Request{
		Method: "GET", Path: "/nothing", Query: "nonce=1&nonce=2", SourceIP: "203.0.113.7",
		Body:    []byte(padded(`{"digits":1}`, 17_000)),
		Headers: map[string][]string{"content-type": {"text/html"}},
	}
	signFor := func(action string) {
		text := strings.Replace(plain("1795314304"), "otp.send", action, 1)
		wrong.Query = sign(secret, text, text)
	}
	for i, step := range []struct {
		status int
		code   string
		mend   func()
	}{
		{404, "104002", func() {}},
		{405, "104002", func() { wrong.Path = "/" }},
		{400, "104002", func() { wrong.Method = "POST" }},
		{401, "104110", func() { wrong.Query = "nonce=2" }},
		{401, "104111", func() { wrong.Query = "accessKeyId=nobody" }},
		{401, "104200", func() { wrong.Query = "accessKeyId=" + signing }},
		{401, "104202", func() { wrong.Query += "&signature=x" }},
		{401, "104201", func() { wrong.Query += "&timestamp=1" }},
		{403, "105100", func() { signFor("") }},
		{400, "104001", func() { wrong.SourceIP = "192.0.2.7" }},
		{400, "104002", func() { signFor("sms.message.send") }},
		{403, "105001", func() { signFor("otp.send") }},
		{429, "105300", func() { c.APIs = nil }},
		{400, "104002", func() { s.overRate = false }},
		{400, "104002", func() { wrong.Body = []byte(`[]`) }},
		{400, "104002", func() { wrong.Headers = nil }},
		{400, "104001", func() { wrong.Body = []byte(`{"digits":1,"code":"1234","signature":"Other"}`) }},
		{400, "104002", func() { wrong.Body = []byte(`{"digits":1,"code":"1234","signature":"Other","to":"1"}`) }},
		{400, "107111", func() { wrong.Body = []byte(`{"code":"1234","signature":"Other","to":"1"}`) }},
		{400, "107111", func() { wrong.Body = []byte(`{"code":"1234","signature":"Other","to":"+12068800123"}`) }},
		{400, "104003", func() { c.Countries = []string{"US"} }},
		{400, "107121", func() { c.CustomCodes = true }},
		{200, "0", func() { c.SenderNames = []string{"Other"} }},
	} {
		step.mend()
		if got := s.expect(step.status, step.code, func(r *gateway.Request) { *r = wrong }); got.Code != step.code {
			t.Fatalf("step %d", i)
		}
	}
	if s.requests != 11 || len(s.messages) != 1 {
		t.Errorf("%d requests were counted and %d messages sent, want 11, those with a valid action, and 1",
			s.requests, len(s.messages))
	}
}

// The log line of a refusal whose code has several causes names the cause.
func TestRefusalsNameTheirCause(t *testing.T) {
	s := newService(t)
	s.api.Lines = &telemetry.Lines{}
	c := s.known[simple]
	for want, change := range map[string]func(*gateway.Request){
		"the client's requests of the minute": func(*gateway.Request) { s.overRate = true },
		"address: must be in a network":       func(*gateway.Request) { c.Networks = prefixes("192.0.2.0/24") },
		"api: must be one that":               func(*gateway.Request) { c.APIs = []string{"otp.verify"} },
		"path: must be /":                     func(r *gateway.Request) { r.Path, r.Query = "/prod/x", "" },
		"too many requests for ids":           func(*gateway.Request) { s.lost = clients.ErrBusy },
	} {
		s.overRate, c.Networks, c.APIs, s.lost = false, nil, nil, nil
		s.log.Reset()
		if got := s.post(change); got.Code == "0" || !strings.Contains(s.log.String(), want) {
			t.Errorf("answered %s, logged %s, want %q", got.Code, s.log.String(), want)
		}
	}
}

func TestContentTypes(t *testing.T) {
	s := newService(t)
	for _, lines := range [][]string{
		{"text/plain"}, {""}, {"application/jsonp"}, {"application/x-www-form-urlencoded"},
		{"multipart/form-data; x=application/json"}, {"application/json", "text/html"},
		{"text/html,application/json"}, {"*/*"},
	} {
		s.refused(400, "104002", mediaType(lines...))
		s.refused(400, "104002", verify, mediaType(lines...))
	}
	for _, lines := range [][]string{
		nil, {"application/json"}, {"Application/JSON ; charset=utf-8"}, {"application/json;charset=utf-8"},
		{"application/json", "application/json"},
	} {
		s.expect(200, "0", mediaType(lines...))
	}
	s.expect(200, "0", func(r *gateway.Request) { r.Headers = nil })
}

func TestMethodsAndPaths(t *testing.T) {
	s := newService(t)
	for _, m := range []string{"GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "post", ""} {
		s.refused(405, "104002", method(m))
		s.refused(405, "104002", method(m), query(""))
		s.refused(404, "104002", method(m), query(""), path("/x"))
	}
	for _, p := range []string{"", "///", "/x", "/?", "/otp", "/%2F"} {
		s.refused(404, "104002", path(p), query("x=action"))
		s.expect(200, "0", path(p))
	}
	s.expect(200, "0", path("//"))
	s.refused(404, "104002", func(r *gateway.Request) {
		*r = gateway.Request{Method: "POST", Direct: true, Client: simple, Body: []byte(sendText)}
	})
}

func TestServes(t *testing.T) {
	for target, want := range map[string]bool{
		"/?": true, "//?": true, "/uni?action=otp.send": true, "/uni/?accessKeyId=x": true,
		"/uni?x=1&action": true, "/uni?%61ction=x": true, "/uni?x=%&action=y": true,
		"/uni?": false, "/uni?x=action": false, "/uni?Action=x": false, "///?": false, "?": false,
		"/uni?action%=x": false, "/uni?actions=x": false, "?action=x": true,
	} {
		p, q, _ := strings.Cut(target, "?")
		if got := unimatrix.Serves(p, q); got != want {
			t.Errorf("%s: %v, want %v", target, got, want)
		}
	}
}

// The caller's address comes from the request context only, never from a header.
func TestCallerAddress(t *testing.T) {
	s := newService(t)
	s.known[simple].Networks = prefixes("192.0.2.0/24", "2001:db8::/32")
	forged := func(r *gateway.Request) {
		r.Headers["x-forwarded-for"], r.Headers["x-real-ip"], r.Headers["forwarded"] =
			[]string{"192.0.2.1"}, []string{"192.0.2.1"}, []string{"for=192.0.2.1"}
	}
	for _, ip := range []string{"203.0.113.7", "192.0.3.0", "", "192.0.2.1,203.0.113.7", "2001:db9::1", "localhost"} {
		s.refused(403, "105100", from(ip), forged)
		s.refused(403, "105100", verify, from(ip), forged)
	}
	for _, ip := range []string{"192.0.2.1", "192.0.2.255", "::ffff:192.0.2.1", "2001:db8::1"} {
		s.expect(200, "0", from(ip))
	}
}
