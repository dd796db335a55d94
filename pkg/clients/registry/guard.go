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
	if !rule.Until.IsZero() {
		if err := g.checkEnd("rule", rule.Until); err != nil {
			return clients.Named(id, err)
		}
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

// withoutTargets returns the rules without those that are over and without what they say about the targets of another
// rule, and which of these no rule was about.
func (g Registry) withoutTargets(
	rules []clients.GuardRule, about clients.GuardRule,
) (kept []clients.GuardRule, missing []string) {
	missing = targets(about)
	for _, r := range rules {
		if r.Over(g.Now()) {
			continue
		}
		missing = others(missing, targets(r))
		r.Countries = others(r.Countries, about.Countries)
		if r.Prefix != "" && r.Prefix != about.Prefix || len(r.Countries) > 0 {
			kept = append(kept, r)
		}
	}
	return kept, missing
}

// others returns all but some.
func others(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}

// targets are what a rule is about: its countries, or its prefix alone.
func targets(r clients.GuardRule) []string {
	if r.Prefix != "" {
		return []string{r.Prefix}
	}
	return r.Countries
}
