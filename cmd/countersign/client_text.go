package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
	"countersign/pkg/guard"
	"countersign/pkg/guard/report"
	"countersign/pkg/message"
	"countersign/pkg/message/languages"
)

// described is a client's record as text. brand is the deployment's, as far as the command knows it.
func described(r clients.Record, brand string) string {
	rows := [][]string{
		{"client", quoted(r.ID)},
		{"status", r.Status + ", added " + r.Added.Format(time.DateTime)},
		{"AMS", signing(r)},
		{"Unimatrix", unimatrixMode(r)},
	}
	for _, k := range r.Keys {
		rows = append(rows, []string{"key " + k.Version, "added " + k.Added.Format(time.DateTime)})
	}
	rows = append(rows, accessKeys(r)...)
	if n := len(r.Secrets); n > 0 {
		newest := r.Secrets[0].Added.Format(time.DateTime)
		rows = append(rows, []string{"secrets", fmt.Sprint(n, ", the newest added ", newest)})
	}
	rows = append(rows,
		[]string{"APIs", cmp.Or(strings.Join(r.APIs, ", "), "all")},
		[]string{"networks", cmp.Or(strings.Join(r.Networks, ", "), "any")},
		[]string{"countries", cmp.Or(strings.Join(r.Countries, ", "), "none: it can send nothing")},
		[]string{"numbers", cmp.Or(r.Numbers, "possible")},
		[]string{"lines", strings.Join(append([]string{"ordinary"}, r.Lines...), ", ")},
		[]string{"time window", timeWindow(r)},
		[]string{"nonces", nonces(r)},
		[]string{"a minute", most(r.PerMinute, "requests")},
		[]string{"a day", most(r.MessagesPerDay, "messages")},
		[]string{"brand", cmp.Or(r.Brand, "the deployment's") + tooLong(r)},
		[]string{"autofill", autofill(r, brand)},
		[]string{"sender id", cmp.Or(r.SenderID, "the deployment's")},
		[]string{"language", cmp.Or(r.Language, "the deployment's")},
		[]string{"texts", ownTexts(r)},
		[]string{"custom codes", strconv.FormatBool(r.CustomCodes != nil && *r.CustomCodes)},
		[]string{"passwords", passwords(r)},
		[]string{"sender names", cmp.Or(strings.Join(r.SenderNames, ", "), "none: signatures are ignored")},
		[]string{"templates", cmp.Or(strings.Join(r.Templates, ", "), "none: ids of templates are ignored")},
		[]string{"sources", cmp.Or(strings.Join(r.Sources, ", "), "none")},
		[]string{"limits", cmp.Or(limits(r.Limits), "the deployment's")},
	)
	rows = append(rows, guardRows(r, time.Now())...)
	rows = append(rows, senders(r)...)
	rows = append(rows, registrations(r)...)
	return columns(append(rows, testNumbers(r)...)...)
}

// senders are the rows of what a client's messages to each country come from.
func senders(r clients.Record) (rows [][]string) {
	name := "senders"
	for _, country := range slices.Sorted(maps.Keys(r.Senders)) {
		rows = append(rows, []string{name, country + "=" + origins.Describe(r.Senders[country])})
		name = ""
	}
	if rows == nil {
		rows = [][]string{{name, "the sender id above, else the deployment's"}}
	}
	return rows
}

// unimatrixMode is the way in which a client proves itself in the Unimatrix contract.
func unimatrixMode(r clients.Record) string {
	if r.Unimatrix != "" && r.IDIsKey() {
		return r.Unimatrix + ", by its id"
	}
	return cmp.Or(r.Unimatrix, "-")
}

// accessKeys are the rows of a client's access keys, by their fingerprints.
func accessKeys(r clients.Record) (rows [][]string) {
	name := "access keys"
	for _, k := range r.AccessKeys {
		text := k.Digest.Fingerprint() + ", added " + k.Added.Format(time.DateTime)
		if k.IsID {
			text += ", the client's id"
		}
		rows = append(rows, []string{name, text})
		name = ""
	}
	if r.FoundByID() {
		rows = append(rows, []string{name, "the client's id alone, from before access keys"})
	}
	return rows
}

// timeWindow is the range of a client's Request-Time, on both sides of the clock.
func timeWindow(r clients.Record) string {
	switch {
	case r.Window == nil:
		return "10m, 5m for HMAC"
	case r.Window.String() == "0s":
		return "off, 10m for HMAC"
	case *r.Window > clients.Duration(10*time.Minute):
		return r.Window.String() + ", 10m for HMAC"
	}
	return r.Window.String()
}

// nonces is the use of the nonces in HMAC signatures.
func nonces(r clients.Record) string {
	if r.Once {
		return "once: a request that comes again is refused"
	}
	return "not remembered"
}

// passwords is the form in which a client sends passwords.
func passwords(r clients.Record) string {
	if r.ClearPasswords != nil && *r.ClearPasswords {
		return "encrypted or in clear"
	}
	return "encrypted"
}

// tooLong are the languages that have no room for a client's brand, and how many characters too long it is.
func tooLong(r clients.Record) string {
	if r.Brand == "" {
		return ""
	}
	if all := without(message.Words{Brand: r.Brand, Own: r.Texts}); all != "" {
		return "; too long in " + all
	}
	return ""
}

// autofill are the lines behind a client's texts, and the languages that have no room for them.
func autofill(r clients.Record, brand string) string {
	lines := r.Autofill()
	text := [...]string{
		message.Plain:    "no lines",
		message.WithSite: "site " + r.Site,
		message.WithHash: "Android hash " + r.AndroidHash,
		message.WithBoth: "Android hash " + r.AndroidHash + ", site " + r.Site,
	}[lines.Form()]
	if all := noRoom(r, brand); all != "" {
		text += "; no room in " + all
	}
	return text
}

// noRoom are the languages that have no room for the lines behind a client's texts, and how many characters too long
// they are.
func noRoom(r clients.Record, brand string) string {
	lines := r.Autofill()
	if lines.Form() == message.Plain {
		return ""
	}
	return without(message.Words{Brand: cmp.Or(r.Brand, brand), Own: r.Texts, Autofill: lines})
}

// without are the languages in which a text does not fit one SMS.
func without(w message.Words) string {
	var all []string
	tags, over := languages.Without(w)
	for i, tag := range tags {
		all = append(all, fmt.Sprintf("%s (by %d)", tag, over[i]))
	}
	return strings.Join(all, ", ")
}

// ownTexts are the texts of a client's own.
func ownTexts(r clients.Record) string {
	var all []string
	for _, tag := range slices.Sorted(maps.Keys(r.Texts)) {
		all = append(all, tag+" "+strconv.Quote(r.Texts[tag]))
	}
	return cmp.Or(strings.Join(all, ", "), "the built-in ones")
}

// most is a limit of a client, such as its rate.
func most(n int, what string) string {
	if n == 0 {
		return "the deployment's number of " + what
	}
	return fmt.Sprint(n, " ", what)
}

// limits are the limits that a client's record sets, such as "digits 4, validity 2m".
func limits(l clients.Limits) string {
	text, err := json.Marshal(l)
	if err != nil {
		return err.Error()
	}
	return strings.NewReplacer("{", "", "}", "", `"`, "", ":", " ", ",", ", ").Replace(string(text))
}

// signing is the way in which a client proves itself in the AMS contract.
func signing(r clients.Record) string {
	if r.Unsigned {
		return "unsigned"
	}
	var versions []string
	for _, k := range r.Keys {
		versions = append(versions, k.Version)
	}
	if versions == nil {
		return "-"
	}
	return "key " + strings.Join(versions, ", ")
}

// guardOf is how the guard treats a client, in a word or two.
func guardOf(r clients.Record) string {
	text := string(r.Guard.WithDefaults().Mode)
	if n := len(r.Guard.Rules); n > 0 {
		text += ", " + count(n, "rule", "rules")
	}
	return text
}

// guardRows are the rows of how the guard treats a client.
func guardRows(r clients.Record, now time.Time) [][]string {
	c := report.ClientOf(r.ID, r.Guard)
	mode := string(c.Mode)
	if c.Mode != guard.Off {
		mode += fmt.Sprint(", ", c.NewCountries, " unanswered messages in new countries")
	}
	rows := [][]string{{"guard", mode}}
	for _, rule := range ruleRows(c, now) {
		rows = append(rows, []string{"", strings.Join(rule, " ")})
	}
	return rows
}
