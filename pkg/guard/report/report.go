package report

import (
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/guard"
)

// Report is what the guard knows. docs/guard-report.json describes its JSON.
type Report struct {
	At      time.Time `json:"at"`
	Hours   int       `json:"hours"` // the period of all counts
	Clients []Client  `json:"clients"`
	Rows    []Row     `json:"rows"`
	// Quiet are the rows that are left out: they need no look, see [Options].
	Quiet int `json:"quiet"`
	// Refused are the messages to all countries and clients of the report, and CostUSD what they would have cost.
	Refused int      `json:"refused"`
	CostUSD float64  `json:"costUSD"`
	Notes   []string `json:"notes"`
}

// Client is how the guard treats a client.
type Client struct {
	ID           string     `json:"client"`
	Mode         guard.Mode `json:"mode"`
	NewCountries int        `json:"newCountries"` // unanswered messages of all countries without a baseline
	Rules        []Rule     `json:"rules"`
}

// Rule is a decision of the operator.
type Rule struct {
	Verdict   Verdict   `json:"verdict"`             // Allowed or Blocked
	Countries []string  `json:"countries,omitempty"` // either these
	Prefix    string    `json:"prefix,omitempty"`    // or numbers that begin with this, such as "+6012345"
	Until     time.Time `json:"until,omitzero"`      // missing: until it is removed
}

// ClientOf returns how a client's record has the guard treat it. Rules that are over are in it.
func ClientOf(id string, g clients.Guard) Client {
	g = g.WithDefaults()
	c := Client{ID: id, Mode: g.Mode, NewCountries: g.NewCountries, Rules: []Rule{}}
	for _, r := range g.Rules {
		c.Rules = append(c.Rules, Rule{
			Verdict: verdictOf(r), Countries: r.Countries, Prefix: r.Prefix, Until: r.Until,
		})
	}
	return c
}

func verdictOf(r clients.GuardRule) Verdict {
	if r.Verdict == clients.Allow {
		return Allowed
	}
	return Blocked
}

// Kind of a row.
type Kind string

const (
	Country      Kind = "country"
	Block        Kind = "block"
	NewCountries Kind = "newCountries" // all countries of a client without a baseline
)

// Verdict of a row.
type Verdict string

const (
	Open      Verdict = "open"
	Low       Verdict = "low"       // see [guard.Entry.Low]
	Refusing  Verdict = "refusing"  // messages to new numbers are refused
	Monitored Verdict = "monitored" // they would be refused, and go out
	Learning  Verdict = "learning"  // a country without a baseline: its row newCountries has the room
	Allowed   Verdict = "allowed"   // by a rule
	Blocked   Verdict = "blocked"   // by a rule
)

// Row is one budget, in messages of the last 24 hours to new numbers.
type Row struct {
	Client  string `json:"client"`
	Kind    Kind   `json:"kind"`
	Country string `json:"country,omitempty"` // [guard.Uncertain] for numbers without a certain one
	Block   string `json:"block,omitempty"`   // what the numbers begin with
	Sent    int    `json:"sent"`
	// Answered are those of Sent that led to a right code; KnownAnswers come from known numbers and are not in Sent.
	Answered     int `json:"answered"`
	KnownAnswers int `json:"knownAnswers"`
	// Conversion is Answered / Sent; missing if nothing was sent.
	Conversion *float64 `json:"conversion,omitempty"`
	// Usual are the unanswered messages for each answered one on the country's Days; missing if that is not known.
	Usual *float64 `json:"usual,omitempty"`
	Days  int      `json:"days,omitzero"`
	// Allowance are the unanswered messages that may be there, and Left those that still may come; below 0 if more are
	// there. Both are missing for a country that learns.
	Allowance *int      `json:"allowance,omitempty"`
	Left      *int      `json:"left,omitempty"`
	Verdict   Verdict   `json:"verdict"`
	Until     time.Time `json:"until,omitzero"` // of the rule
	Since     time.Time `json:"since,omitzero"` // when the refusals began that go on
	// Refused messages would have cost CostUSD, at PriceUSD each.
	Refused  int     `json:"refused"`
	PriceUSD float64 `json:"priceUSD,omitzero"`
	CostUSD  float64 `json:"costUSD"`
	// ByHour are the counts of each of the 24 hours, the oldest first, for plots.
	ByHour []Counts `json:"-"`
}

// Counts are the messages to new numbers of an hour: those that were sent in it, of which some were answered since, and
// those that were refused in it.
type Counts struct {
	At                      time.Time // when the hour begins
	Sent, Answered, Refused int
}

// Options choose the rows.
type Options struct {
	Country string // "" is all
	// All has each budget that has an entry. Otherwise the report has what an operator has to look at: rows of rules,
	// and rows that are neither open nor learning, or with refusals.
	All bool
}

// shown reports whether a row belongs into the report.
func (o Options) shown(r Row) bool {
	return o.All || r.Refused > 0 || r.Verdict != Open && r.Verdict != Learning
}
