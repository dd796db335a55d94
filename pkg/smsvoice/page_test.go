package smsvoice

import (
	"cmp"
	"testing"

	"countersign/pkg/awssender"
	"countersign/pkg/otp/sendertest"
)

// docs/senders.md has every refusal of the service with its meaning, by its reason where it has one.
func TestPageHasEveryRefusal(t *testing.T) {
	all := map[string]awssender.Rule{}
	for r, rule := range rules {
		all[cmp.Or(r.detail, r.code)] = rule
	}
	if len(all) != len(rules) {
		t.Errorf("%d names of %d refusals: two exceptions share a reason", len(all), len(rules))
	}
	sendertest.TestPage(t, "End User Messaging", all)
}
