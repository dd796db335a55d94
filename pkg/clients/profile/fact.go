package profile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
	"countersign/pkg/guard"
	"countersign/pkg/guard/report"
	"countersign/pkg/message"
)

// Fact is a line about a client.
type Fact struct {
	Name string // "" goes on with the fact above
	Text string
	// Change is a command that changes it, an example without the program's name. ID stands for the client. "" is none,
	// or that of the fact above.
	Change string
}

// Of returns the facts of a client's record. brand is the deployment's, as far as the caller knows it.
func Of(r clients.Record, brand string, now time.Time) []Fact {
	all := []Fact{
		{"client", Quoted(r.ID), ""},
		{"status", status(r), switchOf(r)},
		{"AMS", Signing(r), "client rotate-key ID --generate-key"},
		{"Unimatrix", Unimatrix(r), "client set ID --unimatrix hmac"},
	}
	for _, k := range r.Keys {
		all = append(all, Fact{"key " + k.Version, "added " + k.Added.Format(time.DateTime),
			"client remove-key ID " + k.Version})
	}
	all = append(all, accessKeys(r)...)
	if n := len(r.Secrets); n > 0 {
		newest := r.Secrets[0].Added.Format(time.DateTime)
		all = append(all, Fact{"secrets", fmt.Sprint(n, ", the newest added ", newest), "client rotate-secret ID"})
	}
	all = append(all, settings(r, brand)...)
	all = append(all, guardFacts(r, now)...)
	all = append(all, senders(r)...)
	all = append(all, registrations(r)...)
	return append(all, testNumbers(r, now)...)
}

// status is that of a record, with its date. The client demo, which no store has, has no date.
func status(r clients.Record) string {
	if r.Added.IsZero() {
		return r.Status
	}
	return r.Status + ", added " + r.Added.Format(time.DateTime)
}

// switchOf is the command that changes the status.
func switchOf(r clients.Record) string {
	if r.Status == clients.StatusDisabled {
		return "client enable ID"
	}
	return "client disable ID"
}

// settings are the facts that client set changes.
func settings(r clients.Record, brand string) []Fact {
	custom, inClear := r.CustomCodes != nil && *r.CustomCodes, r.ClearPasswords != nil && *r.ClearPasswords
	all := []Fact{
		{"APIs", cmp.Or(strings.Join(r.APIs, ", "), "all"), "--api ams"},
		{"networks", cmp.Or(strings.Join(r.Networks, ", "), "any"), "--network 192.0.2.0/24"},
		{"countries", cmp.Or(strings.Join(r.Countries, ", "), "none: it can send nothing"), "--country MY,GB"},
		{"numbers", cmp.Or(r.Numbers, "possible"), "--numbers mobile"},
		{"lines", strings.Join(append([]string{"ordinary"}, r.Lines...), ", "), "--line satellite"},
		{"time window", timeWindow(r), "--time-window 5m"},
		{"nonces", nonces(r), toggle("once", r.Once)},
		{"a minute", most(r.PerMinute, "requests"), "--per-minute 600"},
		{"a day", most(r.MessagesPerDay, "messages"), "--messages-per-day 5000"},
		{"brand", cmp.Or(r.Brand, "the deployment's") + tooLong(r), "--brand Acme"},
		{"autofill", autofill(r, brand), "--site example.com"},
		{"sender id", cmp.Or(r.SenderID, "the deployment's"), "--sender-id ACME"},
		{"language", cmp.Or(r.Language, "the deployment's"), "--language de"},
		{"texts", ownTexts(r), "--text 'en={code} is your {brand} code.'"},
		{"custom codes", strconv.FormatBool(custom), toggle("custom-codes", custom)},
		{"passwords", passwords(inClear), toggle("clear-passwords", inClear)},
		{"sender names", cmp.Or(strings.Join(r.SenderNames, ", "), "none: signatures are ignored"),
			"--sender-name Acme"},
		{"templates", cmp.Or(strings.Join(r.Templates, ", "), "none: ids of templates are ignored"),
			"--template login"},
		{"sources", cmp.Or(strings.Join(r.Sources, ", "), "none"), "--source env.clientIp"},
		{"limits", cmp.Or(limits(r.Limits), "the deployment's"), "--per-day 5"},
	}
	for i := range all {
		all[i].Change = "client set ID " + all[i].Change
	}
	return all
}

// toggle is the flag that changes a value which is either on or off.
func toggle(name string, on bool) string {
	if on {
		return "--no-" + name
	}
	return "--" + name
}

// Signing is the way in which a client proves itself in the AMS contract.
func Signing(r clients.Record) string {
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

// Unimatrix is the way in which a client proves itself in the Unimatrix contract.
func Unimatrix(r clients.Record) string {
	if r.Unimatrix != "" && r.IDIsKey() {
		return r.Unimatrix + ", by its id"
	}
	return cmp.Or(r.Unimatrix, "-")
}

// accessKeys are a client's access keys, by their fingerprints.
func accessKeys(r clients.Record) (all []Fact) {
	name, change := "access keys", "client add-access-key ID"
	for _, k := range r.AccessKeys {
		text := k.Digest.Fingerprint() + ", added " + k.Added.Format(time.DateTime)
		if k.IsID {
			text += ", the client's id"
		}
		all = append(all, Fact{name, text, change})
		name, change = "", ""
	}
	switch {
	case r.FoundByID() && r.Added.IsZero():
		all = append(all, Fact{name, "the client's id alone", change})
	case r.FoundByID():
		all = append(all, Fact{name, "the client's id alone, from before access keys", change})
	}
	return all
}

// Guard is how the guard treats a client, in a word or two.
func Guard(r clients.Record) string {
	text := string(r.Guard.WithDefaults().Mode)
	switch n := len(r.Guard.Rules); n {
	case 0:
		return text
	case 1:
		return text + ", 1 rule"
	default:
		return fmt.Sprint(text, ", ", n, " rules")
	}
}

// guardFacts are the facts of how the guard treats a client.
func guardFacts(r clients.Record, now time.Time) []Fact {
	c := report.ClientOf(r.ID, r.Guard)
	mode := string(c.Mode)
	if c.Mode != guard.Off {
		mode += fmt.Sprint(", ", c.NewCountries, " unanswered messages in new countries")
	}
	all := []Fact{{"guard", mode, "guard mode ID monitor"}}
	for _, rule := range c.Rules {
		all = append(all, Fact{"", string(rule.Verdict) + " " + rule.Target() + ", " + rule.End(now), ""})
	}
	return all
}

// senders are the facts of what a client's messages to each country come from.
func senders(r clients.Record) (all []Fact) {
	name, change := "senders", "client set ID --sender GB=ACME,registered=yes"
	for _, country := range slices.Sorted(maps.Keys(r.Senders)) {
		all = append(all, Fact{name, country + "=" + origins.Describe(r.Senders[country]), change})
		name, change = "", ""
	}
	if all == nil {
		return []Fact{{name, "the sender id above, else the deployment's", change}}
	}
	return all
}

// registrations are the facts of a client's registrations in India.
func registrations(r clients.Record) (all []Fact) {
	name, change := "DLT", "client dlt ID"
	for _, set := range r.DLT {
		all = append(all, Fact{name, TextName(set) + ": " + set.Template, change})
		name, change = "", ""
	}
	return all
}

// TextName names a text of a client for India.
func TextName(r clients.Registration) string {
	name := r.Language + ", " + cmp.Or(r.Form, message.Plain.String())
	if r.Payment {
		name += ", with a payment"
	}
	return name
}

// testNumbers are the facts of a client's test numbers, masked and without their codes.
func testNumbers(r clients.Record, now time.Time) (all []Fact) {
	name, change := "test numbers", "client test-number add ID +12025550123 --code 246810 --until 2026-12-31"
	for _, n := range r.TestNumbers {
		all = append(all, Fact{name, n.Mask + ", until " + TestEnd(n, now), change})
		name, change = "", ""
	}
	return all
}

// TestEnd is the end of a test number.
func TestEnd(n clients.TestNumber, now time.Time) string {
	text := n.Until.Format("2006-01-02 15:04:05.999")
	if !now.Before(n.Until) {
		text += ", over"
	}
	return text
}

// Quoted makes an id safe to show. An id that strangers chose must not move the
// cursor or look like another id.
func Quoted(id string) string {
	if clients.ValidAMSID(id) {
		return id
	}
	return strconv.Quote(id)
}
