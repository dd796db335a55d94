package unimatrix_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
)

// bounded makes a service whose client has a lifetime and a number of digits that its operator set.
func bounded(t *testing.T, validity time.Duration, digits int) *service {
	s := newService(t)
	c := s.known[simple]
	c.Bounds = clients.Bounds{Validity: validity, Digits: digits}
	if c.Policy.Validity = validity; digits > 0 {
		c.Policy.Digits = digits
	}
	return s
}

// A lifetime that the operator set is the longest, whatever ttl a request has (P10). Without one, ttl has the
// contract's range, see [TestMessages].
func TestLifetimeIsACeiling(t *testing.T) {
	const minute = time.Minute
	for _, c := range []struct {
		send, verify string // their ttl
		bound, want  time.Duration
	}{
		{"", "1800", minute, minute}, {"", "", minute, minute}, {"", "61", minute, minute}, {"", "60", minute, minute},
		{"", "59", minute, 59 * time.Second}, {"1800", "1800", minute, minute}, {"30", "1800", minute, minute},
		{"", `"1800"`, 10 * minute, 10 * minute}, {"", "", 10 * minute, 5 * minute},
		{"code 1800", "1", minute, minute}, {"code", "1", minute, minute}, {"code 30", "1", minute, 30 * time.Second},
		{"code 601", "", 10 * minute, 10 * minute}, {"code", "", 10 * minute, 5 * minute},
	} {
		t.Run(fmt.Sprintf("send %q verify %q under %v", c.send, c.verify, c.bound), func(t *testing.T) {
			s := bounded(t, c.bound, 0)
			members, ttl := "", c.send
			if rest, chosen := strings.CutPrefix(c.send, "code"); chosen {
				members, ttl = `,"code":"13579"`, strings.TrimSpace(rest)
			}
			if ttl != "" {
				members += `,"ttl":` + ttl
			}
			s.expect(200, "0", body(`{"to":"`+number+`"`+members+"}"))
			valid := func(after time.Duration) any {
				sent := s.now
				defer func() { s.now = sent }()
				s.now = s.now.Add(after)
				guess := fmt.Sprintf(`{"to":%q,"code":%q`, number, s.code())
				if c.verify != "" {
					guess += `,"ttl":` + c.verify
				}
				return s.expect(200, "0", verify, body(guess+"}")).Data["valid"]
			}
			if valid(c.want) != false {
				t.Errorf("the code is valid after %v", c.want)
			}
			if valid(c.want-time.Second) != true {
				t.Errorf("the code is not valid for %v", c.want)
			}
		})
	}
}

// A message that goes out again does not lengthen the lifetime, and each message states what is left of it.
func TestLifetimeOfAMessageSentAgain(t *testing.T) {
	s := bounded(t, 2*time.Minute, 0)
	s.expect(200, "0", body(`{"to":"`+number+`","ttl":1800}`))
	s.now = s.now.Add(time.Minute)
	s.expect(200, "0")
	for i, want := range []string{"2 min", "1 min"} {
		if !strings.Contains(s.messages[i].Text, want) {
			t.Errorf("message %d does not state %s", i, want)
		}
	}
	s.now = s.now.Add(time.Minute)
	guess := fmt.Sprintf(`{"to":%q,"code":%q,"ttl":1800}`, number, s.code())
	if s.expect(200, "0", verify, body(guess)).Data["valid"] != false {
		t.Error("the code is valid beyond its lifetime")
	}
}

// A policy that got stricter holds for codes of before, too.
func TestLifetimeThatWasShortened(t *testing.T) {
	s := newService(t)
	s.expect(200, "0")
	s.known[simple].Bounds.Validity = time.Minute
	s.now = s.now.Add(time.Minute)
	guess := fmt.Sprintf(`{"to":%q,"code":%q,"ttl":1800}`, number, s.code())
	if s.expect(200, "0", verify, body(guess)).Data["valid"] != false {
		t.Error("the code is valid beyond the lifetime that is set now")
	}
}

// A number of digits that the operator set is the least, whatever digits a request has, and whatever code it brings
// (P10). Without one, digits has the contract's range.
func TestDigitsAreAFloor(t *testing.T) {
	for _, c := range []struct {
		bound   int
		members string
		want    int // 0: refused
	}{
		{8, `,"digits":4`, 8}, {8, `,"digits":"7"`, 8}, {8, `,"digits":8`, 8}, {8, "", 8},
		{5, `,"digits":4`, 5}, {5, `,"digits":7`, 7}, {5, "", 5},
		{0, `,"digits":4`, 4}, {0, `,"digits":8`, 8}, {0, "", 6},
		{8, `,"code":"1234567"`, 0}, {8, `,"code":"12345678"`, 8}, {8, `,"code":"1234","digits":8`, 0},
		{4, `,"code":"1234"`, 4}, {5, `,"code":"1234"`, 0}, {0, `,"code":"1234"`, 4},
	} {
		s := bounded(t, 5*time.Minute, c.bound)
		text := body(`{"to":"` + number + `"` + c.members + "}")
		if c.want == 0 {
			s.refused(400, "104003", text)
			want, line := fmt.Sprintf("code: must have at least %d digits", c.bound), s.log.String()
			if !strings.Contains(line, want) {
				t.Errorf("the log line is %s, want the rule", line)
			}
			continue
		}
		s.expect(200, "0", text)
		if got := len(s.code()); got != c.want {
			t.Errorf("{%s} under %d digits sent %d, want %d", c.members, c.bound, got, c.want)
		}
		s.expect(200, "0", text) // the live code again
		if len(s.messages) != 2 || s.messages[0].Code != s.messages[1].Code {
			t.Errorf("{%s} under %d digits did not send the live code again", c.members, c.bound)
		}
	}
}
