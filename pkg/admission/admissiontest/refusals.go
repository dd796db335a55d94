// Package admissiontest holds what both contracts refuse by the rules of package admission: the refusals of
// [admission.Messages.Recipient] and of the operator's rules, and payments. The tests of each contract hold its answers
// to them.
package admissiontest

import (
	"slices"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// Refusal is a reason why a message must not go to a number.
type Refusal struct {
	Name    string
	Outcome otp.Outcome
	Number  string // in E.164 form; a client that may send anywhere may send to it
	// Refuse changes such a client: from then on it may not send to the number.
	Refuse func(*clients.Client)
}

// Refusals returns a refusal for each outcome of Recipient and of the operator's rules, and for each reason of an
// outcome.
func Refusals() []Refusal {
	const fixed, premium = "+606543216353", "+19002345678"
	block := func(r clients.GuardRule) func(*clients.Client) {
		r.Verdict = clients.Block
		return func(c *clients.Client) { c.GuardRules = []clients.GuardRule{r} }
	}
	refusals := []Refusal{
		{"numbers of mobile lines only", otp.BadNumber, fixed, func(c *clients.Client) { c.Numbers = phone.Mobile }},
		{"other countries", otp.Barred, fixed, func(c *clients.Client) { c.Countries = []string{"GB"} }},
		{"ordinary lines only", otp.Barred, premium, func(c *clients.Client) { c.Lines = nil }},
		{"a country that is blocked", otp.OperatorBlock, fixed, block(clients.GuardRule{Countries: []string{"MY"}})},
		{"numbers that are blocked", otp.OperatorBlock, fixed, block(clients.GuardRule{Prefix: "+60654"})},
	}
	for kind, number := range costly {
		refusals = append(refusals, Refusal{"ordinary lines and others than " + kind.String(), otp.Barred, number,
			func(c *clients.Client) {
				c.Lines = slices.DeleteFunc(phone.Kinds(), func(k phone.Kind) bool { return k == kind })
			}})
	}
	return refusals
}

// costly has a number of each kind of line that a client must name.
var costly = map[phone.Kind]string{
	phone.Premium: "+19002345678", phone.Satellite: "+881612345678", phone.SharedCost: "+308011234567",
	phone.Pager: "+31662345678", phone.Voicemail: "+3538551234567", phone.UAN: "+305005000123",
}

// Anywhere makes c a client that may send to any possible number.
func Anywhere(c *clients.Client) {
	c.Countries, c.Numbers, c.Lines = []string{"*"}, phone.Possible, phone.Kinds()
	c.GuardRules = nil
}
