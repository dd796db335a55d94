package ams_test

import (
	"testing"
	"time"

	"countersign/pkg/gateway"
)

// A replayed request does no harm: an init has the first answer, and the code of a verify is used.
func TestReplays(t *testing.T) {
	s := trusted(t)
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	var taken gateway.Request
	keep := func(r *gateway.Request) { taken = *r }
	first := s.post(initPath, docRequest, sign, keep)
	again := func(r *gateway.Request) { *r = taken }
	if got := s.post(initPath, "", again); string(got.Body) != string(first.Body) || s.sends.Load() != 1 {
		t.Errorf("a replayed init: %s, %d messages", got.Body, s.sends.Load())
	}
	right := verifyBody(docID, s.code.Load().(string))
	path := "/ams/api" + verifyPath
	s.expect("SUCCESS", path, right, sign, keep)
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", path, "", again)
	s.now = s.now.Add(10*time.Minute + time.Millisecond)
	s.refused("PARAM_ILLEGAL", path, "", again)
}

// A replayed re-send sends nothing, also if it has no id that makes it idempotent, and if a later re-send came between.
// Each of them is within the window of its signature, and within the limits of the number.
func TestReplayedResends(t *testing.T) {
	s := trusted(t)
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	challenge := s.expect("SUCCESS", initPath, docRequest, sign).AuthID
	resend := func(members string) (again func(*gateway.Request)) {
		t.Helper()
		s.now = s.now.Add(time.Minute)
		var taken gateway.Request
		keep := func(r *gateway.Request) { taken = *r }
		s.expect("SUCCESS", triggerPath, `{"challengeId":"`+challenge+`"`+members+`}`, sign, keep)
		return func(r *gateway.Request) { *r = taken }
	}
	first := resend("")
	second := resend(`,"triggerRequestId":"second"`)
	s.now = s.now.Add(time.Minute)
	for range 3 {
		s.expect("UNKNOWN_EXCEPTION", triggerPath, "", first)
		s.expect("SUCCESS", triggerPath, "", second) // the answer of then
	}
	if got := s.sends.Load(); got != 3 {
		t.Errorf("%d messages, want 3", got)
	}
	resend("")
	if got := s.sends.Load(); got != 4 {
		t.Errorf("%d messages after a new re-send, want 4", got)
	}
}

// The client's record has the width of the window; 0 switches it off.
func TestTimeWindow(t *testing.T) {
	s := trusted(t)
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	now := s.now
	for _, c := range []struct {
		window, off time.Duration
		ok          bool
	}{
		{10 * time.Minute, 10 * time.Minute, true}, {10 * time.Minute, -10 * time.Minute, true},
		{10 * time.Minute, 10*time.Minute + 1, false}, {10 * time.Minute, -10*time.Minute - 1, false},
		{time.Second, time.Second, true}, {time.Second, 2 * time.Second, false},
		{0, 1000 * time.Hour, true}, {0, -1000 * time.Hour, true},
	} {
		s.clients[merchant].Window = c.window
		s.now = now
		got := s.refusedOrPast(
			"/ams/api"+verifyPath, docVerify, sign, func(*gateway.Request) { s.now = now.Add(c.off) },
		)
		if past(got) != c.ok {
			t.Errorf("window %v, off by %v: %s", c.window, c.off, got)
		}
	}
}
