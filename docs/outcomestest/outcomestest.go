// Package outcomestest reads the table of outcomes in docs/contracts.md, so that the tests of each contract
// can hold it to their results.
package outcomestest

import (
	"slices"
	"strings"
	"testing"

	"countersign/pkg/filetest"
	"countersign/pkg/otp"
)

// Columns of the table.
const (
	AMS       = "AMS/DWS"
	Unimatrix = "Unimatrix"
	Cognito   = "Cognito"
)

// None is the cell of an outcome that a contract cannot have.
const None = "–"

// Column returns the cells of a column by their outcome. page is the path of docs/contracts.md. A row that is missing,
// or is about no outcome, fails the test.
func Column(t testing.TB, page, column string) map[otp.Outcome]string {
	t.Helper()
	text := filetest.Read(t, page)
	_, table, ok := strings.Cut(string(text), "\n| outcome | ")
	if !ok {
		t.Fatalf("%s has no table of outcomes: its first column is called outcome", page)
	}
	table, _, _ = strings.Cut("| outcome | "+table, "\n\n")
	rows := strings.Split(table, "\n")
	n := slices.Index(cells(rows[0]), column)
	if n < 0 {
		t.Fatalf("%s: the table of outcomes has no column %s", page, column)
	}
	all := map[otp.Outcome]string{}
	for _, row := range rows[2:] {
		outcome := otp.Outcome(strings.Trim(cells(row)[0], "`"))
		if !slices.Contains(otp.Outcomes(), outcome) {
			t.Errorf("%s: the table of outcomes has a row for %q, which is none of otp.Outcomes()", page, outcome)
		}
		all[outcome] = cells(row)[n]
	}
	for _, outcome := range otp.Outcomes() {
		if all[outcome] == "" {
			t.Errorf("%s: the table of outcomes has no row for %q: add one", page, outcome)
		}
	}
	return all
}

func cells(row string) []string {
	cells := strings.Split(strings.Trim(row, "| "), " | ")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}
