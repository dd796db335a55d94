package main

import (
	"strings"
	"testing"
)

// Where people write numbers as networks do not take them, a prefix of theirs begins no number.
func TestNumbersWith(t *testing.T) {
	for prefix, sent := range map[string]string{
		"+5411": "+54911", "+541155": "+5491155", "+52155": "+5255", "+5215512": "+525512", "+84162": "+8432",
		"+23771": "+237671",
	} {
		got := numbersWith(prefix)
		if got.none || !strings.HasPrefix(got.written, prefix) || !strings.HasPrefix(got.sent, sent) {
			t.Errorf("%s: %+v, want a number that is sent to as %s…", prefix, got, sent)
		}
	}
	for _, prefix := range []string{
		"+5491155", "+5255", "+8432", "+237671", "+6012345", "+601", "+447911", "+1206880", "+55119", "+22507",
		"+3934712", "+861381234", "+4915112", "+79161234567", "+60012", // which is possible, and in no plan
	} {
		if got := numbersWith(prefix); got != (prefixed{}) {
			t.Errorf("%s: %+v, want nothing to say", prefix, got)
		}
	}
	for _, prefix := range []string{"+999123", "+210", "+2101"} {
		if got := numbersWith(prefix); got != (prefixed{none: true}) {
			t.Errorf("%s: %+v, want no number", prefix, got)
		}
	}
}
