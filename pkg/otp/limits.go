package otp

import "time"

// Limits bound the messages to one number. A window of n in d is exact and
// slides: among any n+1 messages, the first and the last are more than d apart
// or exactly d.
type Limits struct {
	Windows []Window
	// Unanswered messages in a row pause the number until Pause has passed
	// since the last message. With 0 they neither do so nor are they counted.
	Unanswered int
	Pause      time.Duration
}

// Window allows Sends messages in any period of length In.
type Window struct {
	Sends    int
	In       time.Duration
	Cooldown bool // says how soon the next message may go, and not how many
}

// Limits returns the policy's limits per number.
func (p Policy) Limits() Limits {
	return Limits{
		Windows:    []Window{{Sends: 1, In: p.Cooldown, Cooldown: true}, {Sends: p.PerHour, In: time.Hour}, {Sends: p.PerDay, In: 24 * time.Hour}},
		Unanswered: p.Unanswered,
		Pause:      p.Pause,
	}
}

// Depth is how many of the latest sends the limits look at.
func (l Limits) Depth() int {
	n := 0
	for _, w := range l.Windows {
		n = max(n, w.Sends)
	}
	return n
}

// Trim says how many of n sends a ledger keeps after a send was counted. It is n
// most of the time: dropping costs a write, so ten go at once. Two more than the
// limits look at stay, so that a refund brings no forgotten send back into a
// window.
func (l Limits) Trim(n int) int {
	if depth := l.Depth(); n >= depth+12 {
		return depth + 2
	}
	return n
}

// Refusal says why a send at now is refused and how long it stays so. The
// outcome is "" when no limit speaks against it. Where the cooldown and another
// limit both refuse, it is the other that is named; the wait is always the longest.
func (l Limits) Refusal(n Ledger, now Millis) (Outcome, time.Duration) {
	var why Outcome
	var until Millis
	for _, w := range l.Windows {
		if len(n.Sends) < w.Sends {
			continue
		}
		free := n.Sends[w.Sends-1].At.Add(w.In)
		if free <= now {
			continue
		}
		if until = max(until, free); !w.Cooldown {
			why = TooMany
		} else if why == "" {
			why = TooSoon
		}
	}
	if l.Unanswered > 0 && n.Unanswered >= l.Unanswered && len(n.Sends) > 0 {
		if free := n.Sends[0].At.Add(l.Pause); free > now {
			why, until = TooMany, max(until, free)
		}
	}
	if why == "" {
		return "", 0
	}
	return why, until.Sub(now)
}
