package inquiry

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// line makes the time line of a challenge out of the item, its counted messages, their receipts, and the facts that are
// still known. What two of them know is one moment.
type line struct {
	c        otp.Challenge
	now      time.Time
	sends    []otp.Send     // counted messages of its init, newest first
	receipts []SentMessage  // of its latest messages
	facts    []changes.Fact // of the challenge
	others   []changes.Fact // of others with its authenticationId, and of its older messages
	Line
}

// tell returns the time line, and the facts of earlier challenges under the same authenticationId.
func (l *line) tell() (Line, []Moment) {
	l.adopt()
	l.begin()
	l.count()
	l.send()
	l.report()
	l.guess()
	l.end()
	order(l.Moments)
	var earlier []Moment
	for _, f := range l.others {
		earlier = append(earlier, momentOf(f))
	}
	order(earlier)
	return l.Line, earlier
}

func (l *line) add(m Moment) { l.Moments = append(l.Moments, m) }

func (l *line) note(form string, args ...any) {
	l.Timeless = append(l.Timeless, fmt.Sprintf(form, args...))
}

// adopt takes the receipts of messages that the facts name and the challenge does not name any more.
func (l *line) adopt() {
	sent := map[string]bool{}
	for _, f := range l.facts {
		if f.Kind == changes.Sent && f.MessageID != "" {
			sent[f.MessageID] = true
		}
	}
	l.others = slices.DeleteFunc(l.others, func(f changes.Fact) bool {
		ours := f.Kind != changes.Sent && sent[f.MessageID]
		if ours {
			l.facts = append(l.facts, f)
		}
		return ours
	})
}

// of returns the facts of a kind, the oldest first.
func (l *line) of(kinds ...changes.Kind) (all []changes.Fact) {
	for _, f := range l.facts {
		if slices.Contains(kinds, f.Kind) {
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b changes.Fact) int { return a.Time.Compare(b.Time) })
	return all
}

// begin adds when the challenge was made. SentAt is that time until a message is sent again.
func (l *line) begin() {
	at := l.c.SentAt.Time()
	sent := l.of(changes.Sent)
	if len(sent) > 0 && sent[0].Time.Before(at) {
		at = sent[0].Time
	}
	again := l.c.State == otp.Delivered && len(sent) == 0 && len(l.sends) == 0 // nothing shows how often
	if n := len(l.sends); n > 0 && l.sends[n-1].At.Time().Before(at) {
		again = true
	}
	text := "The challenge was reserved"
	switch {
	case again:
		l.note("When it was reserved is not kept once its code is sent again: a moment before its first message.")
		return
	case l.c.Max == 0:
		text = "The challenge was made, and asks for a password"
	}
	l.add(Moment{At: at, Step: Reserved, Text: text})
	switch lease := l.c.Lease.Time(); {
	case l.c.State != otp.Reserved:
	case lease.After(l.now):
		l.note("A call is sending it.")
	default:
		l.note("Its call broke off before it was settled. Another init with the same id goes on with the same code.")
	}
}

// count adds when its messages were counted.
func (l *line) count() {
	for _, s := range l.sends {
		l.add(Moment{At: s.At.Time(), Step: CountedIn, Text: "A message was counted in the limits of the number"})
	}
}

// send adds when its messages were accepted. The item has the time of the latest one, and facts have those that are
// still known. Both have the time at which the call began. The message went out just after it was counted.
func (l *line) send() {
	latest := l.c.SentAt.Time()
	named := map[string]bool{}
	known := l.c.State != otp.Delivered
	for _, f := range l.of(changes.Sent) {
		named[f.MessageID] = true
		known = known || f.Time.Equal(latest)
		m := momentOf(f)
		m.At = l.wentOut(m.At)
		l.add(m)
	}
	ids := l.c.MessageIDs()
	if !known {
		id := ""
		if len(ids) > 0 {
			id = ids[0]
			named[id] = true
		}
		l.add(sentMoment(l.wentOut(latest), id, 0, l.c.Test))
	}
	if l.c.State == otp.MaybeDelivered {
		l.note("The sending service gave no clear answer: the message may have gone out, and the code is valid.")
	}
	var earlier []string
	for _, id := range ids {
		if !named[id] {
			earlier = append(earlier, id)
		}
	}
	if len(earlier) > 0 {
		l.note("Messages before that, whose times are not kept: %s.", strings.Join(earlier, ", "))
	}
}

// wentOut returns when a message went out whose call began at a time.
func (l *line) wentOut(call time.Time) time.Time {
	for _, s := range slices.Backward(l.sends) {
		if at := s.At.Time(); !at.Before(call) && at.Before(call.Add(otp.Lease)) {
			return at
		}
	}
	return call
}

// report adds receipts: those of facts, and of each message the one that holds now.
func (l *line) report() {
	type state struct {
		message string
		state   otp.MessageState
	}
	holds := map[state]bool{}
	for _, m := range l.receipts {
		if m.Receipt != nil {
			holds[state{m.ID, m.Receipt.State}] = true
			l.add(receiptMoment(m.ID, *m.Receipt))
		}
	}
	for _, f := range l.of(changes.Delivered, changes.Undelivered, changes.Blocked, changes.MessageExpired) {
		if !holds[state{f.MessageID, f.State}] {
			l.add(momentOf(f))
		}
	}
}

// guess adds the guesses. The item has their number and the time of the latest one.
func (l *line) guess() {
	known := map[int]bool{}
	facts := l.of(changes.Failed, changes.Exhausted, changes.Passed)
	// Some share a time.
	slices.SortFunc(facts, func(a, b changes.Fact) int { return *b.AttemptsLeft - *a.AttemptsLeft })
	for _, f := range facts {
		known[l.c.Max-*f.AttemptsLeft] = true
		l.add(momentOf(f))
	}
	n := l.c.Attempts
	if at := l.c.GuessedAt(); !known[n] && (n > 0 || l.c.Passed()) && l.plausible(at) {
		known[n] = true
		m := guessMoment(at.Time(), l.c.Passed(), max(0, l.c.Max-n))
		if l.c.Max == 0 {
			m.Text = "The right password was typed: the challenge passed"
		}
		l.add(m)
	}
	unknown := 0
	for i := range n {
		if !known[i+1] {
			unknown++
		}
	}
	switch {
	case unknown == 0:
	case !known[n] && l.c.Passed():
		l.note("The right code was typed, with %s in all; their times are not kept.", counted(n, "attempt"))
	default:
		l.note("%s with a wrong code: at this code, or at the one that it replaced. The times are not kept.",
			counted(unknown, "earlier attempt"))
	}
}

// plausible reports whether a guess may have been made at a time: older releases kept none, and any time stands there.
func (l *line) plausible(at otp.Millis) bool {
	const skew = time.Minute // of the clocks of two processes
	t := at.Time()
	return at != 0 && t.After(l.c.ExpiresAt.Time().Add(-otp.LongestLife-skew)) &&
		t.Before(l.c.ExpiresAt.Time().Add(skew)) && t.Before(l.now.Add(skew))
}

// end adds how the challenge ended, or until when its code is valid.
func (l *line) end() {
	c, expires := l.c, l.c.ExpiresAt.Time()
	switch {
	case c.State == otp.Failed:
		for _, f := range l.of(changes.Refused) {
			l.add(momentOf(f))
			return
		}
		f := guard.Tag(c.Guard).Figures()
		if c.Result.Over() == "" || f.Hours == 0 {
			l.add(refusedMoment(c.SentAt.Time(), c.Result, nil))
			return
		}
		l.add(refusedMoment(c.SentAt.Time(), c.Result, &f))
	case c.State == otp.Reserved, c.Passed(), c.Max > 0 && c.Attempts >= c.Max:
	case expires.After(l.now):
		text := "The code is valid until then"
		if c.Max == 0 {
			text = "The password may be typed until then"
		}
		l.add(Moment{At: expires, Step: Ended, Text: text, Future: true})
	default:
		text := "The code expired: nobody typed it in time"
		if c.Max == 0 {
			text = "The challenge expired: nobody typed the password in time"
		}
		l.add(Moment{At: expires, Step: Ended, Text: text, Tone: Warn})
	}
}
