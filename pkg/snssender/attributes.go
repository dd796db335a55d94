package snssender

import (
	"maps"

	"countersign/pkg/message"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

const senderIDName = "AWS.SNS.SMS.SenderID"

// attributes returns the attributes that every message has. They are made once: the SDK only reads them, so concurrent
// calls share them (the race detector watches that in the tests).
func (c Config) attributes() map[string]types.MessageAttributeValue {
	all := map[string]types.MessageAttributeValue{
		// One-time codes are transactional: delivery before price. Without this the account's default holds, which is
		// Promotional.
		"AWS.SNS.SMS.SMSType": attribute("String", "Transactional"),
	}
	for name, value := range map[string]string{
		senderIDName:                   c.SenderID,
		"AWS.MM.SMS.OriginationNumber": c.OriginationNumber,
		"AWS.MM.SMS.EntityId":          c.EntityID,
		"AWS.MM.SMS.TemplateId":        c.TemplateID,
	} {
		if value != "" {
			all[name] = attribute("String", value)
		}
	}
	if c.MaxPrice != "" {
		all["AWS.SNS.SMS.MaxPrice"] = attribute("Number", c.MaxPrice)
	}
	return all
}

// attributesFor returns the attributes of a message with a sender name of its own. A name that is no sender id is
// ignored.
func (s *Sender) attributesFor(from string) map[string]types.MessageAttributeValue {
	if !message.IsSenderID(from) {
		return s.attributes
	}
	own := maps.Clone(s.attributes)
	own[senderIDName] = attribute("String", from)
	return own
}

func attribute(kind, value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String(kind), StringValue: aws.String(value)}
}
