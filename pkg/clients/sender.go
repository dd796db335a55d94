package clients

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/pkg/message"
)

// Sender is what messages to a country come from, and what goes with them. A missing field comes from the next sender
// in the order of [countersign/pkg/admission.Messages.Origins]. Package origins has the form in which operators write
// a sender, and the rules of countries that it must keep.
type Sender struct {
	Identity   string `json:"identity,omitempty"` // a pool, phone number or sender id: its ARN, id, number or name
	Via        string `json:"via,omitempty"`      // "sns" or "sms-voice"; default: see [Sender.Service]
	EntityID   string `json:"entity,omitempty"`   // India's id of the company
	TemplateID string `json:"template,omitempty"` // and of all texts without a [Registration]
	MaxPrice   string `json:"maxPrice,omitempty"` // in USD
	// Registered: the operator declares that the country's registration is done.
	Registered bool `json:"registered,omitzero"`
}

// Everywhere stands for all countries in a list, and among senders for those that have none of their own.
const Everywhere = "*"

// The services that a Sender may name, as COUNTERSIGN_SENDER does.
const (
	SNS      = "sns"
	SMSVoice = "sms-voice"
)

// Service returns the service that sends from the identity, or "" for the standard one. Only End User Messaging knows
// ids and ARNs.
func (s Sender) Service() string {
	for _, prefix := range []string{"arn:", "pool-", "phone-"} {
		if s.Via == "" && strings.HasPrefix(s.Identity, prefix) {
			return SMSVoice
		}
	}
	return s.Via
}

func (p *parser) senderID() string {
	s := p.record.SenderID
	p.want(s == "" || message.IsSenderID(s), "senderID", s, message.SenderIDForm)
	return s
}

func (p *parser) senders(d Defaults) map[string]Sender {
	for _, c := range slices.Sorted(maps.Keys(p.record.Senders)) {
		known := c == Everywhere || country(c)
		p.want(known, "senders["+c+"]", c, `an upper-case ISO 3166-1 code such as "MY", or "*" for all others`)
		if !known || p.why&WritingSenders == 0 || d.CheckSender == nil {
			continue
		}
		if err := d.CheckSender(c, p.record.Senders[c]); err != nil {
			p.errs = append(p.errs, fmt.Errorf("senders[%s]: %w", c, err))
		}
	}
	return maps.Clone(p.record.Senders)
}
