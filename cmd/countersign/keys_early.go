package main

import (
	"fmt"
	"slices"
	"time"

	"countersign/pkg/keyring"
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

// tooEarly returns an error if a version is still needed at now, with what is lost and the time from which on nothing
// of that is lost. [keyring.Document.Retire] does not ask, because a key that has leaked must go at once. It returns
// nil for a version that there is not.
//
// Seal and Sign versions are never too early: values are sealed again first, and a signature that was made stays good.
// After a Pepper version's time nothing new is stored under it; whether a password still is, the table knows alone.
func tooEarly(d *keyring.Document, kind keyring.Kind, number int, now time.Time) error {
	all := versionsOf(d, kind, now)
	if !slices.ContainsFunc(all, func(v keyring.Info) bool { return v.Version == number }) {
		return nil
	}
	var until time.Time
	var loss string
	switch kind {
	case keyring.Code:
		until = followed(all, number).Add(codeRest)
		loss = "codes that were sent under it in the last half hour no longer verify"
	case keyring.Number:
		until = counting(all, number).Add(numberRest)
		loss = "the other versions have not counted the messages of a whole day, so each number would get its " +
			"messages once more, five in the next hour by default"
	case keyring.Pepper:
		until = followed(all, number).Add(pepperRest)
		loss = "processes that have not read the newer version store passwords under it, which are lost with it"
	case keyring.Encrypt:
		until = followed(all, number).Add(encryptRest)
		loss = "passwords that were encrypted to it in the last half hour are refused, and their users begin again"
	default:
		return nil
	}
	if !until.After(now) {
		return nil
	}
	return fmt.Errorf("%s version %d is still needed: %s. It can be retired from %s on", kind, number, loss,
		until.UTC().Format(time.RFC3339))
}

// versionsOf returns the versions of a kind.
func versionsOf(d *keyring.Document, kind keyring.Kind, now time.Time) []keyring.Info {
	return slices.DeleteFunc(d.List(now), func(v keyring.Info) bool { return v.Kind != kind })
}

// followed returns when a newer version of a kind than this one came into force first, or will. The older one is used
// for what is new until then.
func followed(all []keyring.Info, number int) (at time.Time) {
	for _, v := range all {
		if v.Version <= number {
			continue
		}
		from := v.Made
		if v.From.After(from) {
			from = v.From
		}
		if at.IsZero() || from.Before(at) {
			at = from
		}
	}
	return at
}

// counting returns since when the other number versions count messages, all of them together: each one counts from when
// it was made, also before it is in force.
func counting(all []keyring.Info, number int) (since time.Time) {
	first := true
	for _, v := range all {
		if v.Version != number && (first || v.Made.Before(since)) {
			since, first = v.Made, false
		}
	}
	return since
}
