package snssender

import (
	"errors"

	"countersign/pkg/awsclient"
	"countersign/pkg/message"
	"countersign/pkg/pattern"
)

// Config is how messages are sent. Every field may be empty; the zero value
// sends with what the AWS account has configured.
//
// The rules are those of "Sending SMS messages using Amazon SNS" in the SNS
// developer guide (sms_publish-to-phone), unless a field names another source.
type Config struct {
	// SenderID is the name shown as the sender, where the country has such names:
	// 1 to 11 letters, digits and hyphens, with at least one letter. The guide
	// has 3 as the least, SetSMSAttributes and RequestSenderId have 1. The wider
	// range is allowed here, and SNS refuses the rest. A message may have another
	// one, see [Sender.Send].
	SenderID string
	// OriginationNumber is the number that messages come from: 5 to 14 digits
	// with an optional "+". It must be one of the account's numbers.
	OriginationNumber string
	// MaxPrice is the most that one message may cost, in USD, such as "0.50":
	// above 0 and below 100. SNS accepts a dearer message and does not send it.
	MaxPrice string
	// EntityID and TemplateID are the ids of India's DLT registration, 1 to 50
	// characters each: both or neither. A template belongs to one text, so a
	// sender that has them sends texts of one template only.
	EntityID, TemplateID string
	// Endpoint replaces SNS's own address in the region, for tests and for
	// private endpoints: an https URL, or http on the loopback interface only,
	// because the code travels in the request.
	Endpoint string
	// OpenAhead opens the first connection to SNS when the sender is made, see [awsclient.Ahead].
	OpenAhead bool
}

// ConfigError is a setting that cannot be used.
type ConfigError = awsclient.ConfigError

func wrong(field, value, want string) error {
	return &ConfigError{Sender: "sns", Field: field, Value: value, Want: want}
}

// Validate reports every field that cannot be used, as [ConfigError]s joined.
func (c Config) Validate() error {
	var errs []error
	for _, s := range []struct {
		field, value string
		ok           func(string) bool // the form of the field unless it is empty
		want         string
	}{
		{"SenderID", c.SenderID, message.IsSenderID, message.SenderIDForm},
		{"OriginationNumber", c.OriginationNumber, number, "5 to 14 digits with an optional + before them"},
		{"MaxPrice", c.MaxPrice, awsclient.IsPrice, awsclient.PriceForm},
		{"EntityID", c.EntityID, awsclient.IsDLTID, awsclient.DLTForm},
		{"TemplateID", c.TemplateID, awsclient.IsDLTID, awsclient.DLTForm},
		{"Endpoint", c.Endpoint, awsclient.IsEndpoint, awsclient.EndpointForm},
	} {
		if s.value != "" && !s.ok(s.value) {
			errs = append(errs, wrong(s.field, s.value, s.want))
		}
	}
	switch {
	case c.EntityID != "" && c.TemplateID == "":
		errs = append(errs, wrong("TemplateID", "", "set where EntityID is set"))
	case c.EntityID == "" && c.TemplateID != "":
		errs = append(errs, wrong("EntityID", "", "set where TemplateID is set"))
	}
	return errors.Join(errs...)
}

var number = pattern.Matches(`\A\+?[0-9]{5,14}\z`)
