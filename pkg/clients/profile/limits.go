package profile

import (
	"fmt"
	"strconv"
	"strings"

	"countersign/pkg/clients"
)

// Limit is a limit of a client as it is in force.
type Limit struct {
	Name, Text string
	Own        bool   // the record has it; else the deployment
	Flag       string // of client set
}

// Unlimited is the text of a limit that there is not.
const Unlimited = "any number"

// InForce returns the limits of a client under those of its deployment.
func InForce(r clients.Record, d clients.Defaults) []Limit {
	p, l := r.Limits.Over(d.Policy), r.Limits
	duration := func(d clients.Duration) string { return d.String() }
	all := []Limit{
		{"digits of a code", strconv.Itoa(p.Digits), l.Digits != nil, "--digits"},
		{"lifetime of a code", duration(clients.Duration(p.Validity)), l.Validity != nil, "--validity"},
		{"guesses at one code", strconv.Itoa(p.Attempts), l.Attempts != nil, "--attempts"},
		{"time between two messages to a number", duration(clients.Duration(p.Cooldown)), l.Cooldown != nil,
			"--cooldown"},
		{"messages to a number in an hour", strconv.Itoa(p.PerHour), l.PerHour != nil, "--per-hour"},
		{"messages to a number in 24 hours", strconv.Itoa(p.PerDay), l.PerDay != nil, "--per-day"},
		{"messages in a row without a right code", strconv.Itoa(p.Unanswered), l.Unanswered != nil, "--unanswered"},
		{"longest pause after that", duration(clients.Duration(p.Pause)), l.Pause != nil, "--pause"},
		{"memory of a repeated init", duration(clients.Duration(p.Memory)), l.Memory != nil, "--memory"},
		atMost("requests in a minute", r.PerMinute, d.RequestsPerMinute, "--per-minute"),
		atMost("messages in a day of UTC", r.MessagesPerDay, d.MessagesPerDay, "--messages-per-day"),
		either("brand", r.Brand, d.Brand, "--brand"),
		either("language", r.Language, d.Language, "--language"),
	}
	if l.PerHour == nil && p.PerHour < d.Policy.PerHour {
		all[4].Text += ", as its day has no more"
	}
	return all
}

// atMost is a number of the client's own, else the deployment's, where 0 is no limit.
func atMost(name string, own, deployment int, flag string) Limit {
	switch {
	case own != 0:
		return Limit{name, fmt.Sprint(own), true, flag}
	case deployment == 0:
		return Limit{name, Unlimited, false, flag}
	}
	return Limit{name, fmt.Sprint(deployment), false, flag}
}

func either(name, own, deployment, flag string) Limit {
	if own = strings.TrimSpace(own); own != "" {
		return Limit{name, own, true, flag}
	}
	return Limit{name, deployment, false, flag}
}
