package main

import (
	"context"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/guard"
	"countersign/pkg/guard/report"
	"countersign/pkg/otp"
)

// guarded is what the guard makes of a message to a number.
type guarded struct {
	Answered   time.Time `json:"answered,omitzero"`
	KnownUntil time.Time `json:"knownUntil,omitzero"`
	Guard      string    `json:"guard"`
	GuardWait  string    `json:"guardWait,omitempty"`
	Watched    bool      `json:"watched,omitzero"` // there is no room, and the message goes out: the mode is monitor
}

// guarded returns what the guard would make of a message, which is not counted. The source of a request is not known
// here.
func (d desk) guarded(ctx context.Context, n otp.Ledger, now otp.Millis) (g guarded, err error) {
	known := false
	if n.Answered != 0 {
		g.Answered = n.Answered.Time()
		if until := n.Answered.Add(otp.KnownMemory); until > now {
			known, g.KnownUntil = true, until.Time()
		}
	}
	rule, ruled := d.client.Rule(d.number.E164, d.number.Region, now.Time())
	switch {
	case ruled && rule.Verdict == clients.Block:
		g.Guard = string(report.Blocked)
	case ruled:
		g.Guard = string(report.Allowed)
	case !d.client.Guard.On():
		g.Guard = string(guard.Off)
	case known:
		g.Guard = "known"
	default:
		err = d.try(ctx, now, &g)
	}
	return g, err
}

// try asks the budgets.
func (d desk) try(ctx context.Context, now otp.Millis, g *guarded) error {
	m := guard.Message{
		Policy:  d.client.Guard,
		Numbers: d.keys.Numbers(d.client.ID, d.number.E164, d.client.Guard.Shards),
		Hour:    now.Hour(),
	}
	m.Mode, m.Region = guard.Enforce, d.number.Region
	v, err := report.Try(ctx, d.store, m)
	if err != nil {
		return err
	}
	g.Guard = "sent"
	if v.Reason != "" {
		g.Guard, g.Watched = string(v.Reason), d.client.Guard.Mode == guard.Monitor
		g.GuardWait = waiting(otp.GuardWait(v, now))
	}
	return nil
}

// rows are the lines of the guard.
func (g guarded) rows() [][]string {
	answered := "never, as far as is known"
	if !g.Answered.IsZero() {
		answered = g.Answered.Format(time.DateTime)
	}
	if !g.KnownUntil.IsZero() {
		answered += ", known until " + g.KnownUntil.Format(time.DateTime)
	}
	text := map[string]string{
		"sent": "there is room", "known": "no budget refuses a known number", string(guard.Off): "off for the client",
		string(report.Allowed): "allowed by guard allow", string(report.Blocked): "blocked by guard block",
		string(guard.ByBlock): "no room in its block", string(guard.ByCountry): "no room in its country",
		string(guard.ByClient): "no room in new countries",
	}[g.Guard]
	if g.GuardWait != "" {
		text += ", for " + g.GuardWait + " at most"
	}
	if g.Watched {
		text += "; messages go out all the same, as the mode is monitor"
	}
	return [][]string{{"answered (UTC)", answered}, {"guard", text}}
}
