package console

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"countersign/pkg/message"
	"countersign/pkg/message/languages"
	"countersign/pkg/message/onphone"
	"countersign/pkg/otp"
	"countersign/pkg/outbox"
)

// phoneMessage is a message as a phone shows it.
type phoneMessage struct {
	outbox.Entry
	Text, Rest string // the beginning of the body, and what a long one has behind it
	Dir        string // in which it is read: ltr or rtl
	Lang       string // tag of its language, "" if that is not known
	Size       string // parts, encoding and length
	Offer      onphone.Offer
	Over       bool // its code has ended
	// WithoutTTL is when the code has ended for an otp.verify that names no ttl, zero if that is ExpiresAt too.
	WithoutTTL time.Time
	Happened   string // address of what happened to its challenge, "" without one
	OnlyTo     string // address of the messages to its number
	OnlyOf     string // address of the messages of its challenge, "" without one
}

// longBody is how many characters of a text are shown at once. A message of the service has at most 160.
const longBody = 1000

// onScreen returns a message as it is at now. Only a code that otp.send made is kept for longer than the longest
// validity of a policy: otp.verify chooses by its ttl how old the code may be, and the given ttl holds without one.
func onScreen(e outbox.Entry, now time.Time, ttl time.Duration) phoneMessage {
	m := phoneMessage{
		Entry: e, Text: e.Body, Dir: direction(e.Body), Lang: languages.Of(e.Body), Size: sizeOf(e.Body),
		Offer: onphone.Read(e.Body), Over: !e.ExpiresAt.IsZero() && !now.Before(e.ExpiresAt),
		OnlyTo: phoneAddress(e.To, "", ""),
	}
	if e.ExpiresAt.Sub(e.SentAt) > otp.MaxValidity && !m.Over {
		m.WithoutTTL = e.SentAt.Add(ttl)
	}
	if runes := []rune(e.Body); len(runes) > longBody {
		m.Text, m.Rest = string(runes[:longBody]), string(runes[longBody:])
	}
	if e.AuthID != "" {
		m.Happened = addressOf("", e.AuthID)
		m.OnlyOf = phoneAddress("", e.AuthID, "")
	}
	return m
}

// RestLength returns how many characters of the body are behind its beginning.
func (m phoneMessage) RestLength() int { return utf8.RuneCountInString(m.Rest) }

// sizeOf puts the length of a text on the air into words.
func sizeOf(body string) string {
	size, encoding := message.Measure(body), "GSM 7-bit"
	if size.Wide {
		encoding = "UCS-2"
	}
	if size.Parts > 1 {
		return fmt.Sprintf("%d parts, %s, %d characters", size.Parts, encoding, size.Units)
	}
	return fmt.Sprintf("1 part, %s, %d of %d characters", encoding, size.Units, size.Units+size.Room())
}

// rightToLeft are the scripts that are written from right to left.
var rightToLeft = []*unicode.RangeTable{
	unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam, unicode.Mandaic,
	unicode.Samaritan,
}

// direction returns the direction of a text, which phones take from its first letter or mark of direction.
func direction(text string) string {
	for _, r := range text {
		switch {
		case r == '\u200f', r == '\u061c', unicode.IsLetter(r) && unicode.In(r, rightToLeft...):
			return "rtl"
		case r == '\u200e', unicode.IsLetter(r):
			return "ltr"
		}
	}
	return "ltr"
}
