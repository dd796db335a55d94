package ams_test

import (
	"regexp"
	"strings"
	"testing"

	"countersign/docs/outcomestest"
	"countersign/pkg/admission/admissiontest"
	"countersign/pkg/ams"
	"countersign/pkg/filetest"
	"countersign/pkg/otp"
)

// Each outcome of the domain has a result, and a row in the documents.
func TestResultOfEachOutcome(t *testing.T) {
	page := outcomestest.Column(t, "../../docs/contracts.md", outcomestest.AMS)
	for _, outcome := range otp.Outcomes() {
		codes, ok := ams.ResultCodes(outcome)
		if !ok {
			t.Errorf("the outcome %q has no result: add it to results in pkg/ams/result.go", outcome)
		} else if !strings.Contains(page[outcome], "`"+codes[0]+"`") {
			t.Errorf("docs/contracts.md: the row of %q has %s, must have the result `%s`",
				outcome, page[outcome], codes[0])
		}
	}
}

// The page's table of result codes has the result of each outcome, with its status, and every other code of the table
// in the source. It has no code that the source lacks.
func TestResultsOfThePage(t *testing.T) {
	page := resultsOfPage(t)
	for _, outcome := range otp.Outcomes() {
		codes, _ := ams.ResultCodes(outcome)
		if status := ams.ResultStatus(outcome); page[codes[0]] != status {
			t.Errorf("docs/contracts.md: the table of results has `%s` with the status %q, must have %q, "+
				"the result of %q", codes[0], page[codes[0]], status, outcome)
		}
	}
	source := filetest.Read(t, "result.go")
	known := map[string]bool{}
	for _, found := range regexp.MustCompile(`"([A-Z]{2,}[A-Z_]*)"`).FindAllStringSubmatch(string(source), -1) {
		if !known[found[1]] && page[found[1]] == "" {
			t.Errorf("docs/contracts.md: the table of results lacks `%s` of pkg/ams/result.go: add a row", found[1])
		}
		known[found[1]] = true
	}
	for code := range page {
		if !known[code] {
			t.Errorf("docs/contracts.md: the table of results has `%s`, which pkg/ams/result.go lacks: remove it", code)
		}
	}
}

// The page about numbers has the result of each rule that refuses one. The operator's blocks are on the page about the
// guard.
func TestResultsOfNumbers(t *testing.T) {
	page := string(filetest.Read(t, "../../docs/numbers.md"))
	for _, r := range admissiontest.Refusals() {
		codes, _ := ams.ResultCodes(r.Outcome)
		if r.Outcome != otp.OperatorBlock && !strings.Contains(page, "`"+codes[0]+"`") {
			t.Errorf("docs/numbers.md: the table of why a number is refused lacks `%s`, the result of %q: add a row",
				codes[0], r.Outcome)
		}
	}
}

// resultsOfPage returns the result codes of docs/contracts.md with their status.
func resultsOfPage(t *testing.T) map[string]string {
	t.Helper()
	text := filetest.Read(t, "../../docs/contracts.md")
	_, table, ok := strings.Cut(string(text), "\n| result | when |\n|---|---|\n")
	if !ok {
		t.Fatal("docs/contracts.md has no table with the columns result and when")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	statuses := map[string]string{}
	for row := range strings.SplitSeq(table, "\n") {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		status := cell[strings.LastIndex(cell, " ")+1:]
		for _, found := range regexp.MustCompile("`([A-Z_]+)`").FindAllStringSubmatch(cell, -1) {
			statuses[found[1]] = status
		}
	}
	return statuses
}
