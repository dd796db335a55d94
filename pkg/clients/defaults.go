package clients

import (
	"countersign/pkg/message"
	"countersign/pkg/otp"
)

// Defaults are the deployment's values for all clients.
type Defaults struct {
	Policy    otp.Policy
	Bounds    Bounds   // the part of the policy that is set, and not the service's own default
	Countries []string // the only ones that any client may send to; "*" is all, empty is none
	Unsigned  bool     // AMS clients may be unsigned; else they need a signature like all others
	Brand     string
	Language  string
	// CheckWords refuses words that make no message: [countersign/pkg/message/languages.Check].
	// nil, in processes that write no record, takes all.
	CheckWords func(message.Words) error
	// CheckSender refuses a sender from which no message to a country can come:
	// [countersign/pkg/clients/origins.Check]. nil, in processes that write no record, takes all.
	CheckSender func(country string, s Sender) error
	// RequestsPerMinute and MessagesPerDay of a client; 0 is any number.
	RequestsPerMinute, MessagesPerDay int
}

// Uncounted is [Client.Uncounted] of clients without a rate of their own.
func (d Defaults) Uncounted() int { return d.RequestsPerMinute / 100 }
