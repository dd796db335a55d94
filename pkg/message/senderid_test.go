package message_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/quick"

	"countersign/pkg/message"
)

// A sender id has the form that SNS documents, and nothing else passes.
func TestSenderIDs(t *testing.T) {
	form, letter := regexp.MustCompile(`\A[A-Za-z0-9-]{1,11}\z`), regexp.MustCompile(`[A-Za-z]`)
	check := func(s string) bool {
		want := form.MatchString(s) && letter.MatchString(s)
		if got := message.IsSenderID(s); got != want {
			t.Errorf("IsSenderID(%q) = %v, want %v", s, got, want)
		}
		return true
	}
	all := []string{
		"", "A", "z", "1", "-", "A-1", "-a-", "Countersign", "Countersigns", "12345678901", "1234567890a", "Ac me",
		"Acme\n", "Äcme", "A_B", "A.B", "\xff", "A\x00", "@A", "[A", "`A", "{A", "/A", ":A",
	}
	for c := range 256 {
		all = append(all, "A"+string([]byte{byte(c)}), string([]byte{byte(c)}))
	}
	for n := range 14 {
		all = append(all, strings.Repeat("a", n), strings.Repeat("0", n))
	}
	for _, s := range all {
		check(s)
	}
	if err := quick.Check(check, nil); err != nil {
		t.Error(err)
	}
}
