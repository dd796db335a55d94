package otp

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
)

// State of a challenge. There is no "passed": a challenge has passed when its
// Guess equals its Code.
type State string

const (
	// Reserved: the challenge is made, and its message is not known to be counted or
	// sent. No guess is evaluated: else an attacker could make many challenges that the
	// limits refuse, and guess at all of them.
	Reserved State = "reserved"
	// MaybeDelivered: a message is counted, and may have been sent. The code is live.
	// Another call may take over and send a further copy, which counts anew.
	MaybeDelivered State = "unclear"
	// Delivered: the sender accepted the message. The code is live.
	Delivered State = "sent"
	// Failed: no message was sent and none will be. Result is the reason.
	Failed State = "failed"
	// Asked: the challenge has no code, and asks for the password that User names, see
	// [Issuer.Ask]. No message is sent for it.
	Asked State = "asked"
)

// Challenge is one item of the challenges table. Without the [Keys] neither the code
// nor the number can be computed from it. Each of its fields is in [ChallengeFields].
type Challenge struct {
	Reported
	Marks
	Key         string // primary key, see [ChallengeKey]
	Fingerprint []byte // keyed digest of the fields that must not change between retries
	State       State
	Result      Outcome // why a Failed challenge failed
	Owner       string  // the call that may send
	Lease       Millis  // the end of its right to send
	Seed        []byte  // random; the code is derived from it unless the client chose one
	Encrypted   []byte  // the number, the chosen code, and what the message shows of the payment, encrypted
	Chosen      bool    // the client chose the code
	Digits      int     // of the code
	KeyVersion  int     // of the code key behind Fingerprint, Code, Guess and Encrypted
	Code        []byte  // keyed digest of Key and the code
	Guess       []byte  // keyed digest of Key and the latest guess; "-" before the first
	Op          string  // id of the verify call that wrote Guess; "-" before the first
	Attempts    int     // guesses evaluated
	Max         int     // guesses allowed
	SentAt      Millis  // of the latest message
	ExpiresAt   Millis  // the first instant at which the code is refused
	LedgerKey   string  // of the number; the oldest of [Keys.LedgerKeys] at its init
	User        string  // reference of the user, see [Users], or of the password that is Asked; else ""
	TTL         int64   // Unix time in seconds from which the id is free and the item may be swept
	// Source is the digest of the source that is known once the code is right, see
	// [Keys.Source]; nil for none.
	Source []byte
	// Messages are the ids of its latest messages, see [Challenge.MessageIDs].
	Messages []byte
	// Guard is the [guard.Tag] of its first message, nil where the guard counts nothing.
	Guard []byte
}

// none means "no guess yet". No digest and no id equals it.
const none = "-"

// Passed reports whether the latest guess is the code.
func (c Challenge) Passed() bool { return subtle.ConstantTimeCompare(c.Guess, c.Code) == 1 }

// Ended returns why no guess at the code can pass any more: Unknown if no message
// was sent, else Used, Expired or Locked. It returns "" for a live code.
func (c Challenge) Ended(now Millis) Outcome {
	switch {
	case c.State == Failed, c.State == Reserved:
		return Unknown
	case c.Passed():
		return Used
	case c.ExpiresAt <= now:
		return Expired
	case c.State == Asked:
		return Unknown
	case c.Attempts >= c.Max:
		return Locked
	}
	return ""
}

// ChallengeKey returns the primary key of a client's challenge. It ends in the
// serial of the authenticationId, so that both ids lead to the one item without
// an index.
func ChallengeKey(client, id string) string { return challengeKey(client, serial(client, id)) }

func challengeKey(client, serial string) string { return ChallengePrefix + part(client) + "#" + serial }

// ChallengePrefix begins the primary keys of challenges, and of no other items.
const ChallengePrefix = "C#"

// part returns the part of a key that names a client: its id if that is at most 64
// letters, digits, _ and -, else a digest of it. Unimatrix clients may have longer ids
// and ids with a "#".
func part(client string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-'
	}
	if len(client) <= 64 && !strings.ContainsFunc(client, func(r rune) bool { return !plain(r) }) {
		return client
	}
	return digestOf(client)
}

// digestMark begins what names a client by a digest.
const digestMark = "~"

// digestOf returns the form in which a client with another id is named.
func digestOf(client string) string {
	sum := sha256.Sum256([]byte(client))
	return digestMark + base64.RawURLEncoding.EncodeToString(sum[:])
}

// serialDigits is the length of a serial. It is 90 bits: a client has to make 10^13
// challenges before two serials are equal by chance.
const serialDigits = 27

// serial returns the decimal digits that name a client's id.
func serial(client, id string) string {
	sum := sha256.Sum256(fields("serial", client, id))
	a, b := binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])
	const e13, e14 = 1e13, 1e14
	text := strconv.AppendUint(make([]byte, 0, 32), e13+a%e13, 10) // a leading 1 keeps the zeros
	text = strconv.AppendUint(text, e14+b%e14, 10)
	return string(text[1:14]) + string(text[15:])
}

// dateDigits is the length of the UTC date before the serial in an authenticationId.
const dateDigits = 8

// authIDOf returns the authenticationId of a client's id.
func authIDOf(client, id string, now Millis) string {
	return now.Time().Format("20060102") + serial(client, id)
}

// KeyOfAuthID returns the primary key of the challenge with an authenticationId. It
// returns "" for a text that is not an authenticationId.
func KeyOfAuthID(client, authID string) string {
	if !IsAuthID(authID) {
		return ""
	}
	return challengeKey(client, authID[dateDigits:])
}

// IsAuthID reports whether a text has the form of an authenticationId.
func IsAuthID(text string) bool {
	return len(text) == dateDigits+serialDigits && strings.Trim(text, "0123456789") == ""
}

// Ledger counts the messages to one number for one client.
type Ledger struct {
	Key        string
	Sends      []Send // newest first
	Unanswered int    // messages since the last right code
	// Known are the digests of sources from which right codes came, in the order of their
	// bytes, see [Remember]. Only the oldest ledger of a number has them.
	Known [][]byte
	// Answered is when a code passed for the number that the service made, 0 for never.
	Answered Millis
	TTL      int64 // Unix time in seconds from which the item may be swept
}

// Send is one counted message.
type Send struct {
	At Millis
	ID string // see [SendID]; each copy of a code has its own, and is counted once
}

// Counted reports whether a send with this id is among the latest.
func (n Ledger) Counted(id string) bool {
	for _, s := range n.Sends {
		if s.ID == id {
			return true
		}
	}
	return false
}

// countedBefore reports whether an earlier call sent, or may have sent, for the
// challenge that the [SendID] names.
func (n Ledger) countedBefore(id string) bool {
	for _, s := range n.Sends {
		if s.ID != id && strings.HasPrefix(s.ID, id[:challengePart]) {
			return true
		}
	}
	return false
}
