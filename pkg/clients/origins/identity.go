package origins

import (
	"strings"

	"countersign/pkg/message"
	"countersign/pkg/pattern"
)

// kind is the kind of an identity.
type kind int

const (
	unknown   kind = iota // no identity at all
	opaque                // a pool, or a phone number by its id or ARN: only the account knows what it is
	name                  // a sender id by its name
	named                 // a sender id by its ARN, which has its country
	longCode              // a phone number
	shortCode             // a short code
)

const identityForm = "a pool, phone number or sender id of AWS: its ARN, its id, a number with + before it, " +
	"a short code of 3 to 7 digits, or a name of " + message.SenderIDForm

var (
	arn   = pattern.Matches(`\Aarn:[a-z-]+:sms-voice:[a-z0-9-]+:[0-9]{12}:(pool|phone-number)/[A-Za-z0-9_-]{1,128}\z`)
	idARN = pattern.Matches(`\Aarn:[a-z-]+:sms-voice:[a-z0-9-]+:[0-9]{12}:sender-id/[A-Za-z0-9_-]{1,32}/[A-Z]{2}\z`)
	id    = pattern.Matches(`\A(pool|phone)-[A-Za-z0-9_-]{1,64}\z`)
	long  = pattern.Matches(`\A\+[1-9][0-9]{6,14}\z`)
	short = pattern.Matches(`\A[0-9]{3,7}\z`)
)

// kindOf returns the kind of an identity.
func kindOf(identity string) kind {
	switch {
	case arn(identity), id(identity):
		return opaque
	case idARN(identity):
		return named
	case long(identity):
		return longCode
	case short(identity):
		return shortCode
	case message.IsSenderID(identity):
		return name
	}
	return unknown
}

// nameOf returns the name of a sender id, and the country of one that is an ARN.
func nameOf(identity string) (name, home string) {
	_, inARN, isARN := strings.Cut(identity, ":sender-id/")
	if !isARN {
		return identity, ""
	}
	name, home, _ = strings.Cut(inARN, "/")
	return name, home
}
