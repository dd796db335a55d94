package console

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
	"countersign/pkg/guard"
	"countersign/pkg/guard/report"
)

// guardClients is how many clients a report has. A client that may send everywhere has some thousand entries to read.
const guardClients = 10

// guardPage is the content of the guard's page.
type guardPage struct {
	Client, Country, Budget string // what was asked for
	All                     bool
	ClientError             string
	CountryError            string

	Made       bool // there is a report
	Report     report.Report
	Rows       []guardRow
	Budgets    budgetPlot
	Hours      hourPlot
	HoursOf    string // whose hours they are
	NoBudget   bool   // the one that was asked for is not there
	Clients    []guardClient
	Pager      pager
	Unreadable []string
	Flags      string // that commands need
}

// guardRow is a budget.
type guardRow struct {
	report.Row
	ID                  string // of its element
	Who, Where, Numbers string
	Mark, Meaning       string
	For, Change         string // what the command is for, and the command
	Link                string // to the page with the hours of this budget
	Chosen              bool
}

// guardClient is how the guard treats a client.
type guardClient struct {
	Who   string
	Link  string
	Mode  guard.Mode
	Rules []guardRule
	For   string // what the command that changes the mode does
	Modes string // the command
}

// guardRule is a decision of the operator.
type guardRule struct {
	report.Rule
	About, End, Change string
}

// guard shows the report of the guard.
func (c *Console) guard(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p := guardPage{
		Client: q.Get("client"), Country: strings.ToUpper(strings.TrimSpace(q.Get("country"))), All: q.Get("all") != "",
		Budget: q.Get("budget"), Flags: placeFlags(c.Place),
	}
	records, err := c.guardRecords(r.Context(), &p, q)
	if err == nil && p.ClientError+p.CountryError == "" {
		err = c.guardReport(r.Context(), &p, records)
	}
	if err != nil {
		c.fault(w, r, err)
		return
	}
	status := http.StatusOK
	if p.ClientError+p.CountryError != "" {
		status = http.StatusUnprocessableEntity
	}
	c.show(w, r, status, "guard.html", "/console/guard", "Guard", p)
}

// guardRecords returns the records of the clients that the page is about. It sets the errors of the fields.
func (c *Console) guardRecords(ctx context.Context, p *guardPage, q url.Values) ([]clients.Record, error) {
	if err := report.CheckCountry(p.Country); err != nil {
		p.CountryError = "The country must be a code such as MY."
		if len(p.Country) <= 2 { // else a link of a stranger could have any sentence there
			p.CountryError += " " + sentence(err.Error())
		}
	}
	if p.Client != "" {
		found, err := c.recordOf(ctx, p.Client)
		var broken registry.Unreadable
		switch {
		case errors.Is(err, documents.ErrNotFound):
			p.ClientError = "There is no client of this id. The page Clients has all ids."
			return nil, nil
		case errors.As(err, &broken):
			p.ClientError = "The record of this client cannot be read."
			return nil, nil
		}
		return []clients.Record{found}, err
	}
	all, unreadable, err := c.allRecords(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range unreadable {
		p.Unreadable = append(p.Unreadable, shownID(id))
	}
	p.Pager = newPager(q, len(all), guardClients)
	return all[p.Pager.From:p.Pager.To], nil
}

// guardReport makes the report.
func (c *Console) guardReport(ctx context.Context, p *guardPage, records []clients.Record) error {
	prices, note, err := report.ListPrices()
	if err != nil {
		return err
	}
	blocks := &blockNames{console: c, ctx: ctx}
	m := report.Maker{Entries: c.Store, Block: blocks.of, Prices: prices, Now: c.Now()}
	subjects := report.Subjects(records, c.Config.RequestsPerMinute)
	if p.Report, err = m.Make(ctx, subjects, report.Options{Country: p.Country, All: p.All}); err != nil {
		return err
	}
	p.Made = true
	if p.Report.Refused > 0 {
		p.Report.Notes = append(p.Report.Notes, strings.TrimSuffix(note, "--price takes yours.")+
			"countersign guard report --price takes yours.")
	}
	if blocks.err != nil {
		c.Log.Error("console", "page", "guard", "cause", blocks.err.Error())
		p.Report.Notes = append(p.Report.Notes,
			"The keyring cannot be read, so the beginnings of the numbers of blocks are not shown. "+remedy(blocks.err))
	}
	p.Budgets = plotBudgets(p.Report.Rows, len(records) > 1)
	for _, row := range p.Report.Rows {
		p.Rows = append(p.Rows, p.row(row))
	}
	p.hours()
	for _, of := range p.Report.Clients {
		p.Clients = append(p.Clients, guardClientOf(of, p.Report.At))
	}
	return nil
}

// blockNames decrypts the beginnings of blocks. It opens the keyring when the first block asks for it.
type blockNames struct {
	console *Console
	ctx     context.Context
	err     error // of the keyring
}

func (b *blockNames) of(client string, label []byte) (string, error) {
	ring, err := b.console.Ring()
	if err != nil {
		b.err = err
		return "", err
	}
	return ring.Keys(b.ctx).Block(client, label)
}

// row returns a row of the table.
func (p *guardPage) row(r report.Row) guardRow {
	sum := sha256.Sum256(fmt.Append(nil, r.Client, "\x00", r.Kind, "\x00", r.Country, "\x00", r.Block))
	row := guardRow{Row: r, ID: hex.EncodeToString(sum[:6]), Who: shownID(r.Client)}
	row.Where, row.Numbers = r.Numbers()
	row.Chosen = row.ID == p.Budget
	row.Mark, row.Meaning = verdictWords(r.Verdict)
	for _, c := range p.Report.Clients {
		if c.ID == r.Client {
			row.For, row.Change = changeOf(r, c.NewCountries)
		}
	}
	row.Link = p.address(row.ID) + "#hours"
	return row
}

// address returns that of the page, with the hours of a budget.
func (p *guardPage) address(budget string) string {
	return pageAddress("/console/guard", map[string]string{
		"client": p.Client, "country": p.Country, "all": map[bool]string{true: "1"}[p.All],
		"page": p.Pager.here(), "budget": budget,
	})
}

// PageLink is the address of another page of clients.
func (p guardPage) PageLink(steps int) string {
	p.Pager.Page += steps
	return p.address("")
}

// hours chooses the hours of the plot: those of the budget that was asked for, else of all countries of the report.
func (p *guardPage) hours() {
	var sum []report.Counts
	for _, r := range p.Rows {
		if r.Chosen {
			p.HoursOf = r.Who + ", " + r.Where + ", " + r.Numbers
			p.Hours = plotHours(r.ByHour)
			return
		}
		if r.Kind != report.Country {
			continue // its messages are in the row of their country
		}
		if sum == nil {
			sum = slices.Clone(r.ByHour)
			continue
		}
		for i, c := range r.ByHour {
			sum[i].Sent, sum[i].Answered, sum[i].Refused = sum[i].Sent+c.Sent, sum[i].Answered+c.Answered,
				sum[i].Refused+c.Refused
		}
	}
	p.NoBudget = p.Budget != ""
	p.HoursOf, p.Hours = "the countries of the table", plotHours(sum)
}

// verdictWords returns the class of a verdict, and what it means.
func verdictWords(v report.Verdict) (mark, meaning string) {
	switch v {
	case report.Low:
		return "warn", "Less than 30 % of the room beyond what is usual is left."
	case report.Refusing:
		return "bad", "Messages to new numbers are refused."
	case report.Monitored:
		return "warn", "Messages to new numbers would be refused. They go out, because the mode is monitor."
	case report.Learning:
		return "", "The country has no baseline: all new ones have its room."
	case report.Allowed:
		return "good", "A rule of the operator lets all messages out."
	case report.Blocked:
		return "bad", "A rule of the operator lets no message out."
	}
	return "good", "There is room."
}

// changeOf returns the command that decides otherwise about a budget, "" for none, and what it is for. newCountries is
// what all countries of the client without a baseline have.
func changeOf(r report.Row, newCountries int) (purpose, command string) {
	target := cmp.Or(r.Block, r.Country)
	switch {
	case r.Verdict == report.Allowed || r.Verdict == report.Blocked:
		return "", "" // the rules of the client have it
	case r.Kind == report.NewCountries || r.Verdict == report.Learning:
		more := min(2*cmp.Or(newCountries, guard.DefaultYoung), clients.MaxNewCountries)
		return "For a launch that needs more room:",
			commandFor(fmt.Sprint("guard mode ID --new-countries ", more), r.Client)
	case r.Verdict == report.Monitored:
		return "To refuse them:", commandFor("guard mode ID enforce", r.Client)
	case r.Kind == report.Block && r.Block == "" || target == guard.Uncertain:
		return "", ""
	case r.Verdict == report.Open:
		return "To let nothing out:", commandFor("guard block "+target+" --client ID", r.Client)
	}
	return "Only for honest people, as nothing stops an attack then:",
		commandFor("guard allow "+target+" --client ID --until +24h", r.Client)
}

// guardClientOf returns how the guard treats a client.
func guardClientOf(c report.Client, now time.Time) guardClient {
	purpose, other := "To refuse what has no room:", guard.Enforce
	if c.Mode == guard.Enforce {
		purpose, other = "To let all out, and only watch:", guard.Monitor
	}
	g := guardClient{
		Who: shownID(c.ID), Link: clientLink(c.ID), Mode: c.Mode,
		For: purpose, Modes: commandFor("guard mode ID "+string(other), c.ID),
	}
	for _, r := range c.Rules {
		rule := guardRule{Rule: r, End: r.End(now)}
		r.Prefix = maskedPrefix(r.Prefix)
		rule.About, rule.Prefix = r.Target(), r.Prefix
		target := cmp.Or(rule.Prefix, strings.Join(r.Countries, " "))
		if strings.Contains(target, "*") {
			target = "PREFIX"
		}
		rule.Change = commandFor("guard unblock "+target+" --client ID", c.ID)
		g.Rules = append(g.Rules, rule)
	}
	return g
}
