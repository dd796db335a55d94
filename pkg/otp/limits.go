package otp

import (
	"slices"
	"time"
)

// Limits bound the messages to one number. Windows slide and are exact: if a window
// allows n messages in d, the first and the last of any n+1 messages are at least d
// apart.
type Limits struct {
	Windows []Window
	// Uncounted: the send does not count as unanswered. So it is for a newer ledger while
	// the number key is rotated, and for the ledger of all clients.
	Uncounted bool
}

// Window allows Sends messages in any period of length In.
type Window struct {
	Sends    int
	In       time.Duration
	Cooldown bool // it is the time between two messages, so its refusal is TooSoon
	// From is the number of unanswered messages in a row from which on the window
	// applies. 0: always.
	From int
	// Reserve: the window applies only to a ledger that knows a source. What it leaves of
	// another window is reserved for known sources.
	Reserve bool
}

// LongestLife is the longest life of a code in any contract.
const LongestLife = 30 * time.Minute

// day is the period of [Policy].PerDay. It is longer than a day by the life of a code, so
// that a day has no guesses at more codes than PerDay: a code that was sent before the
// day, and kept for it, is in the same period as all that are sent in the day.
const day = 24*time.Hour + LongestLife

const (
	// few messages go through in each pause of a number that does not answer.
	few = 3
	// reserved messages of a day are for known sources, but no more than half of them.
	reserved = 3
	// firstPause of a number. Each further one is twice as long.
	firstPause = time.Hour
)

// Limits returns the policy's limits per number, for whoever is not known to have the
// number.
func (p Policy) Limits() Limits {
	windows := append(p.ordinary(), Window{Sends: p.PerDay - p.reserve(), In: day, Reserve: true})
	return Limits{Windows: p.pauses(windows)}
}

// KnownLimits returns the policy's limits per number, for a source from which a right
// code came before. Strangers cannot use them up: they get few messages in a pause, and
// outside of it all but the reserve.
//
// The last window bounds the messages to a number that does not answer anybody. Where it
// begins, strangers cannot have had more than few messages in the 24 hours before.
func (p Policy) KnownLimits() Limits {
	windows, pauses := p.ordinary(), p.pauses(nil)
	if p.Pause >= 24*time.Hour {
		from := pauses[len(pauses)-1].From + few
		windows = append(windows, Window{Sends: few + p.reserve(), In: 24 * time.Hour, From: from})
	}
	return Limits{Windows: windows}
}

// usualWindows is the number of windows of the default policy.
const usualWindows = 10

// ordinary returns the windows that hold for everybody. The first one stays if the cooldown
// is 0: it refuses a send before the newest one, which a host counted whose clock is ahead.
func (p Policy) ordinary() []Window {
	return append(make([]Window, 0, usualWindows),
		Window{Sends: 1, In: p.Cooldown, Cooldown: true},
		Window{Sends: p.PerHour, In: time.Hour},
		Window{Sends: p.PerDay, In: day},
	)
}

// reserve returns how many of the messages of a day are reserved for known sources.
func (p Policy) reserve() int { return min(reserved, p.PerDay/2) }

// pauses appends the windows of a number that does not answer. The first pause lets few
// messages through in an hour. After as many, the next one is twice as long, up to Pause.
func (p Policy) pauses(windows []Window) []Window {
	for in, from := firstPause, p.Unanswered; ; in, from = 2*in, from+few {
		windows = append(windows, Window{Sends: few, In: min(in, p.Pause), From: from})
		if in >= p.Pause {
			return windows
		}
	}
}

// newer returns the limits for a newer ledger while the number key is rotated: those that
// depend on neither unanswered messages nor known sources, which only the oldest has.
func (l Limits) newer() Limits {
	n := Limits{Uncounted: true}
	for _, w := range l.Windows {
		if w.From == 0 && !w.Reserve {
			n.Windows = append(n.Windows, w)
		}
	}
	return n
}

// MaxNumberPerDay is the most that [Issuer].NumberPerDay may be: an item with so many
// sends, and those that wait to be dropped, takes one unit of DynamoDB for each write.
const MaxNumberPerDay = 30

// sharedLimits returns the limits of all clients together. Its first window refuses a
// send before the newest one, as that of a client does.
func sharedLimits(perDay int) Limits {
	return Limits{
		Windows:   []Window{{Sends: 1, Cooldown: true}, {Sends: perDay, In: day}},
		Uncounted: true,
	}
}

// Wait returns how long the limits of a number refuse a message, 0 if they allow it. The
// ledgers are those of [Keys.LedgerKeys], newest first, nil where there is none.
func (l Limits) Wait(ledgers []*Ledger, now Millis) (wait time.Duration) {
	for _, n := range slices.Backward(ledgers) {
		if n != nil {
			_, w := l.Refusal(*n, now)
			wait = max(wait, w)
		}
		l = l.newer()
	}
	return wait
}

// PauseAfter returns the length of the pause of a number with so many unanswered messages
// in a row, 0 for none.
func (p Policy) PauseAfter(unanswered int) (pause time.Duration) {
	for _, w := range p.pauses(nil) {
		if unanswered >= w.From {
			pause = w.In
		}
	}
	return pause
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
		if !w.applies(n) || len(n.Sends) < w.Sends {
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
	if why == "" {
		return "", 0
	}
	return why, until.Sub(now)
}

// applies reports whether the window applies to a ledger as it is.
func (w Window) applies(n Ledger) bool {
	return n.Unanswered >= w.From && (!w.Reserve || len(n.Known) > 0)
}
