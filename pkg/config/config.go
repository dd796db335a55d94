// Package config reads the settings of a process from environment variables. Its
// table, see [Settings], has every variable. The settings are checked before anything
// starts.
package config

import (
	"errors"
	"fmt"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/message"
	"countersign/pkg/otp"
)

// Prefix begins the name of each variable.
const Prefix = "COUNTERSIGN_"

// Config holds the settings that more than one process needs. The table has their
// defaults and ranges.
type Config struct {
	Policy       otp.Policy
	Bounds       clients.Bounds // the digits and the validity of Policy, if they are set and not defaults
	Brand        string
	Language     string
	Countries    []string         // ISO 3166-1 alpha-2 in alphabetical order, or "*"; none by default
	Unsigned     bool             // AMS/DWS clients may be unsigned
	Prefixes     gateway.Prefixes // cut off paths
	NumberPerDay int              // messages of all clients to one number; 0 means no limit
	Table        string
	ClientsTable string
	Keys         string
	// RequestsPerMinute and MessagesPerDay of a client whose record has none; 0 is any number.
	RequestsPerMinute, MessagesPerDay int
	Receipts                          bool // re-sends read what became of the message before
	MessageFeedback                   bool // the provider gets to know which messages led to a right code
}

// Defaults returns the values of clients whose record sets nothing else.
func (c Config) Defaults() clients.Defaults {
	return clients.Defaults{
		Policy: c.Policy, Bounds: c.Bounds, Countries: c.Countries, Unsigned: c.Unsigned,
		Brand: c.Brand, Language: c.Language,
		RequestsPerMinute: c.RequestsPerMinute, MessagesPerDay: c.MessagesPerDay,
	}
}

// Load reads the settings through getenv. Its error names every setting that is wrong,
// its value unless that is hidden, and the allowed values.
func Load(getenv func(string) string) (Config, error) {
	var c Config
	var errs []error
	for _, s := range table {
		if s.set == nil {
			continue
		}
		value := s.value(getenv)
		if err := s.set(&c, value); err != nil {
			errs = append(errs, s.Wrong(value, err.Error()))
			s.set(&c, s.Default) // so that the ranges below report no second error of it
		}
	}
	errs = append(errs, renamed(c.Policy.Validate())...)
	if given(getenv, "DIGITS") {
		c.Bounds.Digits = c.Policy.Digits
	}
	if given(getenv, "VALIDITY") {
		c.Bounds.Validity = c.Policy.Validity
	}
	return c, errors.Join(errs...)
}

// CheckMessages checks the settings of messages. Only processes that send messages call
// it, so that a wrong brand does not stop the others, and they do not link the texts.
// check is [countersign/pkg/message/languages.Check]. The error names the setting that is
// wrong.
func (c Config) CheckMessages(check func(message.Words) error) error {
	if err := check(message.Words{Brand: "A", Language: c.Language}); err != nil {
		return fmt.Errorf("%sLANGUAGE: %w", Prefix, err)
	}
	if err := check(message.Words{Brand: c.Brand, Language: c.Language}); err != nil {
		return fmt.Errorf("%sBRAND: %w", Prefix, err)
	}
	return nil
}

// renamed gives the errors of a policy the names of the settings.
func renamed(err error) (errs []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	for _, e := range joined.Unwrap() {
		var out *otp.RangeError
		if errors.As(e, &out) {
			if s, ok := OfField(out.Field); ok {
				out.Field = Prefix + s.Name
			}
		}
		errs = append(errs, e)
	}
	return errs
}
