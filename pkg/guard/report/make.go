package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// period of all counts, in hours.
const period = 24

// Subject is a client whose budgets are meant.
type Subject struct {
	ID        string
	Guard     clients.Guard // of its record
	PerMinute int           // its rate, as far as the caller knows it
	Countries []string      // that it may send to, without "*"
}

// Maker makes reports.
type Maker struct {
	Entries guard.Reader
	// Block returns the beginning of the numbers of a block from the label of its entry, see [otp.Keys.Block].
	Block  func(client string, label []byte) (string, error)
	Prices Prices
	Now    time.Time
}

// Make reads the budgets of clients, and returns those that the options choose.
func (m Maker) Make(ctx context.Context, subjects []Subject, o Options) (Report, error) {
	r := Report{
		At: m.Now.UTC().Truncate(time.Second), Hours: period,
		Clients: []Client{}, Rows: []Row{}, Notes: []string{},
	}
	for _, s := range subjects {
		r.Clients = append(r.Clients, ClientOf(s.ID, s.Guard))
		rows, err := m.rows(ctx, s, o)
		if err != nil {
			return Report{}, fmt.Errorf("client %q: %w", s.ID, err)
		}
		for _, row := range rows {
			if row.Kind == Country {
				r.Refused += row.Refused
				r.CostUSD = rounded(r.CostUSD + row.CostUSD)
			}
			if !o.shown(row) {
				r.Quiet++
				continue
			}
			r.Rows = append(r.Rows, row)
		}
	}
	slices.SortStableFunc(r.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.CostUSD, a.CostUSD), cmp.Compare(b.Refused, a.Refused),
			strings.Compare(a.Client, b.Client), strings.Compare(a.Country, b.Country),
			strings.Compare(a.Block, b.Block))
	})
	return r, nil
}

// rows returns all rows of a client.
func (m Maker) rows(ctx context.Context, s Subject, o Options) ([]Row, error) {
	t, err := m.read(ctx, s, o.Country)
	if err != nil {
		return nil, err
	}
	var rows []Row
	young := t.young()
	if young != nil {
		rows = append(rows, *young)
	}
	for _, country := range t.countries {
		if row, ok := t.country(country, young); ok {
			rows = append(rows, row)
		}
	}
	blocks, err := t.blocks(ctx)
	return append(rows, blocks...), err
}

// table has the entries of a client by their keys, brought to this hour.
type table struct {
	Subject
	Maker
	policy    guard.Policy
	rules     clients.Client // has nothing but the rules
	numbers   guard.Numbers
	hour      int64
	countries []string
	entries   map[string]guard.Entry
}

// read reads the entries of countries.
func (m Maker) read(ctx context.Context, s Subject, only string) (*table, error) {
	t := &table{
		Subject: s, Maker: m, policy: s.Guard.Policy(s.PerMinute), rules: clients.Client{GuardRules: s.Guard.Rules},
		numbers: otp.GuardNumbers(s.ID), hour: otp.MillisOf(m.Now).Hour(),
		countries: append(slices.Clone(s.Countries), guard.Uncertain), entries: map[string]guard.Entry{},
	}
	if only != "" {
		t.countries = []string{only}
	}
	var keys []string
	for shard := range guard.MaxShards {
		for _, country := range t.countries {
			keys = append(keys, t.countryKey(country, shard))
		}
		keys = append(keys, t.youngKey(shard))
	}
	return t, t.add(ctx, keys)
}

func (t *table) countryKey(country string, shard int) string {
	n := t.numbers
	n.Region, n.Shard = country, shard
	return n.CountryKey()
}

func (t *table) youngKey(shard int) string {
	n := t.numbers
	n.Shard = shard
	return n.YoungKey()
}

// add reads entries.
func (t *table) add(ctx context.Context, keys []string) error {
	found, err := t.Entries.Entries(ctx, keys)
	if err != nil {
		return err
	}
	for _, e := range found {
		t.entries[e.Key] = e.At(t.hour)
	}
	return nil
}

// shards returns the entries of a budget: of the shards that the client's rate makes, and of others in use. The process
// that sends may know another rate, and the rate may have been another one until lately.
func (t *table) shards(key func(shard int) string) (all []guard.Entry) {
	for shard := range guard.MaxShards {
		e, ok := t.entries[key(shard)]
		if ok && (shard < t.policy.Shards || inUse(e)) {
			all = append(all, e)
		}
	}
	return all
}

// shardsOf returns the entries of a country.
func (t *table) shardsOf(country string) []guard.Entry {
	return t.shards(func(shard int) string { return t.countryKey(country, shard) })
}

// inUse reports whether an entry has messages of the last 24 hours.
func inUse(e guard.Entry) bool {
	return guard.Sum(e.Unanswered)+guard.Sum(e.Answered)+guard.Sum(e.Refused) > 0
}

// young returns the row of all countries without a baseline, nil if there is no entry.
func (t *table) young() *Row {
	all := t.shards(t.youngKey)
	if len(all) == 0 {
		return nil
	}
	for shard := range t.policy.Shards {
		if _, used := t.entries[t.youngKey(shard)]; !used {
			all = append(all, t.policy.FreshYoung(t.youngKey(shard), t.hour))
		}
	}
	row := t.row(NewCountries, all)
	row.price("", t.Prices)
	return &row
}

// country returns the row of a country. ok is false if nothing was sent there, and no rule names it.
func (t *table) country(country string, young *Row) (row Row, ok bool) {
	all := t.shardsOf(country)
	rule, ruled := t.rules.Rule("", country, t.Now)
	if len(all) == 0 && !ruled {
		return Row{}, false
	}
	row = t.row(Country, all)
	row.Country = country
	row.price(country, t.Prices)
	if len(all) == 0 || slices.ContainsFunc(all, func(e guard.Entry) bool { return e.Young() }) {
		row.Allowance, row.Left, row.Usual = nil, nil, nil
		row.Verdict = Learning
		if young != nil && (young.Verdict == Refusing || young.Verdict == Monitored) {
			row.Verdict = young.Verdict
		}
	}
	if ruled {
		row.rule(rule)
	}
	return row, true
}

// rule sets the verdict of a rule.
func (r *Row) rule(rule clients.GuardRule) { r.Verdict, r.Until = verdictOf(rule), rule.Until }

// row adds up the shards of a budget.
func (t *table) row(kind Kind, shards []guard.Entry) Row {
	r := Row{Client: t.ID, Kind: kind, Verdict: Open}
	var allowance, left, usual int
	var full, low bool
	var since int64
	for _, e := range shards {
		unanswered, answered := guard.Sum(e.Unanswered), guard.Sum(e.Answered)
		r.Sent, r.Answered = r.Sent+unanswered+answered, r.Answered+answered
		r.KnownAnswers += guard.Sum(e.Known)
		r.Refused += guard.Sum(e.Refused)
		allowance, left = allowance+e.Allowance(), left+e.Left
		full, low = full || e.Left < 100, low || e.Low()
		usual, r.Days = max(usual, e.Usual), max(r.Days, len(e.Days))
		if e.Since != 0 && (since == 0 || e.Since < since) {
			since = e.Since
		}
	}
	r.ByHour = t.byHour(shards)
	if r.Sent > 0 {
		r.Conversion = new(float64(r.Answered) / float64(r.Sent))
	}
	if kind != NewCountries {
		r.Usual = new(float64(usual) / 100)
	}
	r.Allowance, r.Left = new(messages(allowance)), new(messages(left))
	if since != 0 {
		r.Since = time.Unix(since*3600, 0).UTC()
	}
	switch {
	case !t.policy.On():
	case full && t.policy.Mode == guard.Monitor:
		r.Verdict = Monitored
	case full:
		r.Verdict = Refusing
	case low:
		r.Verdict = Low
	}
	return r
}

// byHour adds up the counts of the shards of a budget for each hour.
func (t *table) byHour(shards []guard.Entry) []Counts {
	var all []Counts
	for hour := t.hour - int64(period) + 1; hour <= t.hour; hour++ {
		slot, c := guard.Slot(hour), Counts{At: time.Unix(hour*3600, 0).UTC()}
		for _, e := range shards {
			c.Sent += e.Unanswered[slot] + e.Answered[slot]
			c.Answered += e.Answered[slot]
			c.Refused += e.Refused[slot]
		}
		all = append(all, c)
	}
	return all
}

// messages returns whole messages, down to the one that still has room.
func messages(hundredths int) int {
	if hundredths < 0 {
		return -((-hundredths + 99) / 100)
	}
	return hundredths / 100
}

// price sets the cost of what was refused.
func (r *Row) price(country string, prices Prices) {
	r.PriceUSD = prices.of(country)
	r.CostUSD = rounded(float64(r.Refused) * r.PriceUSD)
}

// rounded returns an amount to five decimals: 3 * 0.1 is not 0.30000000000000004.
func rounded(usd float64) float64 { return math.Round(usd*1e5) / 1e5 }

// blocks returns the rows of the blocks that countries name.
func (t *table) blocks(ctx context.Context) (rows []Row, err error) {
	country := map[string]string{} // by the key of a block
	var keys []string
	for _, c := range t.countries {
		for _, e := range t.shardsOf(c) {
			for _, digest := range e.Worst {
				key := guard.BlockKey(t.numbers.Client, digest)
				if country[key] == "" {
					country[key], keys = c, append(keys, key)
				}
			}
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	if err := t.add(ctx, keys); err != nil {
		return nil, err
	}
	for _, key := range keys {
		if e, ok := t.entries[key]; ok && inUse(e) {
			rows = append(rows, t.block(e, country[key]))
		}
	}
	return rows, nil
}

// block returns the row of a block. Its numbers are left out where they cannot be decrypted.
func (t *table) block(e guard.Entry, country string) Row {
	row := t.row(Block, []guard.Entry{e})
	row.Country, row.Days = country, 0
	if e.Label != nil {
		row.Block, _ = t.Maker.Block(t.ID, e.Label)
	}
	row.price(country, t.Prices)
	if rule, ruled := t.rules.Rule(otp.Phone(row.Block), country, t.Now); ruled {
		row.rule(rule)
	}
	return row
}
