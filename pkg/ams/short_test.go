package ams_test

import (
	"strings"
	"testing"
)

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
