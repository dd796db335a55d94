package smsvoice

import (
	"fmt"
	"slices"
	"strings"

	"countersign/pkg/message"
	"countersign/pkg/pattern"
)

// CheckCountries reports the countries to which no message can come from the identity. A sender id is registered for
// one country, and some countries show none. Pools and phone numbers are AWS's to check: only the account has their
// members. A country of "*" is any.
func (s *Sender) CheckCountries(countries []string) error {
	_, kind, _ := strings.Cut(s.config.OriginationIdentity, ":sender-id/")
	id, home, isARN := strings.Cut(kind, "/")
	switch {
	case isARN:
		if slices.Equal(countries, []string{home}) {
			return nil
		}
		return fmt.Errorf("the sender id %s is that of %s, and messages to other countries are refused: "+
			"allow %[2]s alone, or use a pool", id, home)
	case !message.IsSenderID(s.config.OriginationIdentity) || isID(s.config.OriginationIdentity):
		return nil
	}
	var none []string
	for _, country := range countries {
		if country != "*" && !ShowsName(country, s.config.OriginationIdentity) {
			none = append(none, country)
		}
	}
	if slices.Contains(countries, "*") {
		none = append(none, strings.Fields(nameless)...)
	}
	if len(none) == 0 {
		return nil
	}
	return fmt.Errorf("phones in %s do not show the sender id %s, and messages there are refused: use a pool",
		strings.Join(none, ", "), s.config.OriginationIdentity)
}

// isID matches ids of pools and phone numbers, which AWS makes.
var isID = pattern.Matches(`\A(pool|phone)-`)
