package ams_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A line has one ledger, whichever of its spellings a request has. The mask in the answer is that of the given one. The
// same id with another spelling is another request.
func TestSpellings(t *testing.T) {
	for _, line := range []struct{ first, second, mask string }{
		{"54-91155550001", "54-1155550001", "+54*******0001"},
		{"54-1155550001", "54-91155550001", "+54******0001"},
		{"241-06031299", "241-6031299", "+241****1299"},
		{"241-6031299", "241-66031299", "+241****299"},
		{"229-97123456", "229-0197123456", "+229****3456"},
		{"220-833123456", "220-3123456", "+220*****3456"},
	} {
		s := newService(t)
		request := func(id, number string) string {
			return strings.NewReplacer(docID, id, "60-6543216353", number).Replace(docRequest)
		}
		if got := string(s.post(initPath, request("1", line.first)).Body); !strings.Contains(got, `"`+line.mask+`"`) {
			t.Errorf("%s: %s, want the mask %s", line.first, got, line.mask)
		}
		s.expect("TIMES_EXCEED_LIMIT", initPath, request("2", line.second))
		s.expect("REPEAT_REQ_INCONSISTENT", initPath, request("1", line.second))
		s.now = s.now.Add(31 * time.Second)
		for n := range 4 {
			s.now = s.now.Add(time.Minute)
			s.expect("SUCCESS", initPath, request(fmt.Sprint("3", n), []string{line.first, line.second}[n%2]))
		}
		s.expect("SEND_TIMES_EXCEED_LIMIT", initPath, request("4", line.second))
		if s.sends.Load() != 5 {
			t.Errorf("%s, %s: %d messages within an hour, want 5", line.first, line.second, s.sends.Load())
		}
	}
}

// Alipay's codes for a length that can be dialled within an area only, and for a short number's mask.
func TestShortNumbers(t *testing.T) {
	s := newService(t)
	for _, number := range []string{"54-50490000", "60-654321", "91-223344", "62-12345", "86-95588"} {
		s.expect("INVALID_PHONE_NUMBER", initPath, strings.ReplaceAll(docRequest, "60-6543216353", number))
	}
	got := string(s.post(initPath, strings.ReplaceAll(docRequest, "60-6543216353", "500-51234")).Body)
	if !strings.Contains(got, `"+500***34"`) || strings.Contains(s.log.String(), "1234") {
		t.Errorf("answered %s, logged %s", got, s.log.String())
	}
	if s.writes.Load() == 0 || s.sends.Load() != 1 {
		t.Errorf("%d messages, want 1", s.sends.Load())
	}
}
