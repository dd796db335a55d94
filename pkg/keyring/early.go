package keyring

import (
	"fmt"
	"time"
)

// How long an older version is needed after a newer one, with the five minutes in which processes still use the keyring
// that they have read.
const (
	// codeRest is for codes that were sent under the older version, of which the longest live for half an hour.
	codeRest = 35 * time.Minute
	// numberRest is for the messages of a day, which a ledger under the newer version has not counted: the limit's day
	// has 24 hours and a half.
	numberRest = 25 * time.Hour
	// pepperRest is for passwords that are set by processes which have not read the newer version.
	pepperRest = 5 * time.Minute
	// encryptRest is for the challenges whose key the older version was, which live as long as those of codes.
	encryptRest = codeRest
)

// EarlyError means that a version is still needed: to retire it takes something from people, see Loss.
type EarlyError struct {
	Kind    Kind
	Version int
	Loss    string    // what is lost, as a sentence
	Until   time.Time // when nothing of that is lost any more
}

func (e *EarlyError) Error() string {
	return fmt.Sprintf("%s version %d is still needed: %s. It can be retired from %s on", e.Kind, e.Version, e.Loss,
		e.Until.UTC().Format(time.RFC3339))
}

// TooEarly returns an [EarlyError] if a version is still needed at now. [Document.Retire] does not ask, because a key
// that has leaked must go at once. It returns nil for a version that there is not.
//
// Seal and Sign versions are never too early: values are sealed again first, and a signature that was made stays good.
// After a Pepper version's time nothing new is stored under it; whether a password still is, the table knows alone.
func (d *Document) TooEarly(kind Kind, number int, now time.Time) error {
	if d.find(kind, number) == nil {
		return nil
	}
	e := &EarlyError{Kind: kind, Version: number}
	switch kind {
	case Code:
		e.Until = d.followed(Code, number).Add(codeRest)
		e.Loss = "codes that were sent under it in the last half hour no longer verify"
	case Number:
		e.Until = d.counting(number).Add(numberRest)
		e.Loss = "the other versions have not counted the messages of a whole day, so each number would get its " +
			"messages once more, five in the next hour by default"
	case Pepper:
		e.Until = d.followed(Pepper, number).Add(pepperRest)
		e.Loss = "processes that have not read the newer version store passwords under it, which are lost with it"
	case Encrypt:
		e.Until = d.followed(Encrypt, number).Add(encryptRest)
		e.Loss = "passwords that were encrypted to it in the last half hour are refused, and their users begin again"
	default:
		return nil
	}
	if !e.Until.After(now) {
		return nil
	}
	return e
}

// followed returns when a newer version of a kind than this one came into force first, or will. The older one is used
// for what is new until then.
func (d *Document) followed(kind Kind, number int) (at time.Time) {
	for _, v := range d.versions[kind] {
		if v.number <= number {
			continue
		}
		from := v.made
		if v.from.After(from) {
			from = v.from
		}
		if at.IsZero() || from.Before(at) {
			at = from
		}
	}
	return at
}

// counting returns since when the other number versions count messages, all of them together: each one counts from when
// it was made, also before it is in force.
func (d *Document) counting(number int) (since time.Time) {
	first := true
	for _, v := range d.versions[Number] {
		if v.number != number && (first || v.made.Before(since)) {
			since, first = v.made, false
		}
	}
	return since
}
