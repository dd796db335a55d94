package snssender

import (
	"maps"
	"strings"

	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/smsrules"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// The names of attributes.
const (
	nameOfSenderID = "AWS.SNS.SMS.SenderID"
	nameOfNumber   = "AWS.MM.SMS.OriginationNumber"
	nameOfPrice    = "AWS.SNS.SMS.MaxPrice"
	nameOfEntity   = "AWS.MM.SMS.EntityId"
	nameOfTemplate = "AWS.MM.SMS.TemplateId"
)

// attributes returns the attributes that every message to a country has. They are made once for India and once for the
// others: the SDK only reads them, so concurrent calls share them (the race detector watches that in the tests).
func (c Config) attributes(region string) map[string]types.MessageAttributeValue {
	all := map[string]types.MessageAttributeValue{
		// One-time codes are transactional: delivery before price. Without this the account's default holds, which is
		// Promotional.
		"AWS.SNS.SMS.SMSType": attribute("String", "Transactional"),
	}
	texts := map[string]string{nameOfSenderID: c.SenderID, nameOfNumber: c.OriginationNumber}
	if region == india {
		texts[nameOfEntity], texts[nameOfTemplate] = c.EntityID, c.TemplateID
	}
	for name, value := range texts {
		if value != "" {
			all[name] = attribute("String", value)
		}
	}
	if c.MaxPrice != "" {
		all[nameOfPrice] = attribute("Number", c.MaxPrice)
	}
	return all
}

// india is the only country whose messages have the ids of a registration.
const india = "IN"

// attributesFor returns the attributes of a message with what its origin has in place of the configuration's own. A
// sender id and a number are two ways to name what the message comes from: the origin's identity replaces both, and
// of both one goes with the message.
func (s *Sender) attributesFor(m otp.Message) map[string]types.MessageAttributeValue {
	shared, o := s.attributes, m.Origin
	if m.Region == india {
		shared = s.inIndia
	}
	if o == (otp.Origin{}) && !s.chooses {
		return shared
	}
	own := maps.Clone(shared)
	switch {
	case message.IsSenderID(o.Identity):
		delete(own, nameOfNumber)
		own[nameOfSenderID] = attribute("String", o.Identity)
	case number(o.Identity):
		delete(own, nameOfSenderID)
		own[nameOfNumber] = attribute("String", o.Identity)
	}
	if message.IsSenderID(o.Name) {
		own[nameOfSenderID] = attribute("String", o.Name)
	}
	choose(own, smsrules.Country(m.Region))
	if o.EntityID != "" && m.Region == india {
		delete(own, nameOfTemplate) // it is of another entity
		own[nameOfEntity] = attribute("String", o.EntityID)
	}
	if o.TemplateID != "" && m.Region == india {
		own[nameOfTemplate] = attribute("String", o.TemplateID)
	}
	if o.MaxPrice != "" {
		own[nameOfPrice] = attribute("Number", o.MaxPrice)
	}
	return own
}

// choosy reports whether the country decides whether a message comes from the sender id or not, see [choose].
func (c Config) choosy() bool {
	return c.SenderID != "" && (c.OriginationNumber != "" || strings.Contains(c.SenderID, "-"))
}

// choose leaves one of sender id and number in own: the sender id where phones show it, else the number. A sender id
// alone stays, since SNS ignores it where phones show none; but not one with a hyphen for a country that takes none.
func choose(own map[string]types.MessageAttributeValue, c smsrules.Country) {
	id, named := own[nameOfSenderID]
	if !named {
		return
	}
	_, numbered := own[nameOfNumber]
	switch {
	case smsrules.ShowsName(string(c), *id.StringValue):
		delete(own, nameOfNumber)
	case numbered, !c.TakesHyphens():
		delete(own, nameOfSenderID)
	}
}

func attribute(kind, value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String(kind), StringValue: aws.String(value)}
}
