// Package message writes the text of an SMS out of a template, and measures it. A text always fits one part.
//
// Package languages has the built-in templates. It is apart from this package because function verify, which sends
// nothing, must not link them.
package message

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"countersign/pkg/otp"
)

// Words are what the messages of a client are made of.
type Words struct {
	Brand    string            // the name that people know the sender by
	Language string            // of the client
	Default  string            // language of the deployment, where that of the client does not do
	Own      map[string]string // templates of the client's own, by language: see [CheckOwn]
	Autofill Autofill          // lines behind each text
	Payment  otp.Payment       // shown between the text and these lines; zero for none
	// Registered is for a country whose carriers want registered texts. Registrations are those that there are.
	Registered    bool
	Registrations []Registration
}

// RegistrationOf returns the id of the text in a language of the table and in the form of w, with or without a payment,
// or "".
func (w Words) RegistrationOf(language string) string {
	for _, t := range w.Registrations {
		if t.Language == language && t.Payment != w.Payment.None() && t.Form == w.Autofill.Form() {
			return t.ID
		}
	}
	return ""
}

const (
	maxDigits  = 8                                  // of a code
	maxMinutes = int(otp.LongestLife / time.Minute) // that a text states
)

// Time states a time left in words, such as "5 minutes", in whole minutes from 0 on.
type Time interface {
	// Words returns the words around the number of minutes. There is no number if before
	// is all: "less than 1 minute".
	Words(minutes int) (before string, number bool, after string)
}

// placeholder is a part of a template that is filled in.
type placeholder string

const (
	code    placeholder = "{code}"
	brand   placeholder = "{brand}"
	minutes placeholder = "{minutes}" // the number alone, at least 1
	left    placeholder = "{time}"    // a [Time]: built-in templates only
)

// part is a piece of a text: words, or a placeholder.
type part struct {
	words string
	fill  placeholder
	stand string // the name of the variable that a registered text has in place of the words, or ""
}

// Text is a template with its brand filled in. It may be used concurrently.
type Text struct {
	parts []part // those of the lines too
	time  Time
	lines Autofill
}

// New fills a brand into a template, which it does not check. A template may have the code more than once.
// [Text.With] appends the lines for a phone's autofill. time may be nil for a template without {time}.
func New(template, name string, time Time) Text {
	t := Text{parts: make([]part, 0, 8), time: time}
	for template != "" {
		words, fill, rest := cut(template)
		t.add(words)
		switch template = rest; fill {
		case "":
		case brand:
			t.add(name)
		default:
			t.parts = append(t.parts, part{fill: fill})
		}
	}
	return t
}

// add appends words, to the last part if that has words.
func (t *Text) add(words string) {
	if n := len(t.parts); n > 0 && t.parts[n-1].fill == "" {
		t.parts[n-1].words += words
	} else if words != "" {
		t.parts = append(t.parts, part{words: words})
	}
}

// cut returns what is before the first placeholder of a template, the placeholder, or ""
// if there is none, and what follows.
func cut(template string) (before string, fill placeholder, after string) {
	for i := range len(template) {
		if template[i] != '{' {
			continue
		}
		for _, p := range []placeholder{code, brand, minutes, left} {
			if after, ok := strings.CutPrefix(template[i:], string(p)); ok {
				return template[:i], p, after
			}
		}
	}
	return template, "", ""
}

// Write writes the text of a code. The time left is in whole minutes, rounded down, so
// that it never promises too much; {minutes} is at least 1. Only the text is allocated.
func (t Text) Write(digits string, remaining time.Duration) string {
	whole := max(0, min(int(remaining/time.Minute), maxMinutes))
	n := 0
	for _, p := range t.parts {
		n += len(p.words) + len(digits) // enough for any placeholder but a time
		if p.fill == left {
			before, _, after := t.time.Words(whole)
			n += len(before) + len(after)
		}
	}
	var b strings.Builder
	b.Grow(n)
	for _, p := range t.parts {
		switch p.fill {
		case "":
			b.WriteString(p.words)
		case code:
			b.WriteString(digits)
		case minutes:
			b.WriteString(strconv.Itoa(max(1, whole)))
		case left:
			before, number, after := t.time.Words(whole)
			b.WriteString(before)
			if number {
				b.WriteString(strconv.Itoa(whole))
			}
			b.WriteString(after)
		}
	}
	return b.String()
}

// Longest returns the size of the text that leaves the least room in one part, with a code of the most digits and any
// time left. Its Parts is 1 also where the room is below 0. It allocates nothing.
func (t Text) Longest() (least Size) {
	var fixed length
	for _, p := range t.parts {
		fixed.add(p.words)
		if p.fill == code {
			fixed.digits(maxDigits)
		}
	}
	for whole := range maxMinutes + 1 {
		l := fixed
		for _, p := range t.parts {
			switch p.fill {
			case minutes:
				l.digits(width(whole))
			case left:
				before, number, after := t.time.Words(whole)
				l.add(before)
				if number {
					l.digits(width(whole))
				}
				l.add(after)
			}
		}
		if size := l.size(); whole == 0 || size.Room() < least.Room() {
			least = size
		}
	}
	return least
}

// length is that of a text in both encodings, until it is known which one it needs.
type length struct {
	septets, units int
	wide           bool
}

func (l *length) digits(n int) { l.septets, l.units = l.septets+n, l.units+n }

func (l *length) add(words string) {
	for _, r := range words {
		n := septets(r)
		l.septets, l.units, l.wide = l.septets+n, l.units+units(r), l.wide || n == 0
	}
}

// size is the size of a text of one part.
func (l *length) size() Size {
	if l.wide {
		return Size{Units: l.units, Parts: 1, Wide: true}
	}
	return Size{Units: l.septets, Parts: 1}
}

// width is the number of digits of minutes.
func width(whole int) int {
	if whole < 10 {
		return 1
	}
	return 2
}

// TooLong is the refusal of a text that needs a second part.
type TooLong struct {
	Over  int  // units to take out
	Wide  bool // in UCS-2, because a character is not in the GSM 7-bit alphabet
	lines Autofill
}

func (e *TooLong) Error() string {
	with, most, letters, mend := "", oneGSM, "", ""
	if e.Wide {
		most, letters = oneUCS2, ", as it has letters beyond GSM 7-bit"
	}
	if form := e.lines.Form(); form != Plain {
		with = fmt.Sprintf("with %s (%d characters) ", form.lines(), e.lines.units())
		mend = " of the brand, of the site or of a text of its own, or leave out a line"
	}
	return fmt.Sprintf("%smakes a message longer than one SMS of %d characters%s: take out %d%s",
		with, most, letters, e.Over, mend)
}

// Fits refuses a text that needs a second part with a code of the most digits and any
// time left. The error is a [*TooLong].
func (t Text) Fits() error {
	if size := t.Longest(); size.Room() < 0 {
		return &TooLong{-size.Room(), size.Wide, t.lines}
	}
	return nil
}
