package admission

import (
	"context"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/telemetry"
)

// endlessWait is the wait for a block without an end: nobody knows when the operator lifts it.
const endlessWait = 24 * time.Hour

// ruled returns what the rules of the operator decide about a number that [Messages.Recipient] allowed. A block also
// holds for known numbers. The rules do not hold for a test number, to which no message goes.
//
// A refusal is stored with the challenge, unlike one of Recipient: the caller has nothing to correct, and the operator
// sees by the event what the block refuses.
func (m Messages) ruled(ctx context.Context, c *clients.Client, n phone.Number) otp.Decision {
	if len(c.GuardRules) == 0 || n.E164 == "" || n.Test.Is() {
		return otp.Decision{}
	}
	now := m.Issuer.Now()
	rule, ok := c.Rule(n.E164, n.Region, now)
	switch {
	case !ok:
		return otp.Decision{}
	case rule.Verdict != clients.Block:
		return otp.Decision{Exempt: true}
	}
	record := telemetry.From(ctx)
	if record.Cause = "the operator blocks the country"; rule.Prefix != "" { // which is nearly a number: no line has it
		record.Cause = "the operator blocks numbers that begin like this one"
	}
	wait := endlessWait
	if !rule.Until.IsZero() {
		wait = rule.Until.Sub(now)
	}
	return otp.Decision{Refusal: otp.OperatorBlock, Wait: wait}
}
