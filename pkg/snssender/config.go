package snssender

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"sync"
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
	// range is allowed here, and SNS refuses the rest. A message may name another
	// sender, see [Sender.Send].
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
type ConfigError struct {
	Field, Value string
	Want         string // the allowed form
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("sns: %s is %q, must be %s", e.Field, e.Value, e.Want)
}

// Validate reports every field that cannot be used, as [ConfigError]s joined.
func (c Config) Validate() error {
	var errs []error
	for _, s := range []struct {
		field, value string
		ok           func(string) bool // the form of the field unless it is empty
		want         string
	}{
		{"SenderID", c.SenderID, ValidSenderID, "1 to 11 letters, digits and hyphens with at least one letter"},
		{"OriginationNumber", c.OriginationNumber, number, "5 to 14 digits with an optional + before them"},
		{"MaxPrice", c.MaxPrice, isPrice,
			"an amount in USD such as 0.50, above 0 and below 100, with at most 5 decimals"},
		{"EntityID", c.EntityID, dltID, dltForm},
		{"TemplateID", c.TemplateID, dltID, dltForm},
		{"Endpoint", c.Endpoint, isEndpoint, "an https URL without path, or http on a loopback address"},
	} {
		if s.value != "" && !s.ok(s.value) {
			errs = append(errs, &ConfigError{s.field, s.value, s.want})
		}
	}
	switch {
	case c.EntityID != "" && c.TemplateID == "":
		errs = append(errs, &ConfigError{"TemplateID", "", "set where EntityID is set"})
	case c.EntityID == "" && c.TemplateID != "":
		errs = append(errs, &ConfigError{"EntityID", "", "set where TemplateID is set"})
	}
	return errors.Join(errs...)
}

const dltForm = "1 to 50 letters, digits, hyphens and underscores"

var (
	senderID = form(`\A[A-Za-z0-9-]{1,11}\z`)
	letter   = form(`[A-Za-z]`)
	number   = form(`\A\+?[0-9]{5,14}\z`)
	price    = form(`\A[0-9]{1,2}(\.[0-9]{1,5})?\z`)
	positive = form(`[1-9]`)
	dltID    = form(`\A[A-Za-z0-9_-]{1,50}\z`)
)

// form returns a function that matches a pattern. The pattern is compiled when it is first needed, so that a process
// without these settings starts sooner.
func form(pattern string) func(string) bool {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
	return func(s string) bool { return compiled().MatchString(s) }
}

// ValidSenderID reports whether s has the form of [Config].SenderID; "" has not.
func ValidSenderID(s string) bool { return senderID(s) && letter(s) }

func isPrice(s string) bool { return price(s) && positive(s) }

func isEndpoint(s string) bool {
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Hostname() == "", u.User != nil, u.RawQuery != "", u.Fragment != "",
		u.Path != "" && u.Path != "/":
		return false
	case u.Scheme == "http":
		return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	}
	return u.Scheme == "https"
}
