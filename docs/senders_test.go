package docs

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/filetest"
)

var sends = regexp.MustCompile(`\) Send\([^)]*\botp\.Message,?\s*\) \(otp\.Delivery, string, error\)`)

// senders returns the packages that have a sender of their own.
func senders(t *testing.T) (all []string) {
	t.Helper()
	handOn := []string{"pkg/telemetry", "pkg/cognito", "pkg/service/sending"} // to the senders that they have
	for pkg := range allImports(t) {
		if ours(pkg) && !slices.Contains(handOn, pkg) && sends.MatchString(source(t, pkg)) {
			all = append(all, pkg)
		}
	}
	if len(all) < 3 {
		t.Errorf("%d senders are found, want pkg/snssender, pkg/smsvoice and pkg/outbox at least", len(all))
	}
	return all
}

// A sender may show codes, so the table of links bars each one from functions that send nothing.
func TestSendersAreBarred(t *testing.T) {
	links := table(t, "| program | links none of | because |")
	for _, function := range []string{"functions/verify", "functions/changes", "functions/receipts"} {
		for _, pkg := range append(senders(t), "pkg/service/sending") {
			if !slices.ContainsFunc(links, func(row [2][]string) bool {
				return slices.Contains(row[0], function) && slices.Contains(row[1], pkg)
			}) {
				t.Errorf(`%s is a sender, and nothing bars %s from it: add it to the table "links none of" of `+
					"docs/architecture.md, in the row of all functions if it shows codes, else in that of this one",
					pkg, function)
			}
		}
	}
}

// A sender keeps the promises of otp.Sender: its tests run the suite.
func TestSendersRunTheSuite(t *testing.T) {
	for _, pkg := range senders(t) {
		files, err := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(files, func(name string) bool {
			return strings.Contains(string(filetest.Read(t, name)), "\tsendertest.Run(t, ")
		}) {
			t.Errorf("no test of %s calls sendertest.Run: call it, as TestSuite in pkg/outbox/outbox_test.go does", pkg)
		}
	}
}

// Whoever looks for a sender finds it in the table of what is where.
func TestSendersAreOnTheMap(t *testing.T) {
	_, row, _ := strings.Cut(string(filetest.Read(t, "architecture.md")), "\n| a sender | ")
	row, _, _ = strings.Cut(row, "\n")
	for _, pkg := range senders(t) {
		if !strings.Contains(row, "`"+pkg+"`") {
			t.Errorf(`docs/architecture.md: the row "a sender" of its first table lacks %s: add it`, pkg)
		}
	}
}
