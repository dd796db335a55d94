package profile

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
	"countersign/pkg/message"
	"countersign/pkg/message/languages"
)

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
func passwords(inClear bool) string {
	if inClear {
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
	if all := NoRoom(r, brand); all != "" {
		text += "; no room in " + all
	}
	return text
}

// NoRoom are the languages that have no room for the lines behind a client's texts, and how many characters too long
// they are.
func NoRoom(r clients.Record, brand string) string {
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
