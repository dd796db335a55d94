package admission_test

import (
	"strings"
	"testing"

	"countersign/pkg/admission"
)

// Sources have one form each, and whatever cannot tell people apart is none.
func TestSource(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.7":                    "203.0.113.7",
		"::ffff:203.0.113.7":             "203.0.113.7",
		"2001:db8:1:2:3:4:5:6":           "2001:db8:1:2::/64",
		"2001:0DB8:0001:0002::9":         "2001:db8:1:2::/64",
		"0f8b7a56-1f0e-4f5e-9a0c-1b2c3d": "0f8b7a56-1f0e-4f5e-9a0c-1b2c3d",
		strings.Repeat("d", 128):         strings.Repeat("d", 128),

		"": "", "unknown": "", "10.1.2.3": "", "192.168.0.1": "", "127.0.0.1": "", "::1": "", "fd00::1": "",
		"fe80::1": "", "fe80::1%eth0": "", "2001:db8::1%eth0": "", "0.0.0.0": "", "224.0.0.1": "", "203.0.113.*": "",
		"203.0.113.7, 198.51.100.1": "", "203.0.113.7,198.51.100.1": "", "203.0.113.7 ": "", "203.0.113.7:443": "",
		"[2001:db8::1]:443": "", "iPhone 15": "", "SM-G991B": "", "0123456789abcde": "", strings.Repeat("d", 129): "",
		"0f8b7a56-1f0e-4f5e-9a0c-1b2c3d\n": "",
	} {
		if got := admission.Source(text); got != want {
			t.Errorf("%q: the source %q, want %q", text, got, want)
		}
	}
}
