package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
)

// AddGuardRule adds a rule, with the date of today. It takes the place of what other rules say about the same countries
// or the same prefix, and rules that are over are removed. Its end must be to come.
func (g Registry) AddGuardRule(ctx context.Context, id string, rule clients.GuardRule) error {
	if !rule.Until.IsZero() && !rule.Until.After(g.Now()) {
		return clients.Named(id, fmt.Errorf("the rule would end on %s, which is over: must be a time to come",
			rule.Until.UTC().Format(time.RFC3339)))
	}
	if rule.Until.UTC().Year() > lastYear {
		return clients.Named(id, fmt.Errorf("the rule would end in the year %d: must be in the year %d or before",
			rule.Until.UTC().Year(), lastYear))
	}
	rule.Until, rule.Added = rule.Until.UTC().Truncate(time.Millisecond), g.now()
	return g.Edit(ctx, id, func(r *clients.Record) error {
		kept, _ := g.withoutTargets(r.Guard.Rules, rule)
		r.Guard.Rules = append(kept, rule)
		return nil
	})
}

// RemoveGuardRules removes what the rules of a client say about the Countries, or about the Prefix, of target. A rule
// about other countries too stays for those. Rules that are over are removed as well. The error wraps
// [documents.ErrNotFound] if no rule is about one of the targets.
func (g Registry) RemoveGuardRules(ctx context.Context, id string, target clients.GuardRule) error {
	return g.Edit(ctx, id, func(r *clients.Record) error {
		kept, missing := g.withoutTargets(r.Guard.Rules, target)
		if len(missing) > 0 {
			return fmt.Errorf("rule about %s: %w", strings.Join(missing, ", "), documents.ErrNotFound)
		}
		r.Guard.Rules = kept
		return nil
	})
}

// withoutTargets returns the rules without those that are over and without what they say about the countries or the
// prefix of target, and which of these no rule was about.
func (g Registry) withoutTargets(
	rules []clients.GuardRule, target clients.GuardRule,
) (kept []clients.GuardRule, missing []string) {
	missing = slices.Clone(target.Countries)
	if target.Prefix != "" {
		missing = append(missing, target.Prefix)
	}
	all := slices.Clone(missing)
	found := func(s string) { missing = slices.DeleteFunc(missing, func(m string) bool { return m == s }) }
	for _, r := range rules {
		if r.Over(g.Now()) {
			continue
		}
		if r.Prefix != "" && slices.Contains(all, r.Prefix) {
			found(r.Prefix)
			continue
		}
		others := slices.DeleteFunc(slices.Clone(r.Countries), func(c string) bool {
			if slices.Contains(all, c) {
				found(c)
				return true
			}
			return false
		})
		if r.Prefix == "" && len(others) == 0 {
			continue
		}
		r.Countries = others
		kept = append(kept, r)
	}
	return kept, missing
}
