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
	// Reserved: made, and its message neither counted nor sent as far as the item
	// tells. Nobody can hold its code, and no guess at it is evaluated: else a flood
	// of inits that the limits refuse would be a flood of codes to guess at.
	Reserved State = "reserved"
	// MaybeDelivered: the message was counted, and may have gone out. Its code is
	// live; another call may take over and send it again.
	MaybeDelivered State = "unclear"
	// Delivered: the sender accepted the message. Its code is live.
	Delivered State = "sent"
	// Failed: no message was sent and none will be; Result says why.
	Failed State = "failed"
)

// Challenge is one item of the challenges table. It holds neither the code nor
// the number, and nothing from which either could be computed without the
// [Keys]. Each of its fields is in [ChallengeFields].
type Challenge struct {
	Reported
	Key         string // primary key, see [ChallengeKey]
	Fingerprint []byte // keyed digest of the fields that must not change between retries
	State       State
	Result      Outcome // why a Failed challenge failed
	Owner       string  // the invocation that may send
	Lease       Millis  // until when it may
	Seed        []byte  // random; the code is derived from it, unless the client chose one
	Encrypted   []byte  // the number, and the code that the client chose, encrypted
	Chosen      bool    // the client chose the code
	Digits      int     // of the code
	KeyVersion  int     // of the code key that Fingerprint, Code and Guess are made with
	Code        []byte  // keyed digest of Key and the code
	Guess       []byte  // the same of the latest guess; "-" before the first
	Op          string  // id of the verify call that wrote Guess; "-" before the first
	Attempts    int     // guesses evaluated
	Max         int     // guesses allowed
	SentAt      Millis  // of the latest message
	ExpiresAt   Millis  // its end: the first instant at which the code is refused
	LedgerKey   string  // key of the number's ledger, see [Keys.LedgerKeys]; the oldest one at its init
	User        string  // reference of the user whose number it is, see [Users]; "" where the caller gave the number
	TTL         int64   // seconds; the item may be swept, and its id is free, from here on
}

// none stands for "no guess yet": a value that no digest and no id equals.
const none = "-"

// Passed reports whether the latest guess is the code.
func (c Challenge) Passed() bool { return subtle.ConstantTimeCompare(c.Guess, c.Code) == 1 }

// ended returns why no guess at the code can pass any more: Unknown if no message
// was sent, else Used, Expired or Locked. It returns "" for a live code.
func (c Challenge) ended(now Millis) Outcome {
	switch {
	case c.State == Failed, c.State == Reserved:
		return Unknown
	case c.Passed():
		return Used
	case c.ExpiresAt <= now:
		return Expired
	case c.Attempts >= c.Max:
		return Locked
	}
	return ""
}

// ChallengeKey returns the primary key of a client's challenge. It ends in the
// serial of the authenticationId, so that both ids lead to the one item without
// an index.
func ChallengeKey(client, id string) string { return challengeKey(client, serial(client, id)) }

func challengeKey(client, serial string) string { return "C#" + part(client) + "#" + serial }

// part returns what stands for a client in a key: its id where that is up to 64
// letters, digits, _ and -, else a digest of it. Ids of Unimatrix clients may be
// long in bytes, and may have a "#" in them.
func part(client string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-'
	}
	if len(client) <= 64 && !strings.ContainsFunc(client, func(r rune) bool { return !plain(r) }) {
		return client
	}
	sum := sha256.Sum256([]byte(client))
	return "~" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// serialDigits is the length of a serial: 90 bits, so that a client would have to
// make 10^13 challenges before two of them meet by chance.
const serialDigits = 27

// serial returns decimal digits that stand for a client's id.
func serial(client, id string) string {
	sum := sha256.Sum256(fields("serial", client, id))
	a, b := binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])
	const e13, e14 = 1e13, 1e14
	text := strconv.AppendUint(make([]byte, 0, 32), e13+a%e13, 10) // a leading 1 keeps the zeros
	text = strconv.AppendUint(text, e14+b%e14, 10)
	return string(text[1:14]) + string(text[15:])
}

// dateDigits stand before the serial in an authenticationId: its UTC date.
const dateDigits = 8

// authIDOf returns the authenticationId of a client's id.
func authIDOf(client, id string, now Millis) string {
	return now.Time().Format("20060102") + serial(client, id)
}

// keyOfAuthID returns the primary key of the challenge that has an
// authenticationId, "" for a text that is none.
func keyOfAuthID(client, authID string) string {
	if len(authID) != dateDigits+serialDigits || strings.Trim(authID, "0123456789") != "" {
		return ""
	}
	return challengeKey(client, authID[dateDigits:])
}

// Ledger is a number's ledger: its sends, newest first, and how many of the
// latest were not answered by a right code.
type Ledger struct {
	Key        string
	Sends      []Send
	Unanswered int
	TTL        int64 // seconds; the item may be swept from here on
}

// Send is one counted message.
type Send struct {
	At Millis
	ID string // see [SendID]; a message is counted once per id
}

// Counted reports whether a send with this id is among n's latest.
func (n Ledger) Counted(id string) bool {
	for _, s := range n.Sends {
		if s.ID == id {
			return true
		}
	}
	return false
}
