// Package unimatrixapi wires the Unimatrix contract. It is apart from package sending because function init must not
// link a second contract.
package unimatrixapi

import (
	"countersign/pkg/message"
	"countersign/pkg/phone/plan"
	"countersign/pkg/service/sending"
	"countersign/pkg/snssender"
	"countersign/pkg/unimatrix"
)

// New serves otp.send and otp.verify. It is safe for concurrent use.
func New(s *sending.Service) *unimatrix.API {
	return &unimatrix.API{
		Clients: s.Gate.Clients,
		Traffic: s.Gate.Traffic,
		Lookup:  plan.Lookup,
		Backend: &unimatrix.Challenges{
			Issuer: s.Issuer, Verifier: s.Verifier(), Text: message.For,
			SenderName: snssender.ValidSenderID, Rand: s.Rand,
		},
		Now:   s.Now,
		Rand:  s.Rand,
		Log:   s.Gate.Log,
		Lines: s.Gate.Lines,
	}
}
