// Package changes tells other services what happened to challenges. Every change
// of the challenges table comes by in its stream, the item before and after it;
// [Facts] says what it means, and a [Consumer] publishes the facts as events and
// clears the unanswered messages of a number whose owner typed a right code. No
// caller waits for any of this.
//
// The stream delivers each change at least once, and after a failure delivers
// again what came behind it. A fact has the same id each time: a receiver that
// keeps the ids that it has seen takes every fact once.
//
// The stream is that of DynamoDB, see package stream, or the table of changes
// that package sqlitestore keeps.
package changes

import (
	"bytes"
	"strconv"
	"time"

	"countersign/pkg/otp"
)

// Image is a challenge at one moment, as far as facts are told from it. It has
// neither the number nor a digest of the code.
type Image struct {
	Key       string
	AuthID    string
	Seed      []byte // each challenge has its own, also those that follow one another under one key
	State     otp.State
	Result    otp.Outcome
	Passed    bool   // the latest guess is the code
	Op        string // id of the verify call of the latest guess; "-" before the first
	Attempts  int
	Max       int // 0: no challenge, but the record of a call that sent one again
	SentAt    otp.Millis
	ExpiresAt otp.Millis
	Ledger    string
	Mask      string
	Client    string
	Region    string
}

// Change is one write to the table, or several in a row to one challenge.
type Change struct {
	Was, Is *Image    // before and after; nil: there was or is none
	At      time.Time // about when, by the store's clock
	Swept   bool      // with Is nil: the item was deleted because its TTL is over
}

// Facts returns what a change means, in the order in which it happened: nothing
// for most. It depends on nothing but the change. Where a change stands for
// several writes it gives the facts of all of them, with the ids that they have
// one by one; only of several messages does it know the latest.
func Facts(c Change) []Fact {
	was, is := c.Was, c.Is
	var facts []Fact
	if was != nil && over(c) && was.Max > 0 && held(*was) && !was.Passed {
		facts = append(facts, was.fact(Expired, was.ExpiresAt.Time()))
	}
	if is == nil || is.Max == 0 {
		return facts
	}
	var before Image // the same challenge
	switch {
	case was != nil && same(*was, *is):
		before = *was
	case was != nil && was.Max > 0 && was.State == otp.Failed && held(*is):
		before = *is // put back by one that took its place and was refused: told before that
	case is.Op == noOp:
		before.Attempts = is.Attempts // those that the challenge before it under its key had used
	}
	if is.State == otp.Delivered && (before.State != otp.Delivered || before.SentAt != is.SentAt) {
		f := is.fact(Sent, is.SentAt.Time(), strconv.FormatInt(int64(is.SentAt), 10))
		f.AttemptsLeft = nil // guesses may have been made before it was known to be sent
		facts = append(facts, f)
	}
	at := is.within(c.At)
	for n := before.Attempts + 1; n <= is.Attempts; n++ {
		facts = append(facts, is.guess(n, at))
	}
	if is.State == otp.Failed && before.State != otp.Failed && is.Result != otp.NoUser {
		f := is.fact(Refused, at)
		f.Reason, f.AttemptsLeft = string(is.Result), nil
		facts = append(facts, f)
	}
	return facts
}

// within returns the time nearest to t at which something can have happened to a
// challenge: t is rounded, and may be when somebody looked.
func (i Image) within(t time.Time) time.Time {
	if start := i.SentAt.Time(); t.Before(start) {
		return start
	}
	if end := i.ExpiresAt.Time(); t.After(end) {
		return end
	}
	return t
}

// guess tells what the n-th guess came to. Nothing is evaluated after the one that
// is right.
func (i Image) guess(n int, at time.Time) Fact {
	kind := Failed
	switch {
	case n == i.Attempts && i.Passed:
		kind = Passed
	case n >= i.Max:
		kind = Exhausted
	}
	f := i.fact(kind, at, strconv.Itoa(n))
	f.leave(i.Max - n)
	return f
}

// noOp is the Op of a challenge that nobody has guessed at.
const noOp = "-"

// over reports whether a change ends the challenge that was there for lack of
// time: its item is swept, or it makes room for the next one under its key.
func over(c Change) bool {
	if c.Is == nil {
		return c.Swept
	}
	return !same(*c.Was, *c.Is) && c.Was.ExpiresAt <= c.Is.SentAt
}

// same reports whether two images under one key are of one challenge.
func same(a, b Image) bool { return bytes.Equal(a.Seed, b.Seed) }

// held reports whether somebody may have got the code.
func held(i Image) bool { return i.State == otp.Delivered || i.State == otp.MaybeDelivered }
