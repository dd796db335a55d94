package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/pkg/inquiry"
	"countersign/pkg/otp"
)

// lives is the JSON of the command messages.
type lives struct {
	inquiry.Lives
	Notes []string `json:"notes"`
}

// livesOf adds notes to what was found.
func livesOf(found inquiry.Lives) lives {
	l := lives{Lives: found}
	for _, one := range l.Challenges {
		l.noteReceipts(one)
	}
	return l
}

// note adds a note, once.
func (l *lives) note(text string) {
	if !slices.Contains(l.Notes, text) {
		l.Notes = append(l.Notes, text)
	}
}

// noteReceipts adds why a message has no receipt.
func (l *lives) noteReceipts(of inquiry.Life) {
	switch {
	case of.Sending != otp.Delivered || of.Test:
	case len(of.Messages) == 0:
		l.note("A message without an id has no receipt: an older version or another service sent it.")
	case slices.ContainsFunc(of.Messages, func(m inquiry.SentMessage) bool { return m.Receipt == nil }):
		l.note("A receipt comes within seconds or up to three days later, where receipts are on: see docs/messages.md.")
	}
}

// text is the answer for people.
func (l lives) text() string {
	var parts []string
	for _, one := range l.Challenges {
		parts = append(parts, columns(life{one}.rows()...))
	}
	if len(l.Others) > 0 {
		rows := [][]string{{"counted (UTC)", "client"}}
		for _, o := range l.Others {
			rows = append(rows, []string{o.At.Format(time.DateTime), quoted(o.Client)})
		}
		const title = "Also counted: re-sends, and messages whose challenge is deleted or replaced by a later one:\n"
		parts = append(parts, title+columns(rows...))
	}
	if len(l.Notes) > 0 {
		parts = append(parts, strings.Join(l.Notes, "\n")+"\n")
	}
	return strings.Join(parts, "\n")
}

// life is a challenge in words.
type life struct{ inquiry.Life }

// rows are the lines of a challenge.
func (l life) rows() [][]string {
	number := l.Number
	if l.Country != "" {
		number += ", " + l.Country
	}
	rows := [][]string{
		{"challenge", l.AuthID}, {"client", quoted(l.Client)}, {"number", number},
	}
	if l.Password {
		return append(rows, []string{"password", l.password()}, []string{"messages", "none: it asks for a password"})
	}
	rows = append(rows, []string{"code", l.code()})
	if l.Test {
		return append(rows, []string{"messages", "none: it is a test number"})
	}
	rows = append(rows, []string{"counted (UTC)", l.counts()}, []string{"sent (UTC)", l.sent()})
	for _, m := range l.Messages {
		rows = append(rows, []string{"message", m.ID})
		for _, line := range (reported{m.Receipt}).lines() {
			rows = append(rows, []string{"", line})
		}
	}
	return rows
}

// code is the state of a challenge in words.
func (l life) code() string {
	attempts := fmt.Sprintf("%d of %d attempts", l.Attempts, l.Allowed)
	until := l.ExpiresAt.Format(time.DateTime)
	switch l.State {
	case inquiry.Pending:
		return "not sent yet, or its call broke off"
	case inquiry.Unsent:
		return "not sent: " + unsentWords(l.Reason)
	case inquiry.Live:
		return "valid until " + until + ", " + attempts
	case string(otp.Expired):
		return "expired at " + until + ", " + attempts
	case string(otp.Used):
		return "the right one was typed, " + attempts
	}
	return l.State + ", " + attempts
}

// password is the state of a challenge that asks for one, in words.
func (l life) password() string {
	until := l.ExpiresAt.Format(time.DateTime)
	switch l.State {
	case inquiry.Asks:
		return "may be typed until " + until
	case inquiry.Unsent:
		return "refused: " + unsentWords(l.Reason)
	case string(otp.Expired):
		return "expired at " + until
	}
	return "the right one was typed"
}

// unsentWords is the reason why no message was sent.
func unsentWords(reason string) string {
	words := inquiry.UnsentWords(otp.Outcome(reason))
	if words == "" {
		return reason
	}
	return words + " (" + reason + ")"
}

// counts are the times at which the challenge's messages were counted.
func (l life) counts() string {
	if len(l.Counted) == 0 {
		return "-"
	}
	texts := make([]string, len(l.Counted))
	for i, at := range l.Counted {
		texts[i] = at.Format(time.DateTime)
	}
	return strings.Join(texts, ", ")
}

// sent is when the service accepted the latest message.
func (l life) sent() string {
	switch l.Sending {
	case otp.Delivered:
		text := l.SentAt.Format(time.DateTime)
		switch n := len(l.Messages); {
		case n >= otp.MaxMessages:
			text += fmt.Sprintf(", the latest of %d or more", n)
		case n > 1:
			text += fmt.Sprintf(", the latest of %d", n)
		}
		return text
	case otp.MaybeDelivered:
		return "unclear: the service gave no clear answer"
	}
	return "-"
}

// reported is a receipt in words, nil for none.
type reported struct{ *inquiry.Receipt }

// lines are those of the receipt.
func (r reported) lines() []string {
	if r.Receipt == nil {
		return []string{"no receipt yet"}
	}
	lines := []string{string(r.State) + " " + r.At.Format(time.DateTime) + ": " + r.Description}
	var more []string
	for _, text := range []string{r.Country, network(r.Network), parts(r.Parts), price(r.PriceUSD)} {
		if text != "" {
			more = append(more, text)
		}
	}
	if more != nil {
		lines = append(lines, strings.Join(more, ", "))
	}
	return lines
}

func network(codes string) string {
	if codes == "" {
		return ""
	}
	return "network " + codes
}

func parts(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 part"
	}
	return fmt.Sprint(n, " parts")
}

func price(usd float64) string {
	if usd == 0 {
		return ""
	}
	return fmt.Sprintf("%g USD", usd)
}
