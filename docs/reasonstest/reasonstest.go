// Package reasonstest reads the table of reasons for refused signatures in docs/runbook.md, so that the tests of each
// contract can hold it to the reasons that its requests produce.
package reasonstest

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/filetest"
	"countersign/pkg/signature"
)

// Contracts, as the table has them.
const (
	AMS       = "AMS/DWS"
	Unimatrix = "Unimatrix"
)

var row = regexp.MustCompile("(?m)^\\| `([a-z_0-9]+)` \\| (AMS/DWS|Unimatrix) \\| [^|]+ \\|$")

// Names returns the names of the reasons of a contract, sorted. page is the path of docs/runbook.md. A row about no
// reason, and a reason without a row, fail the test.
func Names(t testing.TB, page, contract string) []string {
	t.Helper()
	text := filetest.Read(t, page)
	_, section, ok := strings.Cut(string(text), "\n### A signature is refused\n")
	if !ok {
		t.Fatalf("%s has no section that is called A signature is refused", page)
	}
	section, _, _ = strings.Cut(section, "\n### ")
	var all, names []string
	for _, cells := range row.FindAllStringSubmatch(section, -1) {
		all = append(all, cells[1])
		if cells[2] == contract {
			names = append(names, cells[1])
		}
	}
	var want []string
	for _, r := range signature.Reasons() {
		want = append(want, r.Name)
	}
	slices.Sort(all)
	slices.Sort(want)
	if !slices.Equal(all, want) {
		t.Errorf("%s, A signature is refused: has rows for\n%v\nand signature.Reasons() are\n%v", page, all, want)
	}
	slices.Sort(names)
	return names
}
