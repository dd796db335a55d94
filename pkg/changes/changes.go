// Package changes follows the challenges and receipts of a store. The store's stream has every
// change, with the item before and after it. [Facts] derives the facts from a change. A
// [Consumer] publishes them as events, and clears the unanswered messages of a number
// whose owner typed a right code. No caller waits for any of this.
//
// The stream delivers each change at least once, and after a failure delivers the later
// ones again. A fact has the same id each time: a receiver that keeps the ids that it
// has seen takes every fact once.
//
// The stream is that of DynamoDB, see package stream, or the table of changes in the
// file of package sqlitestore.
package changes

import (
	"bytes"
	"strconv"
	"time"

	"countersign/pkg/otp"
)

// Change is one write to a challenge or a receipt, or several in a row.
type Change struct {
	// Was and Is are the challenge before and after; nil: there was or is none. Only
	// the fields that [otp.ChallengeFields] calls Followed need to be set.
	Was, Is *otp.Challenge
	At      time.Time // about when, by the store's clock
	Swept   bool      // with Is nil: the item was deleted because its TTL is over

	// WasReceipt and Receipt are the receipt of a message before and after, instead of a
	// challenge. WasReceipt may be nil if the one before was of another state.
	WasReceipt, Receipt *otp.Receipt

	// Record is the sequence number of the change, a decimal one, and First that of the first change that was read
	// with it, see [guard.Mark]. A reader that fails goes on with the same first change. First is "" where the reader
	// finishes each change once.
	First, Record string
}

// Facts returns the facts that follow from a change, in the order in which they happened.
// Most changes have none. It depends on nothing but the change. If a change stands for
// several writes, it returns the facts of all of them, with the same ids as from the single
// writes. It has one exception: of several messages it returns the latest.
func Facts(c Change) []Fact {
	if c.Receipt != nil {
		return received(c.WasReceipt, c.Receipt)
	}
	facts := challenged(c)
	for i := range facts {
		facts[i].record = c.Record
		for j := range facts[i].credits {
			facts[i].credits[j].From, facts[i].credits[j].Record = c.First, c.Record
		}
	}
	return facts
}

// challenged returns the facts that follow from a change of a challenge.
func challenged(c Change) []Fact {
	was, is := c.Was, c.Is
	var facts []Fact
	if was != nil && ends(c) && !isRecord(was) && held(was) && !was.Passed() {
		f := newFact(was, Expired, was.ExpiresAt.Time())
		f.messages = judged(was)
		facts = append(facts, f)
	}
	if is == nil || isRecord(is) {
		return facts
	}
	var before otp.Challenge // the same challenge
	switch {
	case was != nil && same(was, is):
		before = *was
	case was != nil && !isRecord(was) && was.State == otp.Failed && held(is):
		before = *is // restored after its replacement was refused; its facts are already out
	case is.Op == noOp:
		before.Attempts = is.Attempts // used on the challenge that it replaced
	}
	if is.State == otp.Delivered && (before.State != otp.Delivered || before.SentAt != is.SentAt) {
		f := newFact(is, Sent, is.SentAt.Time(), strconv.FormatInt(int64(is.SentAt), 10))
		f.AttemptsLeft = nil // guesses may have come before the result of the sending
		if ids := is.MessageIDs(); len(ids) > 0 && !bytes.Equal(before.Messages, is.Messages) {
			f.MessageID = ids[0] // else the message has no id, and the latest one is of an earlier message
		}
		if !is.Test {
			f.Parts = 1 // no text has a second part, see languages.For
		}
		f.credits = watched(is)
		facts = append(facts, f)
	}
	at := within(is, c.At)
	for n := before.Attempts + 1; n <= is.Attempts; n++ {
		facts = append(facts, guess(is, n, at))
	}
	if is.State == otp.Failed && before.State != otp.Failed && is.Result != otp.NoUser {
		f := newFact(is, Refused, at)
		f.Reason, f.AttemptsLeft = string(is.Result), nil
		f.Guard, f.credits = figures(is), refusals(is)
		facts = append(facts, f)
	}
	return facts
}

// isRecord reports whether c is the record of a re-send and not a challenge: it allows
// no guess.
func isRecord(c *otp.Challenge) bool { return c.Max == 0 }

// within returns t, or the nearest time between the message and the expiry of a challenge. A
// store rounds t, or sets it to the time at which it reads the change.
func within(c *otp.Challenge, t time.Time) time.Time {
	if start := c.SentAt.Time(); t.Before(start) {
		return start
	}
	if end := c.ExpiresAt.Time(); t.After(end) {
		return end
	}
	return t
}

// guess returns the fact of the n-th guess. The right guess is always the last one.
func guess(c *otp.Challenge, n int, at time.Time) Fact {
	kind := Failed
	switch {
	case n == c.Attempts && c.Passed():
		kind = Passed
	case n >= c.Max:
		kind = Exhausted
	}
	f := newFact(c, kind, at, strconv.Itoa(n))
	f.leave(c.Max - n)
	if kind == Passed {
		f.answer, f.credits = answer(c, at), credits(c)
		f.messages = judged(c)
		f.messages = f.messages[:min(1, len(f.messages))] // of several, the person may have got the latest only
	}
	return f
}

// judged returns the ids of the messages about which a right code, or its absence, is a verdict.
// A code that the client chose is known to others, and the client may never ask about it.
func judged(c *otp.Challenge) []string {
	if c.Chosen {
		return nil
	}
	return c.MessageIDs()
}

// answer returns what a right code changes for its number. A code that the client chose, or the operator for a test
// number, makes neither its source nor its number known: no phone is needed to type it.
func answer(c *otp.Challenge, at time.Time) otp.Answer {
	a := otp.Answer{Ledger: c.LedgerKey}
	if c.Chosen {
		return a
	}
	a.Source = c.Source
	if !c.Test {
		a.At = otp.MillisOf(at)
	}
	return a
}

// noOp is the Op of a challenge that nobody has guessed at.
const noOp = "-"

// ends reports whether a change ends a challenge that has expired: TTL deletes its item, or
// the next challenge replaces it under its key.
func ends(c Change) bool {
	if c.Is == nil {
		return c.Swept
	}
	return !same(c.Was, c.Is) && c.Was.ExpiresAt <= c.Is.SentAt
}

// same reports whether both are states of one challenge. Each challenge has its own seed,
// also if several follow each other under one key.
func same(a, b *otp.Challenge) bool { return bytes.Equal(a.Seed, b.Seed) }

// held reports whether a person may have the code.
func held(c *otp.Challenge) bool { return c.State == otp.Delivered || c.State == otp.MaybeDelivered }
