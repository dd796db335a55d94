package otp

import "time"

// Limits bound the messages to one number. Windows slide and are exact: if a window
// allows n messages in d, the first and the last of any n+1 messages are at least d
// apart.
type Limits struct {
	Windows []Window
	// So many Unanswered messages in a row pause the number until Pause has passed
	// since the last one. With 0 there is no pause, and they are not counted.
	Unanswered int
	Pause      time.Duration
}

// Window allows Sends messages in any period of length In.
type Window struct {
	Sends    int
	In       time.Duration
	Cooldown bool // it is the time between two messages, so its refusal is TooSoon
}

// Limits returns the policy's limits per number.
func (p Policy) Limits() Limits {
	return Limits{
		Windows: []Window{
			{Sends: 1, In: p.Cooldown, Cooldown: true},
			{Sends: p.PerHour, In: time.Hour},
			{Sends: p.PerDay, In: 24 * time.Hour},
		},
		Unanswered: p.Unanswered,
		Pause:      p.Pause,
	}
}

// Depth returns how many of the latest sends the limits depend on.
func (l Limits) Depth() int {
	n := 0
	for _, w := range l.Windows {
		n = max(n, w.Sends)
	}
	return n
}

// Trim returns how many of n sends a ledger keeps after a send was counted. Mostly it
// keeps all: dropping costs a write, so ten are dropped at once. It keeps two more
// than the limits depend on, so that after a refund none is missing in a window.
func (l Limits) Trim(n int) int {
	if depth := l.Depth(); n >= depth+12 {
		return depth + 2
	}
	return n
}

// Refusal returns why a send at now is refused, and for how long. The outcome is "" if
// no limit refuses it. If both the cooldown and another limit refuse it, the outcome
// is that of the other limit. The wait is always the longest.
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
