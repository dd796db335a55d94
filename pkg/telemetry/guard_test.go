package telemetry_test

import (
	"maps"
	"testing"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// entry returns an entry with so many unanswered and answered messages of its hour, and so much room in messages.
func entry(kind guard.Kind, unanswered, answered, left int) guard.Entry {
	e := guard.Entry{Key: "G#acme#canary", Kind: kind, Hour: 24, Left: 100 * left, Label: []byte("canary")}
	e.Unanswered[0], e.Answered[0] = unanswered, answered
	return e
}

// verdict returns what the guard makes of a message to an entry.
func verdict(reason guard.Reason, e guard.Entry) guard.Verdict {
	return guard.Verdict{Reason: reason, Entry: &e, Tag: "canary", Charged: []guard.Charged{{Key: "G#acme#canary"}}}
}

// guardedBy are the metrics of a message that was refused.
func guardedBy(reason, outcome string) []metrics {
	return []metrics{
		ofClients, {"guarded" + stack: 1, "guarded" + stack + " guard=" + reason: 1, "guarded" + ofCountry: 1},
		{"refusals" + stack: 1, "refusals" + stack + " reason=" + outcome: 1},
	}
}

// watched are requests by what the guard made of them.
var watched = map[string]struct {
	set  func(*telemetry.Request)
	want []metrics
	line map[string]any // figures
}{
	"refused for its block": {func(r *telemetry.Request) {
		r.Outcome, r.Country, r.Verdict = otp.OverBlock, "MY", verdict(guard.ByBlock, entry(guard.Block, 8, 0, 0))
	}, guardedBy("block", "guard_block"), map[string]any{
		"guard": "block", "guardUnanswered": 8.0, "guardAnswered": 0.0, "guardAllowance": 8.0, "guardHours": 24.0,
	}},
	"refused for its country": {func(r *telemetry.Request) {
		r.Outcome, r.Country = otp.OverCountry, "MY"
		r.Verdict = verdict(guard.ByCountry, entry(guard.Country, 70, 90, 0))
	}, append(guardedBy("country", "guard_country"), metrics{"guardLow" + stack: 1}), map[string]any{
		"guard": "country", "guardUnanswered": 70.0, "guardAnswered": 90.0, "guardAllowance": 70.0,
	}},
	"refused for new countries": {func(r *telemetry.Request) {
		r.Outcome, r.Country, r.Verdict = otp.OverClient, "MY", verdict(guard.ByClient, entry(guard.Young, 200, 0, 0))
	}, append(guardedBy("client", "guard_client"), metrics{"guardLow" + stack: 1}),
		map[string]any{"guard": "client", "guardUnanswered": 200.0}},
	"refused for its source": {func(r *telemetry.Request) {
		r.Outcome, r.Country, r.Verdict = otp.OverSource, "MY", verdict(guard.BySource, entry(guard.Source, 10, 0, 0))
	}, guardedBy("source", "guard_source"), map[string]any{"guard": "source", "guardAllowance": 10.0}},
	"blocked by the operator": {func(r *telemetry.Request) { r.Outcome, r.Country = otp.OperatorBlock, "MY" },
		guardedBy("operator", "guard_operator"), map[string]any{"guard": "operator"}},
	"the repeat of a refused call": {func(r *telemetry.Request) { r.Outcome, r.Country = otp.OverBlock, "MY" },
		guardedBy("block", "guard_block"), map[string]any{"guard": "block"}},
	"the repeat of a refused call, with its figures": {func(r *telemetry.Request) {
		r.Outcome, r.Country = otp.OverBlock, "MY"
		r.Verdict = guard.Verdict{
			Reason: guard.ByBlock, Figures: guard.Figures{Unanswered: 8, Answered: 3, Allowance: 9, Hours: 24},
		}
	}, guardedBy("block", "guard_block"), map[string]any{
		"guard": "block", "guardUnanswered": 8.0, "guardAnswered": 3.0, "guardAllowance": 9.0, "guardHours": 24.0,
	}},
	"over the client's messages of the day": {func(r *telemetry.Request) {
		r.Outcome, r.Country, r.QuotaOut = otp.TooSoon, "MY", true
	}, append(guardedBy("daily_cap", "too_soon"), metrics{"quotaOut" + stack: 1}),
		map[string]any{"guard": "daily_cap"}},
	"a further copy that is refused": {func(r *telemetry.Request) {
		r.Outcome, r.Wait, r.Country = otp.Unclear, time.Hour, "MY"
		r.Verdict = verdict(guard.ByBlock, entry(guard.Block, 8, 0, 0))
	}, guardedBy("block", "unclear"), map[string]any{"guard": "block"}},
	"refused without a country": {func(r *telemetry.Request) {
		r.Outcome, r.Verdict = otp.OverClient, verdict(guard.ByClient, entry(guard.Young, 200, 0, 0))
	}, []metrics{
		ofClients, {"guarded" + stack: 1, "guarded" + stack + " guard=client": 1, "guardLow" + stack: 1},
		{"refusals" + stack: 1, "refusals" + stack + " reason=guard_client": 1},
	}, nil},
	"sent in mode monitor": {func(r *telemetry.Request) {
		r.Outcome, r.Sends, r.Country, r.OK = otp.Sent, 1, "MY", true
		r.Verdict = verdict(guard.ByBlock, entry(guard.Block, 9, 0, -1))
	}, []metrics{ofClients, sent, {"guardWatched" + stack: 1}},
		map[string]any{"guard": "block", "guardUnanswered": 9.0, "guardAllowance": 8.0}},
	"sent while little is left": {func(r *telemetry.Request) {
		r.Outcome, r.Sends, r.Country, r.OK = otp.Sent, 1, "MY", true
		r.Verdict = verdict("", entry(guard.Young, 150, 0, 50))
	}, []metrics{ofClients, sent, {"guardLow" + stack: 1}},
		map[string]any{"guard": nil, "guardUnanswered": 150.0, "guardAllowance": 200.0}},
	"sent while enough is left": {func(r *telemetry.Request) {
		r.Outcome, r.Sends, r.Country, r.OK = otp.Sent, 1, "MY", true
		r.Verdict = verdict("", entry(guard.Country, 20, 0, 50))
	}, []metrics{ofClients, sent}, map[string]any{"guard": nil, "guardUnanswered": nil, "guardHours": nil}},
	"sent to a number that is known": {func(r *telemetry.Request) {
		r.Outcome, r.Sends, r.Country, r.OK = otp.Sent, 1, "MY", true
	}, []metrics{ofClients, sent}, map[string]any{"guard": nil, "guardAllowance": nil}},
}

// Each verdict of the guard has its metrics, and the figures behind it in the line, and nothing that leads to a number.
func TestGuardInLines(t *testing.T) {
	for name, c := range watched {
		line := write(t, func(r *telemetry.Request) { r.Admitted, r.API = true, "otp.send"; c.set(r) })
		want := metrics{}
		for _, set := range c.want {
			maps.Copy(want, set)
		}
		if !maps.Equal(line.Metrics, want) {
			t.Errorf("%s: the metrics are %v, want %v", name, line.Metrics, want)
		}
		for member, value := range c.line {
			if got := line.Members[member]; got != value {
				t.Errorf("%s: %s is %v, want %v", name, member, got, value)
			}
		}
		for member, value := range line.Members {
			if text, ok := value.(string); ok && (text == "canary" || member == "tag") {
				t.Errorf("%s: the line has %s %v", name, member, value)
			}
		}
	}
}

// What the domain returns reaches the line.
func TestStartedNotesTheVerdict(t *testing.T) {
	_, r := telemetry.Begin(t.Context(), time.Now())
	v := verdict(guard.ByBlock, entry(guard.Block, 8, 0, 0))
	r.Started("init", otp.Started{Outcome: otp.OverBlock, Wait: time.Hour, Guard: v}, nil)
	if r.Verdict.Reason != guard.ByBlock || r.Wait != time.Hour {
		t.Errorf("%+v", r)
	}
}
