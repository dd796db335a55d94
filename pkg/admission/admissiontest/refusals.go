// Package admissiontest holds what both contracts refuse by the rules of package admission: the refusals of
// [admission.Messages.Recipient], and payments. The tests of each contract hold its answers to them.
package admissiontest

import (
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

// Refusals returns a refusal for each outcome of Recipient, and for each reason of an outcome.
func Refusals() []Refusal {
	const fixed, premium = "+606543216353", "+19002345678"
	return []Refusal{
		{"numbers of mobile lines only", otp.BadNumber, fixed, func(c *clients.Client) { c.Numbers = phone.Mobile }},
		{"other countries", otp.Barred, fixed, func(c *clients.Client) { c.Countries = []string{"GB"} }},
		{"ordinary lines only", otp.Barred, premium, func(c *clients.Client) { c.Lines = nil }},
	}
}

// Anywhere makes c a client that may send to any possible number.
func Anywhere(c *clients.Client) {
	c.Countries, c.Numbers, c.Lines = []string{"*"}, phone.Possible, []phone.Kind{phone.Premium, phone.Satellite}
}
