// Package sending wires the handlers that send codes. It is apart from package service because it links phone
// metadata and the texts of messages.
package sending

import (
	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
	"countersign/pkg/service"
	"countersign/pkg/telemetry"
)

// Service is a [service.Service] that sends codes through one sender.
type Service struct {
	*service.Service
	Messages admission.Messages
}

// New adds a sender to s. The time of each message is part of the line of its request.
func New(s *service.Service, sender otp.Sender) *Service {
	return &Service{Service: s, Messages: admission.Messages{
		Lookup: plan.Lookup,
		Text:   languages.For,
		Issuer: otp.Issuer{
			Challenges: s.Store, Ledgers: s.Store, Sender: telemetry.Sender{Sender: sender, Now: s.Now},
			Keys: s.Keys, Now: s.Now, Rand: s.Rand, NumberPerDay: s.NumberPerDay, Quota: s.Quota,
		},
	}}
}

// ReadReceipts refuses re-sends to numbers that are undeliverable for good. Without it no receipt is read.
func (s *Service) ReadReceipts(r otp.ReceiptReader) {
	s.Messages.Issuer.Receipts = telemetry.Receipts{ReceiptReader: r, Now: s.Now}
}

// ReadAhead reads what decides about a message before it is counted, from a store where each write costs money.
func (s *Service) ReadAhead(a otp.Ahead) { s.Messages.Issuer.Ahead = a }

// Init serves the AMS/DWS requests that send a code.
func (s *Service) Init() *ams.Init {
	return &ams.Init{Gate: s.Gate, Messages: s.Messages, Users: s.Users, Passwords: s.Passwords}
}
