package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/config"
	"countersign/pkg/documents"
	"countersign/pkg/guard/report"
	"countersign/pkg/localserver"
	"countersign/pkg/openstore"
	"countersign/pkg/phone/plan"
)

type guardReport struct {
	place
	ID      string     `arg:"" optional:"" name:"client" help:"guard_client"`
	Country string     `placeholder:"CC" help:"guard_country"`
	All     bool       `help:"guard_all"`
	Price   []ownPrice `sep:"none" placeholder:"[CC=]USD" help:"guard_price"`
}

// Run prints the budgets of clients.
func (c *guardReport) Run(ctx context.Context) (err error) {
	prices, note, err := c.prices()
	if err != nil {
		return err
	}
	if err := report.CheckCountry(c.Country); err != nil {
		return fmt.Errorf("--country: %w", err)
	}
	store, cfg, err := c.store(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	records, err := c.records(ctx, store, cfg)
	if err != nil {
		return err
	}
	ring, err := c.ring()
	if err != nil {
		return err
	}
	m := report.Maker{Entries: store, Block: ring.Keys(ctx).Block, Prices: prices, Now: time.Now()}
	subjects := report.Subjects(records, cfg.RequestsPerMinute)
	r, err := m.Make(ctx, subjects, report.Options{Country: c.Country, All: c.All})
	if err != nil {
		return err
	}
	if r.Refused > 0 && note != "" {
		r.Notes = append(r.Notes, note)
	}
	return c.answer(r, reportText(r))
}

// ownPrice is a flag: the price of a message, to one country or to all others.
type ownPrice struct {
	country string
	usd     float64
}

// UnmarshalText implements [encoding.TextUnmarshaler], for kong.
func (p *ownPrice) UnmarshalText(text []byte) (err error) {
	country, usd, named := strings.Cut(string(text), "=")
	if !named {
		country, usd = "", country
	}
	if p.usd, err = strconv.ParseFloat(usd, 64); err != nil || !(p.usd >= 0 && p.usd <= 100) {
		return errors.New("must be a price in USD from 0 to 100, such as 0.05 or MY=0.05")
	}
	if named {
		err = plan.CheckCountries([]string{country})
	}
	p.country = country
	return err
}

// prices returns those of messages, and a note where they are not the operator's.
func (c *guardReport) prices() (all report.Prices, note string, err error) {
	if all, note, err = report.ListPrices(); err != nil {
		return nil, "", err
	}
	for _, p := range c.Price {
		all[p.country] = p.usd
		if p.country == "" {
			note = ""
		}
	}
	return all, note, nil
}

// records returns the records of the clients of the report, and in a local folder one for the demo client, which has
// none there.
func (c *guardReport) records(
	ctx context.Context, store openstore.Store, cfg config.Config,
) (all []clients.Record, err error) {
	demo := localserver.DemoRecord()
	local := !c.at().Deployed()
	if c.ID != "" {
		r, err := c.record(ctx, store, cfg, c.ID)
		if errors.Is(err, documents.ErrNotFound) && local && c.ID == demo.ID {
			r, err = demo, nil
		}
		return []clients.Record{r}, err
	}
	if all, err = (registry.Registry{Table: store.Documents()}).List(ctx); err != nil {
		warn("some clients are left out: %v", err)
	}
	if local {
		all = report.WithDemo(all, demo)
	}
	return all, nil
}

// reportText is a report for people.
func reportText(r report.Report) string {
	var parts []string
	if len(r.Rows) > 0 {
		rows := [][]string{{
			"CLIENT", "COUNTRY", "NUMBERS", "SENT", "ANSWERED", "BY KNOWN", "USUAL", "ALLOWED", "LEFT", "VERDICT",
			"SINCE (UTC)", "REFUSED", "USD",
		}}
		for _, row := range r.Rows {
			rows = append(rows, reportCells(row))
		}
		parts = append(parts, columns(rows...))
	}
	parts = append(parts, reportSum(r))
	for _, c := range r.Clients {
		if c.Mode == "enforce" && len(c.Rules) == 0 {
			continue
		}
		rows := [][]string{{"client " + quoted(c.ID), string(c.Mode)}}
		parts = append(parts, columns(append(rows, ruleRows(c, r.At)...)...))
	}
	if len(r.Notes) > 0 {
		parts = append(parts, strings.Join(r.Notes, "\n")+"\n")
	}
	return strings.Join(parts, "\n")
}

// reportSum is what all rows come to.
func reportSum(r report.Report) string {
	if len(r.Clients) == 0 {
		return "There is no client.\n"
	}
	text := "In 24 hours no message was refused."
	if r.Refused > 0 {
		text = fmt.Sprintf("In 24 hours %s refused, which would have cost %.2f USD.",
			count(r.Refused, "message was", "messages were"), r.CostUSD)
	}
	if r.Quiet > 0 {
		text += fmt.Sprintf(" %s no look: --all prints them.", count(r.Quiet, "more budget needs", "more budgets need"))
	}
	return text + "\n"
}

// reportCells are the cells of a row.
func reportCells(r report.Row) []string {
	country, numbers := r.Numbers()
	answered := fmt.Sprint(r.Answered)
	if r.Conversion != nil {
		answered += fmt.Sprintf(" (%.0f %%)", 100**r.Conversion)
	}
	usual := "-"
	if r.Usual != nil {
		usual = fmt.Sprintf("%.2f", *r.Usual)
	}
	verdict := string(r.Verdict)
	if !r.Until.IsZero() {
		verdict += " until " + r.Until.Format(time.DateTime)
	}
	since := "-"
	if !r.Since.IsZero() {
		since = r.Since.Format("2006-01-02 15:04")
	}
	return []string{
		quoted(r.Client), country, numbers, fmt.Sprint(r.Sent), answered, fmt.Sprint(r.KnownAnswers), usual,
		cell(r.Allowance), cell(r.Left), verdict, since, fmt.Sprint(r.Refused), fmt.Sprintf("%.2f", r.CostUSD),
	}
}

// cell is a number that may be missing.
func cell(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}
