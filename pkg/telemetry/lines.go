package telemetry

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"countersign/pkg/otp"
)

// Lines writes the line of each request. It is safe for concurrent use.
//
// Whoever does not prove who it is, is a stranger, and could fill the log at our
// cost. Of strangers that are refused a process writes one line in [Lines.Every];
// the next line of any request says how many others there were, so that the
// metric counts all of them, but for those after the last line of a process.
type Lines struct {
	// Stack is the deployment that metrics are told apart by; "" is no metrics.
	Stack string
	// Every is how often strangers get a line at most; 0 is each time.
	Every time.Duration

	mu     sync.Mutex
	told   time.Time // of the latest line about a stranger
	untold int       // strangers since the latest line
}

// SampleEvery is how often a function tells of strangers.
const SampleEvery = 10 * time.Second

// Write tells of a request that is over: an error where it failed or where the
// operator must act, else information. A nil l has no metrics, and is silent about
// strangers.
func (l *Lines) Write(ctx context.Context, log *slog.Logger, r *Request, now time.Time) {
	level := slog.LevelInfo
	if r.Fault != "" || r.Operator {
		level = slog.LevelError
	}
	if !log.Enabled(ctx, level) {
		return
	}
	strangers, silent := l.strangers(r, now)
	if silent {
		return
	}
	line := make([]slog.Attr, 0, 32)
	line = r.appendTo(line, now.Sub(r.begun))
	if l != nil && l.Stack != "" {
		line = l.appendMetrics(line, r, strangers, now)
	}
	log.LogAttrs(ctx, level, "request", line...)
}

// strangers counts strangers, and returns how many to tell of now. What failed is
// told in any case.
func (l *Lines) strangers(r *Request, now time.Time) (n int, silent bool) {
	stranger := !r.Admitted && r.Fault == ""
	if l == nil {
		return 0, stranger
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if stranger {
		l.untold++
		if now.Sub(l.told) < l.Every {
			return 0, true
		}
		l.told = now
	}
	n, l.untold = l.untold, 0
	return n, false
}

// appendTo appends what is known of the request.
func (r *Request) appendTo(line []slog.Attr, took time.Duration) []slog.Attr {
	text := func(name, value string) {
		if value != "" {
			line = append(line, slog.String(name, value))
		}
	}
	span := func(name string, d time.Duration) {
		if d > 0 {
			line = append(line, slog.Float64(name, millis(d)))
		}
	}
	text("request", r.ID)
	text("reply", r.Reply)
	text("contract", r.Contract)
	text("api", r.api())
	text("client", r.Client)
	text("result", r.Result)
	text("outcome", string(r.Outcome))
	text("detail", r.Detail)
	text("number", r.Mask)
	text("country", r.Country)
	text("authenticationId", r.AuthID)
	if r.Left >= 0 {
		line = append(line, slog.Int("attemptsLeft", r.Left))
	}
	if r.Wait > 0 {
		line = append(line, slog.Float64("waitSeconds", r.Wait.Seconds()))
	}
	line = append(line, slog.Float64("latency", millis(took)))
	span("store", r.Storing)
	span("sender", r.Sending)
	text("fault", r.Fault)
	text("cause", r.Cause)
	if r.Operator {
		line = append(line, slog.Bool("operator", true))
	}
	text("trace", r.Trace)
	return line
}

// api is the request's API, with a name for those that have none.
func (r *Request) api() string {
	if r.API == "" {
		return "none"
	}
	return r.API
}

// millis is a duration in milliseconds, to the microsecond.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// reason says why a request was refused, "" where it was not: answered, or not
// decided. A code that is not right is no refusal.
func (r *Request) reason() string {
	if r.Fault != "" || !r.Admitted {
		return ""
	}
	switch r.Outcome {
	case otp.Sent, otp.Passed, otp.Unmatched, otp.Exhausted:
		return ""
	case "":
		if r.OK {
			return ""
		}
		return cmp.Or(r.Reason, r.Result)
	}
	return string(r.Outcome)
}
