package telemetry

import (
	"log/slog"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// Values of the member guard beside those of [guard.Reason].
const (
	byOperator = "operator"
	byDailyCap = "daily_cap"
)

// guarded returns why the guard, a rule of the operator or the quota of the day refused the message, "" if none did.
func (r *Request) guarded() string {
	switch over := r.Outcome.Over(); {
	case r.QuotaOut:
		return byDailyCap
	case r.Outcome == otp.OperatorBlock:
		return byOperator
	case over != "":
		return string(over)
	case r.Outcome == otp.Unclear && r.Wait > 0: // a further copy was refused
		return string(r.Verdict.Reason)
	}
	return ""
}

// watched returns why the guard would have refused the message, "" if it would not.
func (r *Request) watched() string {
	if r.guarded() != "" {
		return ""
	}
	return string(r.Verdict.Reason)
}

// guardLow reports whether little is left of the budget of the country, or of that of all young ones.
func (r *Request) guardLow() bool {
	e := r.Verdict.Entry
	return e != nil && (e.Kind == guard.Country || e.Kind == guard.Young) && e.Low()
}

// appendGuard appends why the guard refused the message or would have, or that little is left, and the figures behind
// it: messages to new numbers of the latest 24 hours, the allowance, and the hours until there is room, if nobody sends
// or answers. None of them leads to a number.
func (r *Request) appendGuard(line []slog.Attr) []slog.Attr {
	reason := r.guarded() + r.watched() // one of them is empty
	if reason != "" {
		line = append(line, slog.String("guard", reason))
	}
	f := r.Verdict.Figures // of a refusal, or of its repeat
	if e := r.Verdict.Entry; e != nil {
		f = e.Figures()
	}
	if f.Hours == 0 || reason == "" && !r.guardLow() {
		return line
	}
	return append(line,
		slog.Int("guardUnanswered", f.Unanswered), slog.Int("guardAnswered", f.Answered),
		slog.Int("guardAllowance", f.Allowance), slog.Int("guardHours", f.Hours),
	)
}
