package plan_test

import (
	"strings"
	"testing"

	"countersign/pkg/phone/plan"
)

// Where people write numbers as networks do not take them, a prefix of theirs begins no number.
func TestBegin(t *testing.T) {
	for prefix, sent := range map[string]string{
		"+5411": "+54911", "+541155": "+5491155", "+52155": "+5255", "+5215512": "+525512", "+84162": "+8432",
		"+23771": "+237671",
	} {
		got := plan.Begin(prefix)
		if got.None || !strings.HasPrefix(got.Written, prefix) || !strings.HasPrefix(got.Sent, sent) {
			t.Errorf("%s: %+v, want a number that is sent to as %s…", prefix, got, sent)
		}
	}
	for _, prefix := range []string{
		"+5491155", "+5255", "+8432", "+237671", "+6012345", "+601", "+447911", "+1206880", "+55119", "+22507",
		"+3934712", "+861381234", "+4915112", "+79161234567", "+60012", // which is possible, and in no plan
	} {
		if got := plan.Begin(prefix); got != (plan.Prefix{}) {
			t.Errorf("%s: %+v, want nothing to say", prefix, got)
		}
	}
	for _, prefix := range []string{"+999123", "+210", "+2101"} {
		if got := plan.Begin(prefix); got != (plan.Prefix{None: true}) {
			t.Errorf("%s: %+v, want no number", prefix, got)
		}
	}
}
