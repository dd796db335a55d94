package telemetry

import (
	"encoding/json"
	"log/slog"
	"time"

	"countersign/pkg/otp"
)

// namespace is that of the metrics in CloudWatch.
const namespace = "Countersign"

// metric is a member of the line that becomes a metric in CloudWatch.
type metric struct {
	Name string
	Unit string
}

// directive names the members that are metrics, and their dimensions. Each set of dimensions makes a metric for each
// combination of values, and each of these costs money every month. So there are few: no metric has the client as a
// dimension, nor two of API, country, reason and fault at once.
type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []metric
}

// embedded is CloudWatch's embedded metric format.
type embedded struct {
	Timestamp         int64
	CloudWatchMetrics []directive
}

// The dimension sets. The name of the stack is in each.
var (
	overall   = [][]string{{"stack"}}
	byAPI     = [][]string{{"stack"}, {"stack", "api"}}
	byCountry = [][]string{{"stack"}, {"stack", "country"}}
	byReason  = [][]string{{"stack"}, {"stack", "reason"}}
	byFault   = [][]string{{"stack", "fault"}}
	byGuard   = [][]string{{"stack"}, {"stack", "guard"}, {"stack", "country"}} // the last one only with a country
)

// appendMetrics appends the request's metrics, with the directives for CloudWatch.
//
// Every line has latency and faults, except for lines about strangers. So the number of latencies is the number of
// clients' requests, and the average of faults is the share that failed: strangers cannot lower it. sends and passes
// appear together, with zeros, so that one can be divided by the other; so do passwordPasses and passwordMismatches. A
// request for a test number is in tests, and in none of the others about codes, passwords and refusals. Passwords have
// metrics of their own: a right one answers no message.
func (l *Lines) appendMetrics(line []slog.Attr, r *Request, strangers int, now time.Time) []slog.Attr {
	metrics := make([]directive, 0, 6)
	direct := func(sets [][]string, named ...metric) { metrics = append(metrics, directive{namespace, sets, named}) }
	var totals []metric
	if r.Admitted || r.Fault != "" {
		direct(byAPI, metric{"latency", "Milliseconds"})
		line, totals = append(line, slog.Int("faults", one(r.Fault != ""))), append(totals, metric{"faults", "Count"})
	}
	if r.Fault != "" {
		direct(byFault, totals...)
	}
	for _, m := range r.counts(strangers) {
		if m.n > 0 {
			line = append(line, slog.Int(m.name, m.n))
			totals = append(totals, metric{m.name, "Count"})
		}
	}
	if len(totals) > 0 {
		direct(overall, totals...)
	}

	right := r.Outcome == otp.Passed && r.OK
	if r.ofPassword() && (right || r.wrong()) {
		line = append(line, slog.Int("passwordPasses", one(right)), slog.Int("passwordMismatches", one(r.wrong())))
		direct(overall, metric{"passwordPasses", "Count"}, metric{"passwordMismatches", "Count"})
	}
	if passed := r.ofCode() && right; passed || r.Sends > 0 {
		line = append(line, slog.Int("sends", r.Sends), slog.Int("passes", one(passed)))
		sets := byCountry
		if r.Country == "" {
			sets = overall
		}
		direct(sets, metric{"sends", "Count"}, metric{"passes", "Count"})
	}
	if reason := r.reason(); reason != "" && !r.Test {
		line = append(line, slog.String("reason", reason), slog.Int("refusals", 1))
		direct(byReason, metric{"refusals", "Count"})
	}
	if r.guarded() != "" {
		line = append(line, slog.Int("guarded", 1))
		sets := byGuard
		if r.Country == "" {
			sets = byGuard[:2]
		}
		direct(sets, metric{"guarded", "Count"})
	}
	return l.embed(line, now, metrics)
}

// count is a metric that a line has if it is not 0.
type count struct {
	name string
	n    int
}

func (r *Request) counts(strangers int) []count {
	return []count{
		{"mismatches", one(r.ofCode() && r.wrong())},
		{"lockouts", one(r.ofCode() && (r.Outcome == otp.Exhausted || r.Outcome == otp.Locked))},
		{"passwordLocks", one(r.ofPassword() && r.Outcome == otp.Exhausted)},
		{"tests", one(r.Test)},
		{"operatorFaults", one(r.Operator)},
		{"strangers", strangers},
		{"quotaLow", one(r.QuotaLow)},
		{"quotaOut", one(r.QuotaOut)},
		{"guardWatched", one(r.watched() != "")},
		{"guardLow", one(r.guardLow())},
	}
}

// wrong reports whether a guess was evaluated, and wrong.
func (r *Request) wrong() bool { return r.Outcome == otp.Unmatched || r.Outcome == otp.Exhausted }

// embed appends the stack, and the member by which CloudWatch finds the metrics of a line.
func (l *Lines) embed(line []slog.Attr, now time.Time, directives []directive) []slog.Attr {
	text, _ := json.Marshal(embedded{Timestamp: now.UnixMilli(), CloudWatchMetrics: directives}) // strings and numbers
	return append(line, slog.String("stack", l.Stack), slog.Any("_aws", json.RawMessage(text)))
}

// ofCode and ofPassword report which metrics a request counts in. That of a test number counts in none.
func (r *Request) ofCode() bool     { return !r.Test && r.Password == "" }
func (r *Request) ofPassword() bool { return !r.Test && r.Password != "" }

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
