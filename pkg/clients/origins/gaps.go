package origins

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/pkg/clients"
	"countersign/pkg/smsrules"
)

// Standard is what messages come from where no entry has an identity.
type Standard struct {
	clients.Sender
	// OfClient: the senders are those of a client. Those of the deployment, which are not known here, may fill a gap.
	OfClient bool
}

// through returns an entry with the service that its messages go through.
func (standard Standard) through(s clients.Sender) clients.Sender {
	if s.Service() == "" {
		s.Via = standard.Via
	}
	return s
}

// Gaps returns a line for each reason for which messages to some of the countries do not go out as they are meant to: a
// country whose entry [Check] refuses, and one that needs an entry and has none. "*" is every country. Whether a pool
// reaches a country is AWS's to know.
func Gaps(countries []string, all map[string]clients.Sender, standard Standard) []string {
	var refused []string
	for _, country := range slices.Sorted(maps.Keys(all)) {
		err := Check(country, all[country])
		if err == nil {
			err = service(standard.through(all[country]))
		}
		if err != nil {
			refused = append(refused, fmt.Sprintf("%s: %v", country, err))
		}
	}
	found := map[string][]string{}
	for _, country := range every(countries) {
		own := all[country]
		if reason := gap(smsrules.Country(country), own, all[clients.Everywhere], standard); reason != "" {
			found[reason] = append(found[reason], country)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(found)) {
		refused = append(refused, strings.Join(found[reason], ", ")+": "+reason)
	}
	return refused
}

// Permissions returns a line on the entries of a deployment from which its functions may not send, as far as the
// entries show. End User Messaging asks for a permission on the ARN of a number or pool, and the functions have it for
// those that their parameters name. It returns "" for none.
func Permissions(all map[string]clients.Sender, standard Standard) string {
	var found []string
	for _, country := range slices.Sorted(maps.Keys(all)) {
		s := all[country]
		k := kindOf(s.Identity)
		asks := k == longCode || k == shortCode || k == opaque && !strings.HasPrefix(s.Identity, "arn:")
		ours := s.Identity == standard.Identity || strings.HasSuffix(standard.Identity, "/"+s.Identity)
		if asks && !ours && standard.through(s).Service() == clients.SMSVoice {
			found = append(found, country)
		}
	}
	if found == nil {
		return ""
	}
	return strings.Join(found, ", ") + ": AWS refuses messages from a number or an id until the parameter " +
		"SenderIdentities, or OriginationIdentity, has its ARN"
}

// every returns countries, with those that have a rule in place of "*".
func every(countries []string) (list []string) {
	for _, country := range countries {
		if country != clients.Everywhere {
			list = append(list, country)
			continue
		}
		for _, c := range smsrules.Demanding() {
			list = append(list, string(c))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// gap returns why messages to a country do not go out as they are meant to, or "".
func gap(c smsrules.Country, own, rest clients.Sender, standard Standard) string {
	if c == India && own.EntityID != "" && own.TemplateID == "" && !standard.OfClient {
		return "the entry has an entity and no template, so messages of clients whose texts have no ids of their own " +
			"(client dlt) are dropped"
	}
	if own.Identity != "" {
		return "" // Check has judged it
	}
	from := standard.Sender
	if rest.Identity != "" {
		from.Identity, from.Via = rest.Identity, rest.Via
	}
	id, home := nameOf(from.Identity)
	isName := kindOf(from.Identity) == name || home != ""
	if standard.OfClient {
		if isName && c.ShowsNames() && c.RegistersNames() {
			return fmt.Sprintf("a sender id must be registered there, and no entry states that %s is", id)
		}
		return ""
	}
	switch {
	case home != "" && home != string(c):
		return fmt.Sprintf("the sender id %s is that of %s, and messages to other countries are refused", id, home)
	case isName && !smsrules.ShowsName(string(c), id) && from.Via != clients.SNS && rest.Identity == "":
		return fmt.Sprintf("phones there do not show the sender id %s, and messages there are refused", id)
	case isName && home == "" && c.ShowsNames() && c.RegistersNames() && c != India:
		return fmt.Sprintf("a sender id must be registered there, and no entry states that %s is", id)
	case c == India && own.EntityID == "" && from.EntityID == "":
		return "a text must be registered there, and no entry has its entity and template"
	case c != India && c.RegistersTexts():
		return "a text must be registered there, and no entry states that it is"
	case from.Identity == "" && c.RegistersNames() && c != India:
		return "a sender id must be registered there, and no entry names one"
	}
	return ""
}
