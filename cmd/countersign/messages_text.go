package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/pkg/otp"
)

// lives is the JSON of the command messages.
type lives struct {
	Challenges []life    `json:"challenges"`
	Others     []counted `json:"others"`
	Notes      []string  `json:"notes"`
}

// life is what became of a challenge and of its messages.
type life struct {
	Client    string        `json:"client"`
	AuthID    string        `json:"authenticationId"`
	Number    string        `json:"number"` // masked
	Country   string        `json:"country,omitempty"`
	Test      bool          `json:"test,omitzero"`
	State     string        `json:"state"`
	Reason    string        `json:"reason,omitempty"`
	Sending   otp.State     `json:"sending"`
	Attempts  int           `json:"attempts"`
	Allowed   int           `json:"attemptsAllowed"`
	ExpiresAt time.Time     `json:"expiresAt"`
	SentAt    time.Time     `json:"sentAt,omitzero"` // of the latest message
	Counted   []time.Time   `json:"counted"`         // without re-sends, newest first
	Messages  []sentMessage `json:"messages"`        // newest first
}

// sentMessage is a message that the provider accepted.
type sentMessage struct {
	ID      string   `json:"id"`
	Receipt *receipt `json:"receipt,omitempty"`
}

// receipt is what the provider reported about a message.
type receipt struct {
	State       otp.MessageState `json:"state"`
	Reason      otp.Reason       `json:"reason"`
	Description string           `json:"description"`
	At          time.Time        `json:"at"`
	Country     string           `json:"country,omitempty"`
	Network     string           `json:"network,omitempty"`
	Parts       int              `json:"parts,omitzero"`
	PriceUSD    float64          `json:"priceUSD,omitzero"`
}

// counted is a message that is counted, and that no challenge names.
type counted struct {
	Client string    `json:"client"`
	At     time.Time `json:"at"`
}

// States of a challenge besides the outcomes used, expired and locked.
const (
	pending = "pending"
	unsent  = "unsent"
	live    = "live"
)

// lifeOf returns a challenge without its messages.
func lifeOf(c otp.Challenge, now time.Time) life {
	l := life{
		Client: c.Client, AuthID: c.AuthID, Number: c.Mask, Country: c.Region, Test: c.Test,
		State: live, Sending: c.State, Attempts: c.Attempts, Allowed: c.Max, ExpiresAt: c.ExpiresAt.Time(),
		Counted: []time.Time{}, Messages: []sentMessage{},
	}
	switch ended := c.Ended(otp.MillisOf(now)); {
	case c.State == otp.Failed:
		l.State, l.Reason = unsent, string(c.Result)
	case c.State == otp.Reserved:
		l.State = pending
	case ended != "":
		l.State = string(ended)
	}
	if c.State == otp.Delivered {
		l.SentAt = c.SentAt.Time()
	}
	return l
}

// receiptOf returns a receipt as it is printed, nil for none.
func receiptOf(r *otp.Receipt) *receipt {
	if r == nil {
		return nil
	}
	return &receipt{
		State: r.State(), Reason: r.Reason, Description: r.Reason.Words(), At: r.At.Time(), Country: r.Region,
		Network: r.Network, Parts: r.Parts, PriceUSD: float64(r.Price) / 1e6,
	}
}

// note adds a note, once.
func (l *lives) note(text string) {
	if !slices.Contains(l.Notes, text) {
		l.Notes = append(l.Notes, text)
	}
}

// noteReceipts adds why a message has no receipt.
func (l *lives) noteReceipts(of life) {
	switch {
	case of.Sending != otp.Delivered || of.Test:
	case len(of.Messages) == 0:
		l.note("A message without an id has no receipt: an older version or another service sent it.")
	case slices.ContainsFunc(of.Messages, func(m sentMessage) bool { return m.Receipt == nil }):
		l.note("A receipt comes within seconds or up to three days later, where receipts are on: see docs/messages.md.")
	}
}

// text is the answer for people.
func (l lives) text() string {
	var parts []string
	for _, one := range l.Challenges {
		parts = append(parts, columns(one.rows()...))
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

// rows are the lines of a challenge.
func (l life) rows() [][]string {
	number := l.Number
	if l.Country != "" {
		number += ", " + l.Country
	}
	rows := [][]string{
		{"challenge", l.AuthID}, {"client", quoted(l.Client)}, {"number", number}, {"code", l.code()},
	}
	if l.Test {
		return append(rows, []string{"messages", "none: it is a test number"})
	}
	rows = append(rows, []string{"counted (UTC)", l.counts()}, []string{"sent (UTC)", l.sent()})
	for _, m := range l.Messages {
		rows = append(rows, []string{"message", m.ID})
		for _, line := range m.Receipt.lines() {
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
	case pending:
		return "not sent yet, or its call broke off"
	case unsent:
		return "not sent: " + unsentWords(l.Reason)
	case live:
		return "valid until " + until + ", " + attempts
	case string(otp.Expired):
		return "expired at " + until + ", " + attempts
	case string(otp.Used):
		return "the right one was typed, " + attempts
	}
	return l.State + ", " + attempts
}

// unsentWords is the reason why no message was sent.
func unsentWords(reason string) string {
	words := map[otp.Outcome]string{
		otp.TooSoon:       "the latest message to the number was a moment before",
		otp.TooMany:       "a limit of messages to the number refused it",
		otp.Undeliverable: "the service refused the message, or the user has no address",
		otp.BadNumber:     "the number in the user's record is not possible",
		otp.Barred:        "the client may not send to the number in the user's record",
		otp.OverBlock:     "too many messages to the block of the number were not answered",
		otp.OverCountry:   "too many messages to the country were not answered",
		otp.OverClient:    "too many messages to countries without a history were not answered",
		otp.OverSource:    "too many messages for the source were not answered",
		otp.OperatorBlock: "the operator blocked the country or the numbers",
		otp.BadToken:      "the user's token is unknown, revoked or expired",
		otp.NoUser:        "the user does not exist",
		otp.Blocked:       "the user may not sign in",
	}[otp.Outcome(reason)]
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

// lines are a receipt in words.
func (r *receipt) lines() []string {
	if r == nil {
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
