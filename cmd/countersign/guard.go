package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/guard"
	"countersign/pkg/guard/report"
	"countersign/pkg/inquiry"
	"countersign/pkg/phone/plan"
)

var guardHelp = texts{
	"guard": "See what the guard refuses, and decide in its place: nobody pays for messages that nobody answers.",

	"guard_report": "Print the budgets of unanswered messages that refuse somebody or soon may, and what that saved.",
	"guard_allow": "Send to countries, or to numbers that begin alike, whatever the budgets say, until a time. No " +
		"message there is counted.",
	"guard_block":   "Send nothing to countries, or to numbers that begin alike, until a time or until unblocked.",
	"guard_unblock": "Remove what allow and block decided about countries, or about numbers that begin alike.",
	"guard_mode":    "Let the guard of a client refuse, only watch, or be off.",

	"guard_targets": "Countries such as MY, or the beginning of numbers such as +6012345: a plus and 3 to 12 digits.",
	"guard_until": "The last day in UTC, such as 2026-12-31, the time of the end, such as 2026-12-31T18:00:00Z, or " +
		"+24h or +7d from now.",
	"guard_of":      "The client that is meant.",
	"guard_client":  "The client whose budgets are meant. Without it, all clients.",
	"guard_country": "The country that is meant, such as MY. Without it, all.",
	"guard_all":     "Print also budgets with room, and countries that are still learned.",
	"guard_price": "What a message costs you, in USD: 0.05, or MY=0.05 for one country. May be repeated. Default: " +
		"that of a message to the US in docs/prices.json, a low one.",
	"guard_modes": "enforce: what has no room is refused. monitor: it goes out, and is reported. off: nothing is " +
		"counted.",
	"guard_new": "Unanswered messages in 24 hours that all countries without a history may have together; 0 is the " +
		"default, " + strconv.Itoa(guard.DefaultYoung) + ".",
}

type guardCommands struct {
	Report  guardReport  `cmd:"" help:"guard_report"`
	Allow   guardAllow   `cmd:"" help:"guard_allow"`
	Block   guardBlock   `cmd:"" help:"guard_block"`
	Unblock guardUnblock `cmd:"" help:"guard_unblock"`
	Mode    guardMode    `cmd:"" help:"guard_mode"`
}

// Help describes the JSON of the commands.
func (guardCommands) Help() string {
	return `With --json, report prints what docs/guard-report.json describes, and each other command {client, mode, ` +
		`newCountries, rules}: rules are {verdict, countries, prefix, until}, where verdict is allowed or blocked, ` +
		`and a rule has either countries or a prefix.

A change works within 30 seconds everywhere, and locally within about a second. docs/guard.md explains the budgets.`
}

// guardTarget is what a rule is about.
type guardTarget struct {
	place
	Client string   `required:"" placeholder:"ID" help:"guard_of"`
	Target []string `arg:"" help:"guard_targets"`
}

// rule returns a rule about the target, without a verdict.
func (c guardTarget) rule() (r clients.GuardRule, err error) {
	if strings.HasPrefix(c.Target[0], "+") {
		r.Prefix = inquiry.Ungrouped(strings.Join(c.Target, ""))
		if !clients.RulePrefix(r.Prefix) {
			return r, fmt.Errorf("%q: must be one beginning of numbers, a plus and 3 to 12 digits such as +6012345; "+
				"countries need a command of their own", strings.Join(c.Target, " "))
		}
		return r, nil
	}
	for _, some := range c.Target {
		r.Countries = append(r.Countries, strings.Split(some, ",")...)
	}
	if slices.Contains(r.Countries, clients.Everywhere) {
		return r, errors.New("* is no country: client disable stops a client, and guard mode changes its guard")
	}
	for _, some := range r.Countries {
		if strings.ContainsAny(some, "0123456789") {
			return r, fmt.Errorf("%q: must be countries such as MY, or one beginning of numbers such as +6012345, "+
				"with its plus and without countries beside it", some)
		}
	}
	slices.Sort(r.Countries)
	r.Countries = slices.Compact(r.Countries)
	return r, plan.CheckCountries(r.Countries)
}

// decide changes what the client's rules say about the target, and prints its guard.
func (c guardTarget) decide(
	ctx context.Context, change func(ctx context.Context, g registry.Registry, r clients.GuardRule) error,
) error {
	rule, err := c.rule()
	if err != nil {
		return err
	}
	return c.on(ctx, func(b *books) error {
		if err := change(ctx, b.clients, rule); err != nil {
			return err
		}
		return c.showGuard(ctx, b, c.Client)
	})
}

// add adds a rule about the target.
func (c guardTarget) add(ctx context.Context, v clients.GuardVerdict, end until) error {
	return c.decide(ctx, func(ctx context.Context, g registry.Registry, r clients.GuardRule) error {
		r.Verdict, r.Until = v, end.Time
		err := g.AddGuardRule(ctx, c.Client, r)
		if err == nil && r.Prefix != "" {
			warnOfPrefix(r.Prefix)
		}
		return err
	})
}

// warnOfPrefix warns of a rule that is about no number, such as one in a spelling that people use and networks do not.
func warnOfPrefix(prefix string) {
	switch p := numbersWith(prefix); {
	case p.sent != "":
		warn("the rule is about no number: one such as %s is sent to as %s, and a rule needs that spelling",
			p.written, p.sent)
	case p.none:
		warn("the rule is about no number: none begins with %s", prefix)
	}
}

type guardAllow struct {
	guardTarget
	Until until `required:"" placeholder:"DAY|TIME|+DURATION" help:"guard_until"`
}

// Run lets messages go out.
func (c *guardAllow) Run(ctx context.Context) error { return c.add(ctx, clients.Allow, c.Until) }

type guardBlock struct {
	guardTarget
	Until until `placeholder:"DAY|TIME|+DURATION" help:"guard_until"`
}

// Run keeps messages back.
func (c *guardBlock) Run(ctx context.Context) error { return c.add(ctx, clients.Block, c.Until) }

type guardUnblock struct{ guardTarget }

// Run leaves the target to the budgets.
func (c *guardUnblock) Run(ctx context.Context) error {
	return c.decide(ctx, func(ctx context.Context, g registry.Registry, r clients.GuardRule) error {
		return g.RemoveGuardRules(ctx, c.Client, r)
	})
}

type guardMode struct {
	place
	aClient
	Mode         string `arg:"" optional:"" enum:"enforce,monitor,off," default:"" help:"guard_modes"`
	NewCountries *int   `placeholder:"N" help:"guard_new"`
}

// Run sets how a client's messages are bounded.
func (c *guardMode) Run(ctx context.Context) error {
	if c.Mode == "" && c.NewCountries == nil {
		return errors.New("nothing to change: give enforce, monitor or off, or --new-countries")
	}
	return c.on(ctx, func(b *books) error {
		err := b.clients.Edit(ctx, c.ID, func(r *clients.Record) error {
			if c.Mode != "" {
				r.Guard.Mode = guard.Mode(c.Mode)
			}
			set(&r.Guard.NewCountries, c.NewCountries)
			return nil
		})
		if err != nil {
			return err
		}
		return c.showGuard(ctx, b, c.ID)
	})
}

// showGuard prints how the guard treats a client now.
func (p place) showGuard(ctx context.Context, b *books, id string) error {
	r, err := b.clients.Get(ctx, id)
	if err != nil {
		return err
	}
	c := report.ClientOf(r.ID, r.Guard)
	return p.answer(c, columns(append([][]string{
		{"client", quoted(c.ID)},
		{"mode", string(c.Mode)},
		{"new countries", fmt.Sprint(c.NewCountries, " unanswered messages in 24 hours")},
	}, ruleRows(c, time.Now())...)...))
}

// ruleRows are the lines of a client's rules.
func ruleRows(c report.Client, now time.Time) (rows [][]string) {
	for _, r := range c.Rules {
		rows = append(rows, []string{string(r.Verdict), r.Target() + ", " + r.End(now)})
	}
	return rows
}

// mostDays is the longest duration of a rule. A rule without an end needs none.
const mostDays = 3650

// until is the flag for the end of a rule: a day, a time, or a duration from now.
type until struct{ day }

// UnmarshalText implements [encoding.TextUnmarshaler], for kong.
func (u *until) UnmarshalText(text []byte) error {
	given, relative := strings.CutPrefix(string(text), "+")
	if !relative {
		if err := u.day.UnmarshalText(text); err != nil {
			return fmt.Errorf("%w, or a duration from now such as +24h or +7d", err)
		}
		return nil
	}
	var d time.Duration
	var err error
	if number, days := strings.CutSuffix(given, "d"); days {
		var n int
		n, err = strconv.Atoi(number)
		d = time.Duration(min(n, mostDays+1)) * 24 * time.Hour
	} else {
		d, err = time.ParseDuration(given)
	}
	if err != nil || d <= 0 || d > mostDays*24*time.Hour {
		return fmt.Errorf("must be a duration such as +24h or +7d, above 0 and up to +%dd", mostDays)
	}
	u.Time = time.Now().UTC().Add(d).Truncate(time.Second)
	return nil
}
