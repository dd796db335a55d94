package inquiry

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// Line is a time line.
type Line struct {
	Moments []Moment // the oldest first
	// Timeless is what is known without a time, in words.
	Timeless []string
}

// Moment is one thing that happened, or will.
type Moment struct {
	At     time.Time
	Step   Step
	Text   string   // what happened, in words
	More   []string // what is known about it, in words
	Tone   Tone
	Future bool
}

// Step is the kind of a moment. Moments of the same time are in the order of their steps.
type Step int

// The steps of a challenge's life.
const (
	Reserved Step = iota
	CountedIn
	Refused
	Sent
	Reported
	Guessed
	Passed
	Ended
)

// Tone is whether a moment is good or bad news for the person who waits for the code.
type Tone string

// The tones.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
)

// order sorts moments by their times.
func order(all []Moment) {
	slices.SortStableFunc(all, func(a, b Moment) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Step, b.Step))
	})
}

// momentOf returns a fact as a moment.
func momentOf(f changes.Fact) Moment {
	m := Moment{At: f.Time, Step: Reported}
	switch f.Kind {
	case changes.Sent:
		m = sentMoment(f.Time, f.MessageID, f.Parts, f.Test)
	case changes.Failed, changes.Exhausted, changes.Passed:
		left := 0
		if f.AttemptsLeft != nil {
			left = *f.AttemptsLeft
		}
		m = guessMoment(f.Time, f.Kind == changes.Passed, left)
	case changes.Expired:
		m.Step, m.Text, m.Tone = Ended, "The code expired: nobody typed it in time", Warn
	case changes.Refused:
		m = refusedMoment(f.Time, otp.Outcome(f.Reason), f.Guard)
	case changes.Unreadable:
		m.Text, m.More, m.Tone = "A record of the stream cannot be read", []string{f.Reason}, Bad
	default:
		m = receiptMoment(f.MessageID, Receipt{
			State: f.State, Reason: otp.Reason(f.Reason), Description: f.Description, At: f.Time, Country: f.Region,
			Network: f.Network, Parts: f.Parts, PriceUSD: f.PriceUSD,
		})
	}
	return m
}

// FactWords returns what happened in words, and its tone.
func FactWords(f changes.Fact) (text string, more []string, tone Tone) {
	m := momentOf(f)
	return m.Text, m.More, m.Tone
}

func sentMoment(at time.Time, id string, parts int, test bool) Moment {
	m := Moment{At: at, Step: Sent, Text: "The message was sent", Tone: Good}
	if test {
		m.Text = "The code is ready; no message goes to a test number"
	}
	if id != "" {
		m.More = append(m.More, "message "+id)
	}
	if parts > 0 {
		m.More = append(m.More, counted(parts, "part"))
	}
	return m
}

// guessMoment returns a guess, after which so many are left.
func guessMoment(at time.Time, right bool, left int) Moment {
	m := Moment{At: at, Step: Guessed, Text: "A wrong code was typed", Tone: Warn, More: []string{attempts(left)}}
	switch {
	case right:
		m.Step, m.Text, m.Tone, m.More = Passed, "The right code was typed: the challenge passed", Good, nil
	case left == 0:
		m.Text, m.Tone = "A wrong code was typed on the last attempt: the challenge is locked", Bad
		m.More = []string{"Not even the right code passes now."}
	}
	return m
}

func attempts(left int) string { return counted(left, "attempt") + " left" }

func refusedMoment(at time.Time, reason otp.Outcome, f *guard.Figures) Moment {
	words := cmp.Or(UnsentWords(reason), string(reason))
	m := Moment{At: at, Step: Refused, Text: "Refused: " + words, Tone: Bad, More: []string{"reason " + string(reason)}}
	if f != nil {
		m.More = append(m.More, fmt.Sprintf("In the 24 hours before, %s to new numbers had no answer, and %d had one; "+
			"%d without an answer are allowed.", counted(f.Unanswered, "message"), f.Answered, f.Allowance),
			"There is room again in "+counted(f.Hours, "hour")+", if nobody sends or answers.")
	}
	return m
}

// receiptMoment returns a receipt.
func receiptMoment(id string, r Receipt) Moment {
	m := Moment{At: r.At, Step: Reported, Tone: ReceiptTone(r.State)}
	switch r.State {
	case otp.MessageDelivered:
		m.Text = "The message was delivered"
	case otp.MessageBlocked:
		m.Text = "The message was blocked"
	case otp.MessageExpired:
		m.Text = "The message expired before it arrived"
	case otp.MessageUndeliverable:
		m.Text = "The message cannot be delivered, nor can a further one"
	default:
		m.Text = "The message was not delivered; a further one may arrive"
	}
	m.Text += ": " + r.Description
	if id != "" {
		m.More = append(m.More, "message "+id)
	}
	if r.Network != "" {
		m.More = append(m.More, "network "+r.Network)
	}
	if r.Parts > 0 {
		m.More = append(m.More, counted(r.Parts, "part"))
	}
	if r.PriceUSD > 0 {
		m.More = append(m.More, fmt.Sprintf("%g USD", r.PriceUSD))
	}
	return m
}

// ReceiptTone returns the tone of a message's state.
func ReceiptTone(state otp.MessageState) Tone {
	switch state {
	case otp.MessageDelivered:
		return Good
	case otp.MessageUndeliverable, otp.MessageBlocked:
		return Bad
	}
	return Warn
}

// counted is a number with what it counts.
func counted(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprint(n, " ", of, "s")
}
