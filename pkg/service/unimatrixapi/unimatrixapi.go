// Package unimatrixapi wires the Unimatrix contract. It is apart from package sending because function init must not
// link a second contract.
package unimatrixapi

import (
	"countersign/pkg/message"
	"countersign/pkg/service/sending"
	"countersign/pkg/unimatrix"
)

// New serves otp.send and otp.verify. It is safe for concurrent use.
func New(s *sending.Service) *unimatrix.API {
	return &unimatrix.API{
		Door:       s.Gate.Door,
		Messages:   s.Messages,
		Verifier:   s.Verifier(),
		SenderName: message.IsSenderID,
		Replays:    unimatrix.NewReplays(),
		Rand:       s.Rand,
	}
}
