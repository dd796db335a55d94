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
// A caller who does not prove its identity is a stranger, and could fill the log at our cost. A process writes one line
// about refused strangers in [Lines.Every], and one about those that name a client which exists: a flood of invented
// ids must not hide why a merchant is refused. The next line of any request has the number of the others, so the metric
// counts all of them except those after the last line of a process, and the addresses that most of them came from.
type Lines struct {
	// Stack is the name of the deployment, a dimension of every metric; "" means no metrics.
	Stack string
	// Every is the shortest time between two lines about strangers; 0 writes every line.
	Every time.Duration

	mu      sync.Mutex
	latest  map[bool]time.Time // of the lines about a stranger, by whether it names a client that exists
	skipped int                // strangers since the latest line
	from    sources            // their addresses
}

// SampleEvery is the shortest time between two lines of a function about strangers.
const SampleEvery = 10 * time.Second

// Write writes the line of a request that is over. Its level is error if the request failed or the operator
// must act, and information otherwise. A nil l writes neither metrics nor lines about strangers.
func (l *Lines) Write(ctx context.Context, log *slog.Logger, r *Request, now time.Time) {
	level := slog.LevelInfo
	if r.Fault != "" || r.Operator {
		level = slog.LevelError
	}
	if !log.Enabled(ctx, level) {
		return
	}
	strangers, from, silent := l.strangers(r, now)
	if silent {
		return
	}
	if r.Detail == "" && r.Explain != nil {
		r.Detail = r.explained()
	}
	line := make([]slog.Attr, 0, 32)
	line = r.appendTo(line, now.Sub(r.begun))
	if from != "" {
		line = append(line, slog.String("strangersFrom", from))
	}
	if l != nil && l.Stack != "" {
		line = l.appendMetrics(line, r, strangers, now)
	}
	log.LogAttrs(ctx, level, "request", line...)
}

// strangers counts strangers, and returns the number of those that the line reports, and where most of them came from.
// A request that failed always gets a line.
func (l *Lines) strangers(r *Request, now time.Time) (n int, from string, silent bool) {
	stranger := !r.Admitted && r.Fault == ""
	if l == nil {
		return 0, "", stranger
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if stranger {
		l.skipped++
		if l.from == nil {
			l.from = sources{}
		}
		l.from.add(r.Source)
		named := r.Client != ""
		if now.Sub(l.latest[named]) < l.Every {
			return 0, "", true
		}
		if l.latest == nil {
			l.latest = map[bool]time.Time{}
		}
		l.latest[named] = now
	}
	n, l.skipped = l.skipped, 0
	return n, l.from.take(), false
}

// appendTo appends the known fields of the request.
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
	text("api", cmp.Or(r.API, "none"))
	text("client", r.Client)
	if r.IDIsKey {
		text("warning", "the client's id is its access key: client add-access-key --retire-old makes another one")
	}
	text("result", r.Result)
	text("outcome", string(r.Outcome))
	text("detail", r.Detail)
	text("number", r.Mask)
	text("country", r.Country)
	text("authenticationId", r.AuthID)
	if r.Test {
		line = append(line, slog.Bool("test", true))
	}
	if r.Payment {
		line = append(line, slog.Bool("payment", true))
	}
	text("password", r.Password)
	if r.Left >= 0 {
		line = append(line, slog.Int("attemptsLeft", r.Left))
	}
	if r.Wait > 0 {
		line = append(line, slog.Float64("waitSeconds", r.Wait.Seconds()))
	}
	line = r.appendGuard(line)
	if r.Parts > 0 {
		line = append(line, slog.Int("parts", r.Parts))
	}
	line = append(line, slog.Float64("latency", millis(took)))
	span("store", r.Storing)
	span("sender", r.Sending)
	text("service", r.Service)
	text("fault", r.Fault)
	text("cause", r.Cause)
	text("noReceipt", r.NoReceipt)
	if r.Operator {
		line = append(line, slog.Bool("operator", true))
	}
	text("trace", r.Trace)
	return line
}

// millis returns a duration in milliseconds, to the microsecond.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// reason returns why a request was refused. It is "" for a request that was answered or could not be decided.
// A wrong code or password is not a refusal.
func (r *Request) reason() string {
	if r.Fault != "" || !r.Admitted {
		return ""
	}
	switch r.Outcome {
	case otp.Sent, otp.AskedPassword, otp.PasswordSet, otp.Passed, otp.Unmatched, otp.Exhausted:
		return ""
	case "":
		if r.OK {
			return ""
		}
		return cmp.Or(r.Reason, r.Result)
	}
	return string(r.Outcome)
}
