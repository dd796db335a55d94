package main

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/guard/report"

	"countersign/pkg/filetest"
)

// TestGuardPage: docs/guard.md shows a report as the command prints it.
func TestGuardPage(t *testing.T) {
	at := time.Date(2026, 11, 27, 14, 20, 0, 0, time.UTC)
	row := func(kind report.Kind, country, block string, sent, answered, known, allowed, left int) report.Row {
		return report.Row{
			Client: "shop", Kind: kind, Country: country, Block: block,
			Sent: sent, Answered: answered, KnownAnswers: known,
			Conversion: new(float64(answered) / float64(sent)), Usual: new(0.34), Allowance: &allowed, Left: &left,
			Verdict: report.Refusing, Since: at.Truncate(time.Hour),
		}
	}
	country := row(report.Country, "MY", "", 1480, 1085, 1902, 866, 471)
	country.Verdict, country.Refused, country.CostUSD = report.Open, 1992, 99.60
	block := row(report.Block, "MY", "+6012345", 8, 0, 0, 8, 0)
	block.Refused, block.CostUSD = 1992, 99.60
	young := row(report.NewCountries, "", "", 330, 58, 40, 351, 79)
	young.Usual, young.Verdict, young.Since = nil, report.Low, time.Time{}
	text := reportText(report.Report{
		At: at, Rows: []report.Row{country, block, young}, Quiet: 3, Refused: 1992, CostUSD: 99.60,
		Clients: []report.Client{{ID: "shop", Mode: "enforce", Rules: []report.Rule{
			{Verdict: report.Allowed, Prefix: "+6013987", Until: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)},
		}}},
	})
	page := string(filetest.Read(t, "../../docs/guard.md"))
	if want := "```\n" + text + "```\n"; !strings.Contains(page, want) {
		t.Errorf("docs/guard.md lacks the report\n%s", want)
	}
}
