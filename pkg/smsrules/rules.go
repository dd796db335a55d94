// Package smsrules has what countries demand of the sender of an SMS, as AWS carries it: whether their phones show
// sender ids, what must be registered, and which numbers of one's own there are.
//
// The rules are those of "Supported countries and regions for SMS messaging" in the End User Messaging SMS user guide,
// https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers-sms-by-country.html, as it was on the day
// [Read]. SNS sends through the same service. The rules are data: a new edition of that page changes the lists below
// and [Read], and nothing else.
package smsrules

import (
	"slices"
	"strings"

	"countersign/pkg/message"
)

// Read is the day on which AWS's page was read.
const Read = "2026-11-27"

// The lists are texts, so that a program that starts pays nothing for them. Each code is an ISO 3166-1 code between
// spaces.
const (
	// registered: a sender id must be registered before messages can come from it.
	registered = " AE AU BY EG ES GB ID IE IN JO KE KW KZ LK OM PH QA RU SA TH TR VN ZM "
	// labelled: phones show "Likely Scam" in place of a sender id that is not registered (Singapore's SSIR, Ireland's
	// ComReg).
	labelled = " IE SG "
	// texts: a text must be registered before it goes out.
	texts = " CN IN "
	// nameless: phones show no sender ids. Messages come from a number, a short code or a shared route.
	nameless = " AR BE BR BS CA CG CL CN CO CR DO EC FM GT GU HU KN KR KY LC LR MC MH MY MZ NI NZ PE PR PY SV TM TW " +
		"US UY VE VI ZA "
	// short: a number of one's own is a short code. (New Zealand's shared short codes are best effort.)
	short = " AR BR CN CO DO EC MY NZ PE UY "
	// shared: there is no number of one's own, and messages come from a shared route.
	shared = " BS CG FM GT KN KR KY LC MC MH MZ NI PY SV TM VE "
	// inbound: a long number of one's own only receives.
	inbound = " AE IN PH PK SA "
	// unhyphened: sender ids have no hyphen (France, since 2026-03-01).
	unhyphened = " FR "
)

// Country is the ISO 3166-1 alpha-2 code of a country. One that AWS's page does not have, and "", has no rule.
type Country string

func (c Country) in(list string) bool {
	return len(c) == 2 && strings.Contains(list, " "+string(c)+" ")
}

// ShowsNames reports whether phones show sender ids.
func (c Country) ShowsNames() bool { return !c.in(nameless) }

// RegistersNames reports whether a sender id must be registered.
func (c Country) RegistersNames() bool { return c.in(registered) || c.in(labelled) }

// LabelsStrangers reports whether phones show "Likely Scam" in place of a sender id that is not registered.
func (c Country) LabelsStrangers() bool { return c.in(labelled) }

// RegistersTexts reports whether a text must be registered.
func (c Country) RegistersTexts() bool { return c.in(texts) }

// OnlyShortCodes reports whether a number of one's own is a short code.
func (c Country) OnlyShortCodes() bool { return c.in(short) }

// OnlySharedRoutes reports whether there is no number of one's own.
func (c Country) OnlySharedRoutes() bool { return c.in(shared) }

// LongNumbersReceive reports whether a long number of one's own only receives.
func (c Country) LongNumbersReceive() bool { return c.in(inbound) }

// TakesHyphens reports whether sender ids may have a hyphen.
func (c Country) TakesHyphens() bool { return !c.in(unhyphened) }

// Demanding returns the countries that have a rule of names or of texts, in alphabetical order without duplicates.
func Demanding() (all []Country) {
	for _, code := range strings.Fields(registered + labelled + texts + nameless + unhyphened) {
		all = append(all, Country(code))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ShowsName reports whether a message to a country can come from the sender id name. A country that is not known shows
// none. Where the name must be registered, AWS's answer shows whether it is.
func ShowsName(region, name string) bool {
	c := Country(region)
	hyphen := strings.Contains(name, "-")
	return region != "" && message.IsSenderID(name) && c.ShowsNames() && (c.TakesHyphens() || !hyphen)
}
