package main

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/inquiry"
	"countersign/pkg/otp"
)

// TestLives: each state of a challenge has its own words, and its own value in JSON.
func TestLives(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	later, before := otp.MillisOf(now.Add(time.Minute)), otp.MillisOf(now.Add(-time.Minute))
	code, other := []byte("code"), []byte("other")
	sent := otp.Challenge{State: otp.Delivered, ExpiresAt: later}
	expired, locked, used := sent, sent, sent
	expired.ExpiresAt, locked.Attempts = before, 5
	used.ExpiresAt, used.Attempts, used.Guess = before, 2, code
	limited := otp.Challenge{State: otp.Failed, Result: otp.TooMany}
	for name, c := range map[string]struct {
		challenge   otp.Challenge
		state, want string
	}{
		"reserved":  {otp.Challenge{State: otp.Reserved}, inquiry.Pending, "not sent yet, or its call broke off"},
		"live":      {sent, inquiry.Live, "valid until 2026-11-27 09:01:00, 0 of 5 attempts"},
		"unclear":   {otp.Challenge{State: otp.MaybeDelivered, ExpiresAt: later}, inquiry.Live, "gave no clear answer"},
		"expired":   {expired, "expired", "expired at 2026-11-27 08:59:00"},
		"locked":    {locked, "locked", "locked, 5 of 5 attempts"},
		"used":      {used, "used", "the right one was typed, 2 of 5 attempts"},
		"limited":   {limited, inquiry.Unsent, "not sent: a limit of messages to the number refused it (too_many)"},
		"new words": {otp.Challenge{State: otp.Failed, Result: "newer"}, inquiry.Unsent, "not sent: newer"},
	} {
		c.challenge.Max, c.challenge.Code = 5, code
		if c.challenge.Guess == nil {
			c.challenge.Guess = other
		}
		l := life{inquiry.LifeOf(c.challenge, now)}
		if text := columns(l.rows()...); l.State != c.state || !strings.Contains(text, c.want) {
			t.Errorf("%s: %s, want %s and %q in\n%s", name, l.State, c.state, c.want, text)
		}
		if no := c.state == inquiry.Unsent; no && l.Reason != string(c.challenge.Result) || !no && l.Reason != "" {
			t.Errorf("%s: the reason is %q", name, l.Reason)
		}
	}
}

// TestLivesOfPasswords: a challenge that asks for a password has neither a code nor messages.
func TestLivesOfPasswords(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	asks := otp.Challenge{
		State: otp.Asked, ExpiresAt: otp.MillisOf(now.Add(time.Minute)),
		Code: []byte("code"), Guess: []byte("other"),
	}
	asks.Mask = "+60*****6789"
	expired, used, refused := asks, asks, asks
	expired.ExpiresAt, used.Guess = otp.MillisOf(now), asks.Code
	refused.State, refused.Result = otp.Failed, otp.NoPassword
	for _, c := range []struct {
		challenge   otp.Challenge
		state, want string
	}{
		{asks, inquiry.Asks, "may be typed until 2026-11-27 09:01:00\n"},
		{expired, "expired", "expired at 2026-11-27 09:00:00\n"},
		{used, "used", "the right one was typed\n"},
		{refused, inquiry.Unsent,
			"refused: the number has no user with such a password who may sign in (no_password)\n"},
	} {
		l := life{inquiry.LifeOf(c.challenge, now)}
		text := columns(l.rows()...)
		if l.State != c.state || !l.Password || !strings.Contains(text, "\npassword   "+c.want+"messages   none: ") ||
			strings.Contains(text, "code") || strings.Contains(text, "attempts") {
			t.Errorf("%s, want %s and %q in\n%s", l.State, c.state, c.want, text)
		}
	}
}

// TestWordsOfReceipts: a receipt of each reason has its state and its reason in words, and what the service named.
func TestWordsOfReceipts(t *testing.T) {
	for _, reason := range otp.Reasons() {
		region := otp.Reported{Region: "MY"}
		r := reported{inquiry.ReceiptOf(&otp.Receipt{Reason: reason, Reported: region, Parts: 2, Price: 68_400})}
		got := strings.Join(r.lines(), "\n")
		want := string(reason.State()) + " 1970-01-01 00:00:00: " + reason.Words() + "\nMY, 2 parts, 0.0684 USD"
		if got != want || r.Description == "" {
			t.Errorf("%s: %q, want %q", reason, got, want)
		}
	}
	if got := (reported{nil}).lines(); len(got) != 1 || got[0] != "no receipt yet" {
		t.Errorf("without a receipt: %q", got)
	}
}

// TestMessagesShowEvents: the rows of a challenge, with a code or a password, have each text that its events carry.
func TestMessagesShowEvents(t *testing.T) {
	var c otp.Challenge
	for _, part := range []any{&c.Reported, &c.Marks} {
		for field, v := range reflect.ValueOf(part).Elem().Fields() {
			if v.Kind() == reflect.String {
				v.SetString("canary-" + field.Name)
			}
		}
	}
	for _, c.State = range []otp.State{otp.Delivered, otp.Asked} {
		rows := columns(life{inquiry.LifeOf(c, time.Unix(0, 0))}.rows()...)
		for _, part := range []any{c.Reported, c.Marks} {
			for field, v := range reflect.ValueOf(part).Fields() {
				if v.Kind() == reflect.String && !strings.Contains(rows, v.String()) {
					t.Errorf("%s is not in the rows of a challenge, %s: set it in LifeOf of pkg/inquiry/life.go, "+
						"and add a row in cmd/countersign/messages_text.go", field.Name, c.State)
				}
			}
		}
	}
}

// TestMessagesHelpNamesMembers: the help has the name of each member of the JSON.
func TestMessagesHelpNamesMembers(t *testing.T) {
	help := new(messages).Help()
	for _, part := range []any{
		inquiry.Lives{}, inquiry.Life{}, inquiry.SentMessage{}, inquiry.Receipt{}, inquiry.Counted{},
	} {
		for field := range reflect.TypeOf(part).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !regexp.MustCompile(`\b` + name + `\b`).MatchString(help) {
				t.Errorf("%s of %T is not in the help of countersign messages: name it in Help of "+
					"cmd/countersign/messages.go", name, part)
			}
		}
	}
}
