package otp

import (
	"fmt"
	"slices"
	"testing"
)

// A challenge keeps the ids of its four latest messages, if they are UUIDs as the services write them.
func TestMessageIDs(t *testing.T) {
	var c Challenge
	var want []string
	for n := range 6 {
		id := fmt.Sprintf("0123abcd-89ef-4000-8000-00000000000%d", n)
		want = append([]string{id}, want...)
		c.Messages = c.withMessage(id)
		if got := c.MessageIDs(); !slices.Equal(got, want[:min(4, len(want))]) {
			t.Fatalf("after %s: %q", id, got)
		}
	}
	for _, id := range []string{
		"", "1", "0123ABCD-89EF-4000-8000-000000000001", "0123abcd89ef40008000000000000001",
		"0123abcd-89ef-4000-8000-0000000000010", "0123abcd-89ef-4000-8000-00000000000g",
		"{0123abcd-89ef-4000-8000-000000000001}",
	} {
		if got := c.withMessage(id); got != nil {
			t.Errorf("%q is kept: %x", id, got)
		}
	}
}
