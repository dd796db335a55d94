// Package origins has the form in which operators write what messages to a country come from, and the rules of
// countries that it must keep. Commands and the starts of functions use it; no request does.
//
// An entry is a country and a [clients.Sender]:
//
//	GB=ACME,registered=yes,max-price=0.10
//
// [Check] refuses an entry from which no message can come. The facts are those of package smsrules.
package origins

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/pkg/clients"
)

// Form is the form of an entry in words.
const Form = "COUNTRY=[IDENTITY][,entity=ID,template=ID][,max-price=USD][,via=sns|sms-voice][,registered=yes], " +
	"where COUNTRY is an ISO 3166-1 code, or * for all others"

// Parse reads one entry. It checks the form of the entry, and [Check] that of its values. An entry without any value
// is the zero Sender: it removes that of the country.
func Parse(entry string) (country string, s clients.Sender, err error) {
	country, rest, ok := strings.Cut(strings.TrimSpace(entry), "=")
	if country = strings.TrimSpace(country); !ok || country == "" || len(country) > 3 {
		return "", s, fmt.Errorf("an entry has no country: it must be %s", Form)
	}
	if rest = strings.TrimSpace(rest); rest == "" {
		return country, s, nil
	}
	given := map[string]bool{}
	for _, part := range strings.Split(rest, ",") {
		key, value, isOption := strings.Cut(strings.TrimSpace(part), "=")
		if !isOption {
			key, value = "identity", key
		}
		if given[key] {
			return "", s, fmt.Errorf("%s: %s", country, twice(key))
		}
		given[key] = true
		if err := set(&s, key, strings.TrimSpace(value)); err != nil {
			return "", s, fmt.Errorf("%s: %w", country, err)
		}
	}
	return country, s, nil
}

// twice is the mistake of a value that an entry has twice.
func twice(key string) string {
	if key == "identity" {
		return "the entry has two identities, and a message comes from one: keep the sender id or the number"
	}
	return key + " is given twice: keep one"
}

func set(s *clients.Sender, key, value string) error {
	field, known := map[string]*string{
		"identity": &s.Identity, "entity": &s.EntityID, "template": &s.TemplateID, "max-price": &s.MaxPrice,
		"via": &s.Via,
	}[key]
	switch {
	case known && value != "":
		*field = value
		return nil
	case known:
		return fmt.Errorf("%s is empty: leave it out, or give a value", key)
	case key == "registered" && value == "yes":
		s.Registered = true
		return nil
	case key == "registered":
		return errors.New("registered must be yes, or left out")
	}
	if strings.ContainsAny(key, "0123456789") { // a number, perhaps, which no message may have
		key = "a value"
	}
	return fmt.Errorf("%s is unknown: must be entity, template, max-price, via or registered", key)
}

// ParseAll reads entries, which a line break or a semicolon separates. A line that begins with # is a comment. No
// country may be there twice.
func ParseAll(text string) (map[string]clients.Sender, error) {
	all := map[string]clients.Sender{}
	var errs []error
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, entry := range strings.Split(line, ";") {
			if strings.TrimSpace(entry) == "" {
				continue
			}
			country, s, err := Parse(entry)
			if _, twice := all[country]; err == nil && twice {
				err = fmt.Errorf("%s is there twice: keep one", country)
			}
			if err == nil && s == (clients.Sender{}) {
				err = fmt.Errorf("%s has no value: give what its messages come from, or take it out", country)
			}
			errs = append(errs, err)
			all[country] = s
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return all, nil
}

// Describe returns the values of an entry, in the form that [Parse] reads.
func Describe(s clients.Sender) string {
	var parts []string
	for _, p := range []struct{ key, value string }{
		{"", s.Identity}, {"entity=", s.EntityID}, {"template=", s.TemplateID}, {"max-price=", s.MaxPrice},
		{"via=", s.Via},
	} {
		if p.value != "" {
			parts = append(parts, p.key+p.value)
		}
	}
	if s.Registered {
		parts = append(parts, "registered=yes")
	}
	return strings.Join(parts, ",")
}

// CheckAll checks each entry.
func CheckAll(all map[string]clients.Sender) error {
	var errs []error
	for _, country := range slices.Sorted(maps.Keys(all)) {
		if err := Check(country, all[country]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", country, err))
		}
	}
	return errors.Join(errs...)
}
