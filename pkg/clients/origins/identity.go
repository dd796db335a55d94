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

// The patterns bound no length, which would make them slow to compile; see most.
var (
	arn   = pattern.Matches(`\Aarn:[a-z-]+:sms-voice:[a-z0-9-]+:[0-9]+:(pool|phone-number)/[A-Za-z0-9_-]+\z`)
	idARN = pattern.Matches(`\Aarn:[a-z-]+:sms-voice:[a-z0-9-]+:[0-9]+:sender-id/[A-Za-z0-9_-]+/[A-Z][A-Z]\z`)
	id    = pattern.Matches(`\A(pool|phone)-[A-Za-z0-9_-]+\z`)
	long  = pattern.Matches(`\A\+[1-9][0-9]+\z`)
	short = pattern.Matches(`\A[0-9]+\z`)
)

// most is the longest OriginationIdentity of the service.
const most = 256

// kindOf returns the kind of an identity. It compiles no pattern that the beginning rules out: functions call it while
// they start.
func kindOf(identity string) kind {
	begins := func(prefix string) bool { return strings.HasPrefix(identity, prefix) }
	switch {
	case identity == "":
		return unknown
	case len(identity) > most:
		return unknown
	case begins("arn:") && strings.Contains(identity, ":sender-id/"):
		return of(idARN(identity), named)
	case begins("arn:"):
		return of(arn(identity), opaque)
	case begins("pool-"), begins("phone-"):
		return of(id(identity), opaque)
	case begins("+"):
		return of(len(identity) >= 8 && len(identity) <= 16 && long(identity), longCode)
	case message.IsSenderID(identity):
		return name
	}
	return of(len(identity) >= 3 && len(identity) <= 7 && short(identity), shortCode)
}

func of(is bool, k kind) kind {
	if is {
		return k
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
