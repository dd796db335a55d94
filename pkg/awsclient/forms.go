package awsclient

import (
	"fmt"
	"net"
	"net/url"

	"countersign/pkg/pattern"
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
	PriceForm    = "an amount in USD such as 0.50, above 0 and below 100, with at most 5 decimals"
	DLTForm      = "1 to 50 letters, digits, hyphens and underscores"
	EndpointForm = "an https URL without path, or http on a loopback address"
)

var (
	price    = pattern.Matches(`\A[0-9]{1,2}(\.[0-9]{1,5})?\z`)
	positive = pattern.Matches(`[1-9]`)
	dltID    = pattern.Matches(`\A[A-Za-z0-9_-]+\z`) // a bound of 50 takes ten times as long to compile
)

// IsPrice reports whether s is a price of a message, see [PriceForm].
func IsPrice(s string) bool { return price(s) && positive(s) }

// IsDLTID reports whether s is an id of India's DLT registration, see [DLTForm].
func IsDLTID(s string) bool { return len(s) <= 50 && dltID(s) }

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
