package report_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/guard"
	"countersign/pkg/guard/report"
	"countersign/pkg/otp"
)

// entries are stored entries by their keys.
type entries map[string]guard.Entry

func (e entries) Entries(_ context.Context, keys []string) (found []guard.Entry, err error) {
	for _, key := range keys {
		if one, ok := e[key]; ok {
			found = append(found, one)
		}
	}
	return found, nil
}

func (e entries) Charge(_ context.Context, c guard.Charge) (guard.Entry, bool, error) {
	one, ok := e[c.Key]
	if !ok {
		one = guard.Fresh(c.Key, c.Kind, c.Hour)
	}
	ok = one.Take(c)
	if ok {
		e[c.Key] = one
	}
	return one, ok, nil
}

func (e entries) Uncharge(_ context.Context, c guard.Charged) error {
	one := e[c.Key]
	one.GiveBack(c.Hour)
	e[c.Key] = one
	return nil
}

var now = time.Date(2026, 11, 27, 12, 30, 0, 0, time.UTC)

const hour = 1795782600 / 3600 // of now

// world is a client with messages.
type world struct {
	entries
	t      *testing.T
	policy guard.Policy
}

func (w world) numbers(country string, shard int, block string) guard.Numbers {
	n := otp.GuardNumbers("acme")
	n.Region, n.Shard, n.Block = country, shard, []byte(block)
	return n
}

// send sends messages to a block, and returns how many were refused.
func (w world) send(messages int, country string, shard int, block string, at int64) (refused int) {
	w.t.Helper()
	for range messages {
		m := guard.Message{
			Policy: w.policy, Numbers: w.numbers(country, shard, block), Hour: at,
			Label: func() []byte { return []byte("label " + block) },
		}
		v, err := guard.Admit(w.t.Context(), w.entries, m)
		if err != nil {
			w.t.Fatal(err)
		}
		if v.Refused(w.policy.Mode) {
			refused++
			country := w.numbers(country, shard, block).CountryKey()
			w.credit(guard.WasRefused, guard.Credit{Key: country, Hour: at, Block: []byte(block)})
			w.credit(guard.WasRefused, guard.Credit{Key: guard.BlockKey("acme", []byte(block)), Hour: at})
		}
		if v.Tag.Watched() {
			country := w.numbers(country, shard, block).CountryKey()
			w.credit(guard.WasWatched, guard.Credit{Key: country, Hour: at, Block: []byte(block)})
		}
	}
	return refused
}

func (w world) credit(event guard.Event, c guard.Credit) {
	e, ok := w.entries[c.Key]
	if !ok {
		e = guard.Fresh(c.Key, guard.KindOf(c.Key), c.Hour)
	}
	c.Event = event
	e.Credit([]guard.Credit{c}, e.Usual)
	w.entries[c.Key] = e
}

// learned gives a country shard a baseline, two days ago.
func (w world) learned(country string, shard int) {
	e := guard.Fresh(w.numbers(country, shard, "").CountryKey(), guard.Country, hour-48)
	e.Days, e.Usual = []int{30, 33, 40}, 33
	w.entries[e.Key] = e
}

func (w world) make(o report.Options, subjects ...report.Subject) report.Report {
	w.t.Helper()
	m := report.Maker{
		Entries: w.entries, Prices: report.Prices{"": 0.01, "MY": 0.05}, Now: now,
		Block: func(client string, label []byte) (string, error) {
			return "+60" + strings.TrimPrefix(string(label), "label "), nil
		},
	}
	r, err := m.Make(w.t.Context(), subjects, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func acme(mode guard.Mode, shards int, rules ...clients.GuardRule) report.Subject {
	return report.Subject{
		ID: "acme", Guard: clients.Guard{Mode: mode, Rules: rules}, PerMinute: shards * 30_000,
		Countries: []string{"MY", "GB", "TH"},
	}
}

func newWorld(t *testing.T, mode guard.Mode, shards int) world {
	return world{entries{}, t, guard.Policy{Mode: mode, Young: 200, Shards: shards}}
}

// find returns the only row of a kind.
func find(t *testing.T, r report.Report, kind report.Kind, country string) report.Row {
	t.Helper()
	var found []report.Row
	for _, row := range r.Rows {
		if row.Kind == kind && row.Country == country {
			found = append(found, row)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d rows %s %s: %+v", len(found), kind, country, r.Rows)
	}
	return found[0]
}

// TestBurst: an attack on one block is a row of the block with its numbers and costs, and one of its country.
func TestBurst(t *testing.T) {
	w := newWorld(t, guard.Enforce, 1)
	w.learned("MY", 0)
	refused := w.send(500, "MY", 0, "12345", hour)
	if refused != 492 {
		t.Fatalf("%d were refused", refused)
	}
	r := w.make(report.Options{}, acme(guard.Enforce, 1))
	block := find(t, r, report.Block, "MY")
	if block.Block != "+6012345" || block.Sent != 8 || *block.Allowance != 8 || *block.Left != 0 ||
		block.Verdict != report.Refusing || block.Refused != 492 || block.CostUSD != 24.6 ||
		*block.Conversion != 0 || !block.Since.Equal(now.Truncate(time.Hour)) {
		t.Errorf("the block's row is %+v", block)
	}
	country := find(t, r, report.Country, "MY")
	if country.Sent != 8 || *country.Allowance != 20 || *country.Left != 12 || country.Verdict != report.Open ||
		country.Refused != 492 || *country.Usual != 0.33 || country.Days != 3 {
		t.Errorf("the country's row is %+v", country)
	}
	if r.Refused != 492 || r.CostUSD != 24.6 { // once, not in both rows
		t.Errorf("in all %d, %v USD", r.Refused, r.CostUSD)
	}
	if r := w.make(report.Options{Country: "GB"}, acme(guard.Enforce, 1)); len(r.Rows) != 0 || r.Refused != 0 {
		t.Errorf("GB has %+v", r.Rows)
	}
}

// TestSum: amounts have five decimals, and not those of a float.
func TestSum(t *testing.T) {
	w := newWorld(t, guard.Enforce, 1)
	for _, country := range []string{"MY", "GB"} {
		w.learned(country, 0)
		w.send(9, country, 0, "block of "+country, hour)
	}
	if r := w.make(report.Options{}, acme(guard.Enforce, 1)); r.Refused != 2 || r.CostUSD != 0.06 {
		t.Errorf("%d were refused, for %v USD", r.Refused, r.CostUSD)
	}
}

// TestDayAfter: what stopped counting is not reported.
func TestDayAfter(t *testing.T) {
	w := newWorld(t, guard.Enforce, 1)
	w.learned("MY", 0)
	w.send(500, "MY", 0, "12345", hour-24)
	r := w.make(report.Options{}, acme(guard.Enforce, 1))
	if len(r.Rows) != 0 || r.Refused != 0 || r.Quiet != 1 {
		t.Errorf("%+v", r)
	}
	country := find(t, w.make(report.Options{All: true}, acme(guard.Enforce, 1)), report.Country, "MY")
	if country.Sent != 0 || country.Conversion != nil || *country.Left != 20 || !country.Since.IsZero() {
		t.Errorf("%+v", country)
	}
}

// TestNewCountries: countries without a baseline have their room together, and refuse together.
func TestNewCountries(t *testing.T) {
	w := newWorld(t, guard.Enforce, 1)
	spread := func(messages int, country string) (refused int) {
		for n := range messages {
			refused += w.send(1, country, 0, fmt.Sprint(country, n), hour)
		}
		return refused
	}
	spread(1+130, "MY") // one is the country's own
	want := func(verdict, shared report.Verdict, left int) {
		t.Helper()
		r := w.make(report.Options{All: true}, acme(guard.Enforce, 1))
		my, all := find(t, r, report.Country, "MY"), find(t, r, report.NewCountries, "")
		if my.Verdict != verdict || all.Verdict != shared || *all.Left != left ||
			my.Left != nil || my.Allowance != nil {
			t.Errorf("the country's row is %+v, and that of all %+v with %d left", my, all, *all.Left)
		}
	}
	want(report.Learning, report.Open, 70)
	spread(1+20, "TH")
	want(report.Learning, report.Low, 50)
	if refused := spread(100, "TH"); refused != 50 {
		t.Errorf("%d are refused", refused)
	}
	want(report.Refusing, report.Refusing, 0)
}

// TestUnusedShards: the room of all new countries is that of all shards, also of those that no message used yet.
func TestUnusedShards(t *testing.T) {
	for _, shards := range []int{1, 2, 4} {
		w := newWorld(t, guard.Enforce, shards)
		w.policy.Young = guard.DefaultYoung
		w.send(5, "MY", 0, "01234567", hour)
		own := map[int]int{1: 1}[shards] // messages for which MY has room of its own
		row := find(t, w.make(report.Options{All: true}, acme(guard.Enforce, shards)), report.NewCountries, "")
		if *row.Allowance != guard.DefaultYoung || *row.Left != guard.DefaultYoung-5+own || row.Sent != 5-own {
			t.Errorf("%d shards: %d of %d left after %d", shards, *row.Left, *row.Allowance, row.Sent)
		}
	}
}

// TestShards: the shards of a country are one row.
func TestShards(t *testing.T) {
	w := newWorld(t, guard.Enforce, 3)
	for shard := range 3 {
		w.learned("MY", shard)
		w.send(1+shard, "MY", shard, "1", hour)
	}
	row := find(t, w.make(report.Options{All: true}, acme(guard.Enforce, 3)), report.Country, "MY")
	if row.Sent != 6 || *row.Allowance != 19 || *row.Left != 13 { // 3 * 6.66
		t.Errorf("%+v, %d of %d left", row, *row.Left, *row.Allowance)
	}
}

// TestMonitor: what has no room goes out, and the report says so.
func TestMonitor(t *testing.T) {
	w := newWorld(t, guard.Monitor, 1)
	w.learned("MY", 0)
	if refused := w.send(30, "MY", 0, "1", hour); refused != 0 {
		t.Fatal(refused)
	}
	row := find(t, w.make(report.Options{}, acme(guard.Monitor, 1)), report.Country, "MY")
	if row.Verdict != report.Monitored || row.Sent != 30 || *row.Left != -10 {
		t.Errorf("%+v, %d left", row, *row.Left)
	}
}

// TestMonitoredBlock: a block without room is in the report, whether its country has room or is still learned, and as
// long as it would be refused.
func TestMonitoredBlock(t *testing.T) {
	for _, learned := range []bool{false, true} {
		w := newWorld(t, guard.Monitor, 1)
		if learned {
			w.learned("MY", 0)
		}
		w.send(1, "MY", 0, "2", hour)
		w.send(12, "MY", 0, "1", hour-20)
		w.send(3, "MY", 0, "3", hour-20)
		r := w.make(report.Options{}, acme(guard.Monitor, 1))
		var blocks []string
		for _, row := range r.Rows {
			if row.Kind == report.Block {
				blocks = append(blocks, fmt.Sprintf("%s %s %d, %d", row.Block, row.Verdict, row.Sent, *row.Left))
			}
		}
		if got := strings.Join(blocks, "; "); got != "+601 monitored 12, -4" || r.Refused != 0 {
			t.Errorf("learned: %v: %s, %d refused", learned, got, r.Refused)
		}
	}
}

// TestRules: the row of a country and of a block has the verdict of the rule that holds for it.
func TestRules(t *testing.T) {
	w := newWorld(t, guard.Enforce, 1)
	w.learned("MY", 0)
	w.send(500, "MY", 0, "12345", hour)
	later, before := now.Add(time.Hour), now.Add(-time.Hour)
	rule := func(v clients.GuardVerdict, until time.Time, prefix string, countries ...string) clients.GuardRule {
		return clients.GuardRule{Verdict: v, Until: until, Prefix: prefix, Countries: countries}
	}
	never := time.Time{}
	for name, c := range map[string]struct {
		rules          []clients.GuardRule
		country, block report.Verdict
	}{
		"none": {nil, report.Open, report.Refusing},
		"the country": {[]clients.GuardRule{rule(clients.Allow, later, "", "MY", "GB")},
			report.Allowed, report.Allowed},
		"another one": {[]clients.GuardRule{rule(clients.Allow, later, "", "GB")}, report.Open, report.Refusing},
		"it is over":  {[]clients.GuardRule{rule(clients.Block, before, "", "MY")}, report.Open, report.Refusing},
		"the block":   {[]clients.GuardRule{rule(clients.Allow, later, "+6012345")}, report.Open, report.Allowed},
		"longer ones": {[]clients.GuardRule{rule(clients.Block, never, "+60123456")}, report.Open, report.Refusing},
		"both": {
			[]clients.GuardRule{rule(clients.Block, never, "", "MY"), rule(clients.Allow, later, "+6012")},
			report.Blocked, report.Allowed,
		},
	} {
		r := w.make(report.Options{All: true}, acme(guard.Enforce, 1, c.rules...))
		country, block := find(t, r, report.Country, "MY"), find(t, r, report.Block, "MY")
		if country.Verdict != c.country || block.Verdict != c.block {
			t.Errorf("%s: %s and %s, want %s and %s", name, country.Verdict, block.Verdict, c.country, c.block)
		}
	}
	quiet := newWorld(t, guard.Enforce, 1)
	thailand := acme(guard.Enforce, 1, rule(clients.Block, later, "", "TH"))
	row := find(t, quiet.make(report.Options{}, thailand), report.Country, "TH")
	if row.Verdict != report.Blocked || !row.Until.Equal(later) || row.Left != nil || row.Usual != nil {
		t.Errorf("a country without messages: %+v", row)
	}
}

// TestTry: the guard's view of a message is that of Admit, and nothing is counted.
func TestTry(t *testing.T) {
	w := newWorld(t, guard.Enforce, 1)
	w.learned("MY", 0)
	w.send(7, "MY", 0, "1", hour)
	for _, want := range []guard.Reason{"", guard.ByBlock} {
		for range 3 {
			m := guard.Message{Policy: w.policy, Numbers: w.numbers("MY", 0, "1"), Hour: hour}
			if v, err := report.Try(t.Context(), w.entries, m); err != nil || v.Reason != want {
				t.Errorf("%+v, %v, want %q", v, err, want)
			}
		}
		w.send(1, "MY", 0, "1", hour)
	}
}

// TestListPrice: the price is that of docs/prices.json.
func TestListPrice(t *testing.T) {
	if usd, err := report.ListPrice(); err != nil || usd < 0.001 || usd > 0.05 {
		t.Errorf("%v, %v", usd, err)
	}
}

// TestByHour: the counts of the hours are those of the row, each in its hour, over all shards.
func TestByHour(t *testing.T) {
	w := newWorld(t, guard.Enforce, 2)
	w.learned("MY", 0)
	w.learned("MY", 1)
	w.send(3, "MY", 0, "12345", hour-23)
	w.send(2, "MY", 1, "67890", hour-1)
	w.send(9, "MY", 1, "67890", hour)
	w.send(5, "MY", 0, "24680", hour-24) // a day old
	row := find(t, w.make(report.Options{All: true}, acme(guard.Enforce, 2)), report.Country, "MY")
	if len(row.ByHour) != 24 {
		t.Fatalf("%d hours", len(row.ByHour))
	}
	first, last := row.ByHour[0], row.ByHour[23]
	if !last.At.Equal(now.Truncate(time.Hour)) || !first.At.Equal(last.At.Add(-23*time.Hour)) {
		t.Errorf("from %v to %v", first.At, last.At)
	}
	sent, refused := 0, 0
	for _, c := range row.ByHour {
		sent, refused = sent+c.Sent, refused+c.Refused
	}
	if first.Sent != 3 || row.ByHour[22].Sent != 2 || last.Sent != 6 || last.Refused != 3 ||
		sent != row.Sent || refused != row.Refused {
		t.Errorf("%d sent, %d refused: %+v", sent, refused, row.ByHour)
	}
}
