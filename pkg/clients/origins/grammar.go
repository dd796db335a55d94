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
const Form = "COUNTRY=[IDENTITY][,entity=ID[,template=ID]][,max-price=USD][,via=sns|sms-voice][,registered=yes], " +
	"where COUNTRY is an ISO 3166-1 code, or * for all others"

// Parse reads one entry. It checks the form of the entry, and [Check] that of its values. An entry without any value
// is the zero Sender: it removes that of the country.
func Parse(entry string) (country string, s clients.Sender, err error) {
	if strings.ContainsAny(entry, "\"'`“”‘’") {
		return "", s, errors.New("an entry has no quotation marks: take them out")
	}
	country, rest, ok := strings.Cut(strings.TrimSpace(entry), "=")
	if country = strings.TrimSpace(country); !ok || country == "" || len(country) > 3 {
		return "", s, fmt.Errorf("an entry has no country: it must be %s", Form)
	}
	if rest = strings.TrimSpace(rest); rest == "" {
		return country, s, nil
	}
	given, before := map[string]bool{}, ""
	for _, part := range strings.Split(rest, ",") {
		key, value, isOption := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !isOption {
			key, value = "identity", key
		}
		if given[key] || value == "" && key == "identity" {
			return "", s, fmt.Errorf("%s: %s", country, surplus(key, value, before))
		}
		given[key], before = true, key
		if err := set(&s, key, value); err != nil {
			return "", s, fmt.Errorf("%s: %w", country, err)
		}
	}
	return country, s, nil
}

// surplus is the mistake of a value that an entry has twice, or of none between two commas. before is the key of the
// value before it.
func surplus(key, value, before string) string {
	switch {
	case key != "identity":
		return key + " is given twice: keep one"
	case value == "":
		return "a comma has no value beside it: take it out"
	case before == "max-price":
		return "the entry has a comma in a price, or its identity twice: a price has a point, such as 0.50"
	case value == "registered":
		return "registered has no value: give registered=yes"
	}
	return "the entry has two identities, and a message comes from one: keep the sender id or the number"
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

// ParseAll reads entries, which a line break or a semicolon separates. What follows a # in a line is a comment. No
// country may be there twice. An error of several lines has the number of each.
func ParseAll(text string) (map[string]clients.Sender, error) {
	all := map[string]clients.Sender{}
	var errs []error
	lines := strings.Split(lineBreaks.Replace(text), "\n")
	for n, line := range lines {
		line, _, _ = strings.Cut(line, "#")
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
			if err != nil && len(lines) > 1 {
				err = fmt.Errorf("line %d: %w", n+1, err)
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

// lineBreaks makes those of other systems one of this one, and takes out the mark before a text of UTF-8.
var lineBreaks = strings.NewReplacer("\ufeff", "", "\r\n", "\n", "\r", "\n")

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
