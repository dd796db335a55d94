package telemetry

import (
	"encoding/json"
	"log/slog"
	"time"

	"countersign/pkg/otp"
)

// Namespace is that of the metrics in CloudWatch.
const Namespace = "Countersign"

// metric is a member of the line that CloudWatch makes a metric of.
type metric struct {
	Name string
	Unit string
}

// directive says which members are metrics, and by which other members they are
// told apart. Each dimension set makes a metric of its own for each combination of
// values, and each of those is paid for by the month, so that there are few: no
// metric is by client, nor by two of API, country, reason and fault at once.
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
)

// appendMetrics appends what the request counts for, and tells CloudWatch so.
// latency and faults are in every line but those of strangers, so that the number of
// latencies is the number of clients' requests, and the average of faults the share of
// them that failed: no flood of strangers makes that smaller. sends and passes go
// together, with zeros, so that the one can be divided by the other.
func (l *Lines) appendMetrics(line []slog.Attr, r *Request, strangers int, now time.Time) []slog.Attr {
	told := embedded{Timestamp: now.UnixMilli(), CloudWatchMetrics: make([]directive, 0, 4)}
	direct := func(sets [][]string, metrics ...metric) {
		told.CloudWatchMetrics = append(told.CloudWatchMetrics, directive{Namespace, sets, metrics})
	}
	var totals []metric
	if r.Admitted || r.Fault != "" {
		direct(byAPI, metric{"latency", "Milliseconds"})
		line, totals = append(line, slog.Int("faults", one(r.Fault != ""))), append(totals, metric{"faults", "Count"})
	}
	if r.Fault != "" {
		direct(byFault, totals...)
	}
	for _, m := range []struct {
		name string
		n    int
	}{
		{"mismatches", one(r.Outcome == otp.Unmatched || r.Outcome == otp.Exhausted)},
		{"lockouts", one(r.Outcome == otp.Exhausted || r.Outcome == otp.Locked)},
		{"operatorFaults", one(r.Operator)},
		{"strangers", strangers},
	} {
		if m.n > 0 {
			line = append(line, slog.Int(m.name, m.n))
			totals = append(totals, metric{m.name, "Count"})
		}
	}
	if len(totals) > 0 {
		direct(overall, totals...)
	}

	if passed := r.Outcome == otp.Passed && r.OK; passed || r.Sends > 0 {
		line = append(line, slog.Int("sends", r.Sends), slog.Int("passes", one(passed)))
		sets := byCountry
		if r.Country == "" {
			sets = overall
		}
		direct(sets, metric{"sends", "Count"}, metric{"passes", "Count"})
	}
	if reason := r.reason(); reason != "" {
		line = append(line, slog.String("reason", reason), slog.Int("refusals", 1))
		direct(byReason, metric{"refusals", "Count"})
	}
	text, _ := json.Marshal(told) // nothing in it can fail
	return append(line, slog.String("stack", l.Stack), slog.Any("_aws", json.RawMessage(text)))
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
