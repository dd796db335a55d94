package admission

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/guard"
	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/telemetry"
)

// Messages starts the messages of a contract. All fields but Senders are required. It is safe for concurrent use.
type Messages struct {
	Lookup phone.Lookup // [countersign/pkg/phone/plan.Lookup]
	// Text returns the message of a client in the first of the languages that has a text, in the client's own, or in
	// English: [countersign/pkg/message/languages.For].
	Text   func(w message.Words, languages ...string) (message.Chosen, error)
	Issuer otp.Issuer
	// Senders are the deployment's own by country, see [Messages.Origins]; nil for none.
	Senders map[string]clients.Sender
}

// Recipient decides whether a message of a client may go to a number, given in E.164 form, and notes the number in the
// record, masked. No other place decides it: a new rule belongs here and holds for every contract. The E164 of the
// number that it returns is the spelling that networks take, which may differ from the given one.
//
//   - "": it may, or it is a test number of the client, and [phone.Number.Test] is set. No message goes to such a
//     number, so it need only be possible.
//   - [otp.BadNumber]: the number is not possible (then the [phone.Number] is zero), or not as sure as the client asks.
//   - [otp.Barred]: the client may not send to the number's country or to its kind of line.
func (m Messages) Recipient(ctx context.Context, c *clients.Client, e164 string) (phone.Number, otp.Outcome) {
	n, possible := m.Lookup(e164)
	record := telemetry.From(ctx)
	record.Mask, record.Country = n.Mask, n.Region
	switch {
	case !possible:
		return phone.Number{}, otp.BadNumber
	case m.isTest(c, &n):
		record.Test = true
		return n, ""
	case !n.Meets(c.Numbers):
		return n, otp.BadNumber
	case !c.MayReach(n.Kind), !maySendTo(c, n):
		return n, otp.Barred
	}
	return n, ""
}

// isTest reports whether a number is a test number of a client now, and notes its code in the number. It is decided
// once for a request: the test number may end while the request is served.
func (m Messages) isTest(c *clients.Client, n *phone.Number) bool {
	if len(c.TestNumbers) == 0 {
		return false
	}
	n.Test = c.Test(n.E164, otp.MillisOf(m.Issuer.Now()))
	return n.Test.Is()
}

// maySendTo reports whether a client may send to the country of a number. A new range of a calling code that countries
// share is in no country's plan yet: it is allowed for a client that may send to one of them.
func maySendTo(c *clients.Client, n phone.Number) bool {
	return c.MaySendTo(n.Region) || slices.ContainsFunc(n.Sharing, c.MaySendTo)
}

// Rule returns the rule that a number broke which [Messages.Recipient] refused, for the log line.
func Rule(c *clients.Client, n phone.Number, refusal otp.Outcome) string {
	switch {
	case refusal == otp.BadNumber && n.E164 == "":
		return "must be a possible number"
	case refusal == otp.BadNumber:
		return "must be a number that is " + string(c.Numbers)
	case refusal == otp.Barred:
		return "must be in a country and on a line that the client may send to"
	}
	return "is refused: " + string(refusal)
}

// Start returns a request for a challenge with the fields that come from its client and its recipient: the policy, the
// text in the first of the languages or the client's own, the sender's name, the number, what the rules of the operator
// decide about it, and the payment that the text shows, if there is one. An error is noted as a fault, but for an
// [*Unfit], which refuses the payment.
func (m Messages) Start(
	ctx context.Context, c *clients.Client, to phone.Number, p otp.Payment, languages ...string,
) (otp.Start, error) {
	telemetry.From(ctx).Payment = !p.None()
	if !p.None() && len(languages) > 0 { // it must also fit where a re-send puts it, which has no language of its own
		if _, err := m.text(ctx, c, to.Region, p); err != nil {
			return otp.Start{}, err
		}
	}
	chosen, err := m.text(ctx, c, to.Region, p, languages...)
	start := otp.Start{
		Text: chosen.Text, Template: chosen.Template, Payment: p,
		Client: c.ID, Policy: c.Policy, Origins: m.Origins(c, c.SenderID), PerDay: c.MessagesPerDay,
		To: to.E164, Mask: to.Mask, Region: to.Region, Test: to.Test, Guard: c.Guard, Remembers: remembers(c),
	}
	d := m.ruled(ctx, c, to)
	if start.Refusal, start.RefusalWait = d.Refusal, d.Wait; d.Exempt {
		start.Guard = guard.Policy{}
	}
	return start, err
}

// remembers is [otp.Start.Remembers] of a client, also for messages that a rule takes out of the budgets.
func remembers(c *clients.Client) bool { return c.Sources != (clients.Sources{}) || c.Guard.On() }

// Resend returns a request to send a challenge's code again, with the fields that come from its client.
// [Messages.Recipient] and the rules of the operator decide again whether a message may go to the number. An error is
// noted as a fault.
func (m Messages) Resend(ctx context.Context, c *clients.Client) (otp.Resend, error) {
	chosen, err := m.text(ctx, c, "", otp.Payment{})
	return otp.Resend{
		Text: chosen.Text,
		Wording: func(region string, p otp.Payment) (otp.Text, string, error) {
			if region != india && p.None() {
				return chosen.Text, "", nil
			}
			other, err := m.text(ctx, c, region, p)
			return other.Text, other.Template, err
		},
		Client: c.ID, Policy: c.Policy, Origins: m.Origins(c, c.SenderID), PerDay: c.MessagesPerDay,
		Guard: c.Guard, Remembers: remembers(c),
		Recipient: func(to otp.Phone) otp.Decision {
			n, refusal := m.Recipient(ctx, c, to.E164())
			if refusal != "" {
				return otp.Decision{Refusal: refusal}
			}
			return m.ruled(ctx, c, n)
		},
	}, err
}

// india is the country whose messages have the id of their text's registration.
const india = "IN"

// text returns the text of a message to a country, which notes its size in the record.
func (m Messages) text(
	ctx context.Context, c *clients.Client, region string, p otp.Payment, languages ...string,
) (message.Chosen, error) {
	words := message.Words{
		Brand: c.Brand, Language: c.Language, Default: c.DefaultLanguage, Own: c.Texts, Autofill: c.Autofill,
		Payment: p, Registered: region == india, Registrations: c.Registrations,
	}
	chosen, err := m.Text(words, languages...)
	record := telemetry.From(ctx)
	if err != nil && !p.None() {
		if err = unfit(err); errors.As(err, new(*Unfit)) {
			return message.Chosen{}, err
		}
	}
	if err != nil {
		record.Fail("text", err)
		return message.Chosen{}, err
	}
	write := chosen.Text
	chosen.Text = func(code string, left time.Duration) string {
		written := write(code, left)
		record.Parts = message.Measure(written).Parts
		return written
	}
	return chosen, nil
}
