package snssender

import (
	"testing"

	"countersign/pkg/otp/sendertest"
)

// docs/senders.md has every refusal of SNS with its meaning.
func TestPageHasEveryRefusal(t *testing.T) { sendertest.TestPage(t, "SNS", rules) }
