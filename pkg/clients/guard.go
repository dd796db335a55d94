package clients

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/pattern"
)

// Guard is how package guard treats the messages of a client. The zero value is that of a record without this member.
type Guard struct {
	// Mode of a record from before it was in it: monitor. An update of a running deployment must not refuse people
	// whose numbers and countries it does not know yet.
	Mode guard.Mode `json:"mode,omitempty"`
	// NewCountries is the unanswered messages to new numbers that all countries without a history may have together in
	// 24 hours. Default: [guard.DefaultYoung].
	NewCountries int         `json:"newCountries,omitzero"`
	Rules        []GuardRule `json:"rules,omitempty"` // at most [MaxGuardRules]; default: none
}

// WithDefaults returns g with the default in place of each member that is left out.
func (g Guard) WithDefaults() Guard {
	g.Mode, g.NewCountries = cmp.Or(g.Mode, guard.Monitor), cmp.Or(g.NewCountries, guard.DefaultYoung)
	return g
}

// MaxGuardRules is the most rules of a client, and MaxNewCountries the highest [Guard.NewCountries].
const (
	MaxGuardRules   = 50
	MaxNewCountries = 1_000_000
)

// GuardRule decides about numbers in place of the budgets: those of some countries, or those that begin alike. It has
// either Countries or Prefix.
type GuardRule struct {
	Countries []string     `json:"countries,omitempty"` // ISO 3166-1 alpha-2
	Prefix    string       `json:"prefix,omitempty"`    // a plus and 3 to 12 digits, of the spelling that networks take
	Verdict   GuardVerdict `json:"verdict"`
	// Until is the first instant without the rule. A [Block] may be without an end, the zero time.
	Until time.Time `json:"until,omitzero"`
	Added time.Time `json:"added"`
}

// GuardVerdict is what a rule decides.
type GuardVerdict string

const (
	// Allow: no budget counts or refuses the message.
	Allow GuardVerdict = "allow"
	// Block: no message goes out, not even to a known number.
	Block GuardVerdict = "block"
)

// Over reports whether the rule has ended.
func (r GuardRule) Over(now time.Time) bool { return !r.Until.IsZero() && !now.Before(r.Until) }

// matches returns how closely a number matches the rule: the length of the prefix, 1 for the country, 0 for no match.
func (r GuardRule) matches(to otp.Phone, region string) int {
	switch {
	case r.Prefix != "" && strings.HasPrefix(to.E164(), r.Prefix):
		return len(r.Prefix)
	case r.Prefix == "" && region != "" && slices.Contains(r.Countries, region):
		return 1
	}
	return 0
}

// Rule returns the rule of the operator for a number, given in the spelling that networks take. The longest prefix
// counts, then the country; [Block] counts before [Allow] where both match equally. A number whose country is uncertain
// matches a prefix only.
func (c *Client) Rule(to otp.Phone, region string, now time.Time) (rule GuardRule, ok bool) {
	closest := 0
	for _, r := range c.GuardRules {
		m := r.matches(to, region)
		if m == 0 || r.Over(now) {
			continue
		}
		if m > closest || m == closest && r.Verdict == Block && rule.Verdict == Allow {
			rule, closest = r, m
		}
	}
	return rule, closest > 0
}

// shardRate is the requests of a minute that one shard of a budget takes: 500 a second, half of what DynamoDB writes to
// one key.
const shardRate = 30_000

// unlimitedRate is taken for a client without a rate: what the template's throttle lets through by default.
const unlimitedRate = 60_000

// Policy returns what requests of a client do, by its rate of [Client.PerMinute].
func (g Guard) Policy(perMinute int) guard.Policy {
	if g = g.WithDefaults(); g.Mode == guard.Off {
		return guard.Policy{}
	}
	shards := (cmp.Or(perMinute, unlimitedRate) + shardRate - 1) / shardRate
	return guard.Policy{
		Mode: g.Mode, Young: g.NewCountries, Shards: max(1, min(shards, guard.MaxShards)),
	}
}

// guard reads the member of a record. perMinute is the client's rate.
func (p *parser) guard(perMinute int) (guard.Policy, []GuardRule) {
	g := p.record.Guard
	known := g.Mode == "" || g.Mode == guard.Enforce || g.Mode == guard.Monitor || g.Mode == guard.Off
	p.want(known, "guard.mode", string(g.Mode), "enforce, monitor, off, or left out for monitor")
	p.want(0 <= g.NewCountries && g.NewCountries <= MaxNewCountries, "guard.newCountries", g.NewCountries,
		fmt.Sprintf("1 to %d, or left out for %d", MaxNewCountries, guard.DefaultYoung))
	p.few("guard.rules", len(g.Rules), MaxGuardRules)
	for i, r := range g.Rules {
		p.rule(at("guard.rules", i), r)
	}
	return g.Policy(perMinute), slices.Clone(g.Rules)
}

// rule checks a rule, also one that is over.
func (p *parser) rule(field string, r GuardRule) {
	about := map[bool]string{false: "about neither", true: "about both"}[r.Prefix != ""]
	p.want((r.Prefix == "") != (len(r.Countries) == 0), field, about,
		`about countries such as ["MY"], or about a prefix such as "+60123"`)
	p.few(field+".countries", len(r.Countries), maxRuleCountries)
	for i, c := range r.Countries {
		p.want(country(c), at(field+".countries", i), c, `an upper-case ISO 3166-1 code such as "MY"`)
	}
	if r.Prefix != "" && !RulePrefix(r.Prefix) { // which may be a whole number, and no error shows one
		p.errs = append(p.errs, fmt.Errorf(
			`%s.prefix must be a plus and 3 to 12 digits, the first of them not 0, such as "+60123"`, field))
	}
	p.want(r.Verdict == Allow || r.Verdict == Block, field+".verdict", string(r.Verdict), "allow or block")
	p.want(r.Verdict != Allow || !r.Until.IsZero(), field+".until", r.Until.Format(time.RFC3339),
		"the end of the rule, such as 2026-12-31T18:00:00Z: only a block may be without one")
}

// maxRuleCountries is the number of ISO 3166-1 countries, roughly.
const maxRuleCountries = 250

// RulePrefix reports whether a text is the beginning of a number in E.164 form that is long enough to leave most of the
// world alone, and short enough to be no number: see [GuardRule.Prefix].
func RulePrefix(s string) bool { return len(s) <= 1+12 && prefixForm(s) }

var prefixForm = pattern.Matches(`\A\+[1-9][0-9]{2,}\z`)
