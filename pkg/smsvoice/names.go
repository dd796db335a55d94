package smsvoice

import (
	"strings"

	"countersign/pkg/message"
)

// nameless has the countries whose phones show no sender ids: messages there come from a number, a short code or a
// shared route. AWS refuses a message there that comes from a sender id. The letters are ISO 3166-1 codes.
//
// Source: "Supported countries and regions for SMS messaging" in the End User Messaging SMS user guide, read on
// 2026-11-27: https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers-sms-by-country.html
const nameless = " AR BE BR BS CA CG CL CN CO CR DO EC FM GT GU HU KN KR KY LC LR MC MH MY MZ NI NZ PE PR PY SV TM " +
	"TW US UY VE VI ZA "

// ShowsName reports whether a message to a country can come from the sender id name. A country that is not known shows
// none. France takes no hyphen since 2026-03-01. Some countries want the name to be registered: AWS's answer shows
// whether it is.
func ShowsName(region, name string) bool {
	switch {
	case region == "", !message.IsSenderID(name):
		return false
	case region == "FR" && strings.Contains(name, "-"):
		return false
	}
	return !strings.Contains(nameless, " "+region+" ")
}
