package console

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"countersign/pkg/clients"
	"countersign/pkg/clients/profile"
	"countersign/pkg/openstore"
	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
)

// shownID makes the id of a client safe to show: see [profile.Quoted].
func shownID(id string) string { return profile.Quoted(id) }

// masked returns a record with masks in place of numbers: those that messages come from, and rules about one number.
func masked(r clients.Record) clients.Record {
	r.SenderID = maskedNumbers(r.SenderID)
	r.Senders = maps.Clone(r.Senders)
	for country, s := range r.Senders {
		s.Identity = maskedNumbers(s.Identity)
		r.Senders[country] = s
	}
	r.Guard.Rules = slices.Clone(r.Guard.Rules)
	for i := range r.Guard.Rules {
		r.Guard.Rules[i].Prefix = maskedPrefix(r.Guard.Rules[i].Prefix)
	}
	return r
}

// maskedPrefix returns the beginning of numbers, or the mask of what may be a whole one: a valid number, or a possible
// one that is too long to be the beginning of a block. Messages go to possible numbers too.
func maskedPrefix(prefix string) string {
	n, ok := plan.Lookup(prefix)
	if _, block := plan.Lookup(prefix + "0000"); ok && (n.Meets(phone.Valid) || !block) {
		return n.Mask
	}
	return prefix
}

// commandFor returns a command of the program about a client, from a form in which ID stands for it. An id that cannot
// be typed stays ID, and so does one that the program takes for a flag.
func commandFor(form, id string) string {
	if id != "" && id[0] != '-' && strings.IndexFunc(id, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		form = strings.ReplaceAll(form, "ID", inShell(id))
	}
	return "countersign " + form
}

// inShell returns a text as a word of a shell, in quotes if it needs them.
func inShell(text string) string {
	const letters, digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	if text != "" && strings.Trim(text, letters+digits+"_-.,:/@%+=") == "" {
		return text
	}
	return quoted(text)
}

// withoutUser returns an address without the user and the password that it may have. Either can be a secret. Another
// text stays.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	u.User = url.User("xxxxx")
	return u.String()
}

// placeFlags returns the flags that a command needs to work on the place of the pages, without the user of an address.
func placeFlags(p openstore.Place) string {
	var flags []string
	if p.Kind != openstore.SQLite {
		flags = append(flags, "--store", p.Kind)
	}
	if p.Engine != "" {
		flags = append(flags, "--dynamodb-endpoint", inShell(withoutUser(p.Engine)))
	}
	if !p.Deployed() {
		flags = append(flags, "--data", inShell(p.Folder))
	}
	return strings.Join(flags, " ")
}

// shortList returns a list as text, of the first n elements and the number of the others.
func shortList(all []string, n int) string {
	if len(all) <= n {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:n], ", ") + " and " + strconv.Itoa(len(all)-n) + " more"
}
