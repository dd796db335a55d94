package inquiry

import (
	"context"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/guard"
	"countersign/pkg/guard/report"
	"countersign/pkg/otp"
)

// Guarded is what the guard makes of a message to a number.
type Guarded struct {
	Answered   time.Time `json:"answered,omitzero"` // when the latest right code was typed
	KnownUntil time.Time `json:"knownUntil,omitzero"`
	Guard      string    `json:"guard"`
	GuardWait  string    `json:"guardWait,omitempty"`
	Watched    bool      `json:"watched,omitzero"` // there is no room, and the message goes out: the mode is monitor
}

// Values of [Guarded].Guard beside those of packages guard and report.
const (
	Room  = "sent"  // there is room
	Known = "known" // the number answered, and no budget refuses it
)

// guarded returns what the guard would make of a message, which is not counted. The source of a request is not known
// here.
func (d Desk) guarded(ctx context.Context, n otp.Ledger, now otp.Millis) (g Guarded, err error) {
	known := false
	if n.Answered != 0 {
		g.Answered = n.Answered.Time()
		if until := n.Answered.Add(otp.KnownMemory); until > now {
			known, g.KnownUntil = true, until.Time()
		}
	}
	rule, ruled := d.Client.Rule(d.Number.E164, d.Number.Region, now.Time())
	switch {
	case ruled && rule.Verdict == clients.Block:
		g.Guard = string(report.Blocked)
	case ruled:
		g.Guard = string(report.Allowed)
	case !d.Client.Guard.On():
		g.Guard = string(guard.Off)
	case known:
		g.Guard = Known
	default:
		err = d.try(ctx, now, &g)
	}
	return g, err
}

// try asks the budgets.
func (d Desk) try(ctx context.Context, now otp.Millis, g *Guarded) error {
	m := guard.Message{
		Policy:  d.Client.Guard,
		Numbers: d.Keys.Numbers(d.Client.ID, d.Number.E164, d.Client.Guard.Shards),
		Hour:    now.Hour(),
	}
	m.Mode, m.Region = guard.Enforce, d.Number.Region
	v, err := report.Try(ctx, d.Store, m)
	if err != nil {
		return err
	}
	g.Guard = Room
	if v.Reason != "" {
		g.Guard, g.Watched = string(v.Reason), d.Client.Guard.Mode == guard.Monitor
		g.GuardWait = waiting(otp.GuardWait(v, now))
	}
	return nil
}

// guardWords are the values of Guard in words.
var guardWords = map[string]string{
	Room: "there is room", Known: "no budget refuses a known number", string(guard.Off): "off for the client",
	string(report.Allowed): "allowed by guard allow", string(report.Blocked): "blocked by guard block",
	string(guard.ByBlock): "no room in its block", string(guard.ByCountry): "no room in its country",
	string(guard.ByClient): "no room in new countries",
}

// Words returns what the guard makes of the message in words.
func (g Guarded) Words() string {
	text := guardWords[g.Guard]
	if g.GuardWait != "" {
		text += ", for " + g.GuardWait + " at most"
	}
	if g.Watched {
		text += "; messages go out all the same, as the mode is monitor"
	}
	return text
}
