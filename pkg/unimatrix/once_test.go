package unimatrix_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// withNonce is a signed query.
func withNonce(action, nonce string, at time.Time) string {
	text := fmt.Sprintf("accessKeyId=%s&action=%s&algorithm=hmac-sha256&nonce=%s&timestamp=%d",
		signing, action, nonce, at.UnixMilli())
	return sign(secret, text, text)
}

// captured returns the edits of a request with a captured URL and the n-th body of an attacker.
func captured(raw, action string, n int) []edit {
	text := fmt.Sprintf(`{"to":"+1206880%04d"}`, n)
	if action == "otp.verify" {
		text = fmt.Sprintf(`{"to":%q,"code":"%06d"}`, number, n)
	}
	return []edit{query(raw), body(text)}
}

// Whoever has read a signed URL can use it with other bodies. Where the client remembers nonces, only its first use
// passes, whatever came of that (P20). Each process refuses one more by a write, and all others without.
func TestCapturedURL(t *testing.T) {
	for _, action := range []string{"otp.send", "otp.verify"} {
		for _, once := range []bool{true, false} {
			s := newService(t)
			s.known[signing].Once = once
			raw, passed, writes := withNonce(action, "76cea0777066cf2b", s.now), 0, 0
			for n := range 300 {
				s.now = s.now.Add(time.Second)
				before := s.writes
				got := s.post(captured(raw, action, n)...)
				if got.Code == "0" {
					passed++
				} else if got.Code != "104201" || got.Status != 401 {
					t.Fatalf("%s, use %d: %s", action, n, got.Raw)
				} else {
					writes += s.writes - before
				}
			}
			want := map[bool][2]int{true: {1, 1}, false: {300, 0}}[once]
			if got := [2]int{passed, writes}; got != want {
				t.Errorf("%s with once %v: passes and writes of the other uses %v, want %v", action, once, got, want)
			}
			s.expect(200, "0", captured(withNonce(action, "another0", s.now), action, 301)...)
		}
	}
}

// The nonce is remembered for as long as its timestamp is accepted, at both edges of the window.
func TestNonceAtTheEdges(t *testing.T) {
	const window = 5 * time.Minute
	for _, ahead := range []time.Duration{-window, 0, window} {
		s := newService(t)
		s.known[signing].Once, s.known[signing].Skew = true, window
		at := s.now.Add(ahead)
		raw := withNonce("otp.send", "76cea0777066cf2b", at)
		use := func(status int, code string) { s.t.Helper(); s.expect(status, code, query(raw)) }
		use(200, "0")
		use(401, "104201")
		s.now = at.Add(window)
		use(401, "104201")
		s.now = s.now.Add(time.Millisecond)
		use(401, "104202")
		s.expect(401, "104201", query(withNonce("otp.send", "76cea0777066cf2b", s.now))) // it is remembered in seconds
		s.now = s.now.Add(time.Second)
		s.expect(200, "0", query(withNonce("otp.send", "76cea0777066cf2b", s.now))) // a new request
	}
}

// A nonce is used up by each request of its client that comes as far as its body, and by no other.
func TestNonceIsUsedUp(t *testing.T) {
	s := newService(t)
	other := *s.known[signing]
	s.known[signing].Once = true
	raw := withNonce("otp.send", "76cea0777066cf2b", s.now)
	use := func(status int, code string, edits ...edit) {
		t.Helper()
		s.expect(status, code, append([]edit{query(raw)}, edits...)...)
	}
	s.refused(401, "104201", query(raw[:len(raw)-4]+"0000"))
	s.overRate = true
	use(429, "105300")
	s.overRate, s.broken = false, fmt.Errorf("the table is down")
	use(500, "101000")
	s.broken = nil
	use(400, "104002", body("[]"))
	use(401, "104201")
	use(401, "104201", body("[]"))
	s.expect(401, "104201", query(withNonce("otp.verify", "76cea0777066cf2b", s.now.Add(time.Second))))
	if len(s.messages) != 0 {
		t.Errorf("%d messages, want none", len(s.messages))
	}
	s.known[special] = &other
	s.known[simple].Once = true // whose requests have no nonce
	s.expect(200, "0")
	s.expect(200, "0")
}

// Copies of a captured URL do not use up the rate of its client, and are strangers in the log: its client goes on. To
// forget a copy takes more URLs than an attacker has.
func TestCapturedURLsTakeNoRate(t *testing.T) {
	s := newService(t)
	s.known[signing].Once = true
	raw := withNonce("otp.verify", "76cea0777066cf2b", s.now)
	s.expect(200, "0", captured(raw, "otp.verify", 0)...)
	s.log.Reset()
	for n := range 300 {
		s.expect(401, "104201", captured(raw, "otp.verify", n)...)
		if n == 0 {
			s.requests = 0
		}
	}
	if s.requests != 0 || s.log.Len() != 0 {
		t.Errorf("%d of 299 copies were counted, log %s", s.requests, s.log.String())
	}
	s.overRate = true
	s.expect(401, "104201", captured(raw, "otp.verify", 1)...)
	s.overRate = false
	for n := range 1000 { // others of the client's, each captured too
		other := withNonce("otp.verify", fmt.Sprint("nonce", 1000+n), s.now)
		s.expect(200, "0", captured(other, "otp.verify", 1)...)
		s.expect(401, "104201", captured(other, "otp.verify", 1)...)
	}
	s.requests = 0
	s.expect(401, "104201", captured(raw, "otp.verify", 1)...)
	if s.requests != 0 {
		t.Error("a copy is forgotten")
	}
	// the same nonce and timestamp of another client
	s.known[signing].ID = "another"
	s.expect(200, "0", captured(raw, "otp.verify", 1)...)
}

// parallel is a service that may be called by several goroutines: the test's own counts may not.
func parallel(t *testing.T) (serve func(r gateway.Request) gateway.Response) {
	s := newService(t)
	s.known[signing].Once = true
	api := *s.api
	db := sqlitetest.New(t)
	api.Messages.Issuer.Challenges, api.Messages.Issuer.Ledgers = db, db
	api.Verifier.Challenges = db
	door := *api.Door
	door.Clients, door.Limiter = clients.Static(s.known), nil
	api.Door = &door
	return func(r gateway.Request) gateway.Response { return api.Serve(t.Context(), r) }
}

// Of a hundred uses at once, one passes.
func TestCapturedURLAtOnce(t *testing.T) {
	serve := parallel(t)
	raw := withNonce("otp.verify", "76cea0777066cf2b", time.Unix(1_795_314_304, 0))
	var passed atomic.Int32
	var uses sync.WaitGroup
	for n := range 100 {
		uses.Go(func() {
			r := gateway.Request{Method: "POST", Path: "/", SourceIP: "203.0.113.7"}
			for _, e := range captured(raw, "otp.verify", n) {
				e(&r)
			}
			if resp := serve(r); resp.Status == 200 {
				passed.Add(1)
			} else if resp.Status != 401 {
				t.Errorf("status %d", resp.Status)
			}
		})
	}
	uses.Wait()
	if passed.Load() != 1 {
		t.Errorf("%d of 100 uses passed, want 1", passed.Load())
	}
}
