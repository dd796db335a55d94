package smsvoice

import (
	"errors"

	"countersign/pkg/awsclient"
	"countersign/pkg/pattern"
)

// Config is how messages are sent. OriginationIdentity is needed, unless messages bring theirs; the zero value of each
// other field leaves the choice to the AWS account.
//
// The forms are those of SendTextMessage in the API reference of SMS and Voice, version 2, unless a field names another
// source.
type Config struct {
	// OriginationIdentity is what messages come from: the id or ARN of a pool, of a phone number or of a sender id, a
	// phone number with "+", or the name of a sender id. A message may have another one, see [Sender.Send].
	OriginationIdentity string
	// ByMessage is set where each message has an identity of its own, and OriginationIdentity may be empty. AWS chooses
	// for a message that has none.
	ByMessage bool
	// ConfigurationSet is the name or ARN of the configuration set that says where events of messages go.
	ConfigurationSet string
	// ProtectConfiguration is the id or ARN of the rules that block countries and numbers. Those of the configuration
	// set, and then of the account, apply where it is empty.
	ProtectConfiguration string
	// MaxPrice is the most that one message may cost, in USD, such as "0.50": above 0 and below 100. A dearer message
	// is refused.
	MaxPrice string
	// EntityID and TemplateID are the ids of India's DLT registration, 1 to 50 characters each: both or neither. Only
	// messages to India have them. A template belongs to one text.
	EntityID, TemplateID string
	// MessageFeedback asks the service to expect a report of each message, whether it was received.
	MessageFeedback bool
	// Endpoint replaces the service's own address in the region, for tests and for private endpoints: an https URL, or
	// http on the loopback interface only, because the code travels in the request.
	Endpoint string
	// OpenAhead opens the first connection to the service when the sender is made, see [awsclient.Ahead].
	OpenAhead bool
}

// ConfigError is a setting that cannot be used.
type ConfigError = awsclient.ConfigError

func wrong(field, value, want string) error {
	return &ConfigError{Sender: "sms-voice", Field: field, Value: value, Want: want}
}

const (
	identityForm = "a pool, phone number or sender id: its ARN, id, number or name, " +
		"of 1 to 256 letters, digits and _ : / + -"
	nameForm = "a name, id or ARN of 1 to 256 letters, digits and _ : / -"
)

// The longest name of the service. In the patterns it would take a function's start half a millisecond to compile.
const longest = 256

var (
	identityText = pattern.Matches(`\A[A-Za-z0-9_:/+-]+\z`)
	nameText     = pattern.Matches(`\A[A-Za-z0-9_:/-]+\z`)
)

func identity(s string) bool { return len(s) <= longest && identityText(s) }
func name(s string) bool     { return len(s) <= longest && nameText(s) }

// Validate reports every field that cannot be used, as [ConfigError]s joined.
func (c Config) Validate() error {
	var errs []error
	for _, s := range []struct {
		field, value string
		ok           func(string) bool // the form of the field unless it is empty
		want         string
	}{
		{"OriginationIdentity", c.OriginationIdentity, identity, identityForm},
		{"ConfigurationSet", c.ConfigurationSet, name, nameForm},
		{"ProtectConfiguration", c.ProtectConfiguration, name, nameForm},
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
	case c.OriginationIdentity == "" && !c.ByMessage:
		errs = append(errs, wrong("OriginationIdentity", "", identityForm))
	case c.EntityID != "" && c.TemplateID == "":
		errs = append(errs, wrong("TemplateID", "", "set where EntityID is set"))
	case c.EntityID == "" && c.TemplateID != "":
		errs = append(errs, wrong("EntityID", "", "set where TemplateID is set"))
	}
	return errors.Join(errs...)
}
