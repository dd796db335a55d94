package unimatrix_test

import (
	"fmt"
	"testing"
	"time"
)

// A line has one ledger and one code, whichever of its spellings a request has. The message goes to the spelling that
// networks take, and each answer has the one of its request.
func TestSpellings(t *testing.T) {
	for _, line := range [][]string{
		{"+5491155550001", "+541155550001"},
		{"+24166031299", "+24106031299", "+2416031299"},
		{"+2290197123456", "+22997123456"},
		{"+220833123456", "+2203123456"},
		{"+5511961234567", "+551161234567"},
		{"+525512345678", "+5215512345678"},
		{"+2250708030405", "+22508030405"},
	} {
		for i, sent := range line {
			for _, checked := range line {
				s := newService(t)
				s.limited = true
				got := s.expect(200, "0", body(fmt.Sprintf(`{"to":%q}`, sent)))
				if got.Data["to"] != sent || s.messages[0].To.E164() != line[0] {
					t.Errorf("%s: answered %s, sent to %s", sent, got.Raw, s.messages[0].To.E164())
				}
				s.expect(429, "105300", body(fmt.Sprintf(`{"to":%q}`, line[(i+1)%len(line)]))) // counted in one ledger
				s.now = s.now.Add(31 * time.Second)
				s.expect(200, "0", body(fmt.Sprintf(`{"to":%q}`, checked)))
				if len(s.messages) != 2 || s.messages[1].Code != s.messages[0].Code {
					t.Errorf("%s after %s: another code, or %d messages", checked, sent, len(s.messages))
				}
				got = s.expect(200, "0", verify, body(fmt.Sprintf(`{"to":%q,"code":%q}`, checked, s.code())))
				if got.Data["valid"] != true || got.Data["to"] != checked {
					t.Errorf("sent to %s, checked with %s: %s", sent, checked, got.Raw)
				}
			}
		}
	}
}

// A length that can be dialled within an area only is no number of the contract.
func TestLocalNumbers(t *testing.T) {
	s := newService(t)
	for _, to := range []string{"+5450490000", "+60654321", "+91223344", "+6212345", "+8695588", "+15551234"} {
		s.refused(400, "107111", body(fmt.Sprintf(`{"to":%q}`, to)))
		s.refused(400, "107111", verify, body(fmt.Sprintf(`{"to":%q,"code":"123456"}`, to)))
	}
}
