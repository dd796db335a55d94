package origins

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/pkg/awsclient"
	"countersign/pkg/clients"
	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
	"countersign/pkg/smsrules"
)

// Check refuses the sender of a country from which no message can come. The error states what is wrong, why, and how to
// mend it. It has no phone number.
func Check(country string, s clients.Sender) error {
	if err := plan.CheckCountries([]string{country}); err != nil {
		return err
	}
	if err := form(s); err != nil {
		return err
	}
	if country == clients.Everywhere {
		return everywhere(s)
	}
	c := smsrules.Country(country)
	return together(service(s), identity(c, s), ids(c, s))
}

// CheckForms checks the form of each value, and no rule of a country.
func CheckForms(all map[string]clients.Sender) error {
	var errs []error
	for _, country := range slices.Sorted(maps.Keys(all)) {
		if err := form(all[country]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", country, err))
		}
	}
	return errors.Join(errs...)
}

// form checks the form of each value.
func form(s clients.Sender) error {
	var errs []error
	want := func(ok bool, what, form string) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s must be %s", what, form))
		}
	}
	want(s.Identity == "" || kindOf(s.Identity) != unknown, "the identity", identityForm)
	want(s.Via == "" || s.Via == clients.SNS || s.Via == clients.SMSVoice, "via", clients.SNS+" or "+clients.SMSVoice)
	want(s.EntityID == "" || awsclient.IsDLTID(s.EntityID), "entity", awsclient.DLTForm)
	want(s.TemplateID == "" || awsclient.IsDLTID(s.TemplateID), "template", awsclient.DLTForm)
	want(s.MaxPrice == "" || awsclient.IsPrice(s.MaxPrice), "max-price", awsclient.PriceForm)
	switch {
	case s.EntityID == "" && s.TemplateID != "":
		errs = append(errs, errors.New("template is there without entity: "+
			"a registered text has both, so add entity=ID"))
	case s.Registered && s == (clients.Sender{Registered: true}):
		errs = append(errs, errors.New("registered=yes is of no use alone: add the identity that is registered"))
	}
	return together(errs...)
}

// together returns several mistakes as one error of one line.
func together(errs ...error) error {
	var all []string
	for _, err := range errs {
		if err != nil {
			all = append(all, err.Error())
		}
	}
	if all == nil {
		return nil
	}
	return errors.New(strings.Join(all, "; "))
}

// everywhere checks the sender of all countries that have none of their own: nothing in it may be of one country. A
// name is used where phones show it.
func everywhere(s clients.Sender) error {
	of := func(what string) error {
		return fmt.Errorf("%s is of one country, and * is all others: give it to that country", what)
	}
	errs := []error{service(s)}
	switch kindOf(s.Identity) {
	case shortCode:
		errs = append(errs, of("a short code"))
	case named:
		errs = append(errs, of("a sender id by its ARN"))
	}
	if s.EntityID != "" {
		errs = append(errs, of("a registered text"))
	}
	if s.Registered {
		errs = append(errs, of("a registration"))
	}
	return together(errs...)
}

// service checks that the service can send from the identity.
func service(s clients.Sender) error {
	switch k := kindOf(s.Identity); {
	case s.Via != clients.SNS:
	case k == opaque, k == named:
		return errors.New("SNS sends from names and numbers only, and not from an id or an ARN: " +
			"give the name or the number itself, or take out via=sns")
	case k == shortCode && len(s.Identity) < 5:
		return errors.New("SNS takes a number of 5 to 14 digits, and the short code has fewer: give via=sms-voice")
	}
	return nil
}

// identity checks that messages to a country can come from the identity.
func identity(c smsrules.Country, s clients.Sender) error {
	switch kindOf(s.Identity) {
	case name, named:
		return senderID(c, s)
	case longCode:
		return longNumber(c, s.Identity)
	case shortCode:
		if c.OnlySharedRoutes() {
			return fmt.Errorf("%s has no short codes of one's own, so messages from one are refused: %s", c, instead(c))
		}
	}
	return nil
}

// senderID checks a sender id.
func senderID(c smsrules.Country, s clients.Sender) error {
	id, home := nameOf(s.Identity)
	switch {
	case home != "" && home != string(c):
		return fmt.Errorf("the sender id %s is that of %s, and messages from it to another country are refused: "+
			"name that of %s", id, home, c)
	case !c.ShowsNames():
		return fmt.Errorf("phones in %s show no sender ids, so messages from %s are refused: %s", c, id, instead(c))
	case !c.TakesHyphens() && strings.Contains(id, "-"):
		return fmt.Errorf("sender ids in %s have no hyphen since 2026-03-01, so messages from %s are refused: "+
			"take the hyphen out", c, id)
	case c == India && s.EntityID != "", s.Registered:
		return nil
	case c.LabelsStrangers():
		return fmt.Errorf(`phones in %s show "Likely Scam" in place of a sender id that is not registered: `+
			"register %s there, then add registered=yes", c, id)
	case c == India:
		return nil // its ids are missing, which is the mistake
	case c.RegistersNames():
		return fmt.Errorf("a sender id must be registered in %s before messages can come from it: "+
			"register %s there, then add registered=yes", c, id)
	}
	return nil
}

// longNumber checks a phone number.
func longNumber(c smsrules.Country, number string) error {
	n, possible := plan.Lookup(number)
	switch {
	case !possible:
		return errors.New("the phone number is no possible one: give it with its country code, such as +12065550100")
	case !ofCountry(n, c):
		return nil // AWS knows whether the number may send abroad
	case c.LongNumbersReceive():
		return fmt.Errorf("a phone number of %s only receives, so messages from it are refused: "+
			"name a registered sender id, a short code or a pool", c)
	case c.OnlyShortCodes():
		return fmt.Errorf("a number of one's own in %s is a short code, "+
			"so messages from a phone number are refused: %s", c, instead(c))
	case c.OnlySharedRoutes():
		return fmt.Errorf("%s has no numbers of one's own, so messages from one are refused: %s", c, instead(c))
	}
	return nil
}

// ofCountry reports whether a number is one of a country.
func ofCountry(n phone.Number, c smsrules.Country) bool { return n.Region == string(c) }

// instead is what messages to a country without sender ids can come from.
func instead(c smsrules.Country) string {
	switch {
	case c.OnlySharedRoutes():
		return "name a pool with shared routes, or leave the choice to SNS (via=sns)"
	case c.OnlyShortCodes():
		return "name a short code, or a pool"
	}
	return "name a number, a short code or a pool"
}

// ids checks what registered texts need.
func ids(c smsrules.Country, s clients.Sender) error {
	switch {
	case s.EntityID != "" && c != India:
		return errors.New("entity and template are ids of India's registration, and no other country has them: " +
			"take them out")
	case s.Identity == "" && s.Via == "": // the text is the business of the sender that has the identity
	case c == India && s.EntityID == "":
		return errors.New("operators in IN drop a text that is not registered: " +
			"register sender and text (DLT), then add entity=ID, and template=ID " +
			"unless client dlt set has those of the client")
	case c != India && c.RegistersTexts() && !s.Registered:
		return fmt.Errorf("operators in %s drop a text that is not registered: "+
			"register the text with AWS, then add registered=yes", c)
	}
	return nil
}
