package awsclient

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"sync"
)

// ConfigError is a setting of a sender that cannot be used.
type ConfigError struct {
	Sender       string // its name in the text, such as "sns"
	Field, Value string
	Want         string // the allowed form
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("%s: %s is %q, must be %s", e.Sender, e.Field, e.Value, e.Want)
}

// The forms of settings that the senders of AWS share, in words. The rules are those of "Sending SMS messages using
// Amazon SNS" in the SNS developer guide (sms_publish-to-phone).
const (
	SenderIDForm = "1 to 11 letters, digits and hyphens with at least one letter"
	PriceForm    = "an amount in USD such as 0.50, above 0 and below 100, with at most 5 decimals"
	DLTForm      = "1 to 50 letters, digits, hyphens and underscores"
	EndpointForm = "an https URL without path, or http on a loopback address"
)

var (
	senderID = Form(`\A[A-Za-z0-9-]{1,11}\z`)
	letter   = Form(`[A-Za-z]`)
	price    = Form(`\A[0-9]{1,2}(\.[0-9]{1,5})?\z`)
	positive = Form(`[1-9]`)
	dltID    = Form(`\A[A-Za-z0-9_-]{1,50}\z`)
)

// Form returns a function that matches a pattern. The pattern is compiled when it is first needed, so that a process
// without these settings starts sooner.
func Form(pattern string) func(string) bool {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
	return func(s string) bool { return compiled().MatchString(s) }
}

// IsSenderID reports whether s is a name that messages can come from, see [SenderIDForm]; "" is not.
func IsSenderID(s string) bool { return senderID(s) && letter(s) }

// IsPrice reports whether s is a price of a message, see [PriceForm].
func IsPrice(s string) bool { return price(s) && positive(s) }

// IsDLTID reports whether s is an id of India's DLT registration, see [DLTForm].
func IsDLTID(s string) bool { return dltID(s) }

// IsEndpoint reports whether codes may be sent to the address s, see [EndpointForm].
func IsEndpoint(s string) bool {
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
