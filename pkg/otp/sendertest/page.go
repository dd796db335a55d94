package sendertest

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/awssender"
	"countersign/pkg/filetest"
	"countersign/pkg/otp"
)

// TestPage holds the table under a heading of docs/senders.md to the rules of a sender: each refusal, by the name that
// the service gives it, with its outcome, answer, line and alarm, and whether another service may take the message.
func TestPage(t *testing.T, heading string, rules map[string]awssender.Rule) {
	t.Helper()
	page := filetest.Read(t, "../../docs/senders.md")
	_, table, _ := strings.Cut(string(page), "\n### "+heading+"\n")
	table, _, _ = strings.Cut(table, "\n#")
	found := map[string][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 9 {
			continue
		}
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		for _, name := range regexp.MustCompile("`([A-Za-z_]+)`").FindAllStringSubmatch(cells[2], -1) {
			if found[name[1]] != nil {
				t.Errorf("docs/senders.md, %s: two rows have %s", heading, name[1])
			}
			found[name[1]] = cells[3:8]
		}
	}
	for name, rule := range rules {
		if want := rowOf(rule); !slices.Equal(found[name], want) {
			t.Errorf("docs/senders.md, %s: %q for %s, want %q", heading, found[name], name, want)
		}
		delete(found, name)
	}
	if len(found) > 0 {
		t.Errorf("docs/senders.md, %s: no rule has %v", heading, found)
	}
}

// rowOf returns the cells of a rule on the page: outcome, answer, line, alarm, and whether it falls over.
func rowOf(r awssender.Rule) []string {
	outcome, answer, line, alarm, over := otp.Unclear, "U", []string{"`ERROR`", "`fault`"}, "no", "no"
	if r.Delivery == otp.Refused {
		outcome, answer, line = otp.Undeliverable, "F", []string{"`INFO`"}
		if r.Operator {
			line[0] = "`ERROR`"
		}
	}
	if r.Operator {
		line, alarm = append(line, "`operator`"), "yes"
	}
	if r.Another() {
		over = "yes"
	}
	return []string{"`" + string(outcome) + "`", answer, strings.Join(line, ", "), alarm, over}
}
