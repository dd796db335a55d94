package plan

import (
	"bufio"
	"flag"
	"os"
	"strings"
	"testing"

	"countersign/pkg/phone"
)

var answers = flag.String("answers", "testdata/examples.tsv", "lines of .ci/plan/plan.py with upstream's answers")

// upstream is one line of the answers.
type upstream struct{ number, possible, valid, line, region, main string }

// Each answer of upstream is ours, in the file of examples that make plan writes: one number
// for each type of line in each region. .ci/plan/run compares tens of thousands more.
func TestUpstream(t *testing.T) {
	file, err := os.Open(*answers)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	seen, regions := map[string]int{}, map[string]bool{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := append(strings.Split(lines.Text(), "\t"), make([]string, 5)...)
		u := upstream{fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]}
		u.compare(t)
		seen["numbers"]++
		seen[strings.TrimSpace(u.possible+" "+u.valid+" "+u.line)]++
		regions[u.region] = true
	}
	if err := lines.Err(); err != nil || seen["numbers"] < 1000 || len(regions) < 240 || seen["local"] < 100 {
		t.Errorf("%d numbers of %d regions, %d of them local: %v", seen["numbers"], len(regions), seen["local"], err)
	}
	if *answers != "testdata/examples.tsv" && seen["numbers"] < 20_000 {
		t.Errorf("%d numbers compared, want 20,000 or more", seen["numbers"])
	}
	t.Logf("%s: %v", Release(), seen)
}

func (u upstream) compare(t *testing.T) {
	t.Helper()
	var n phone.Number
	ok := isE164(u.number)
	if ok {
		if c := find(u.number[1:]); c != nil {
			n, ok = c.lookup(u.number[1+len(c.number):])
		} else {
			ok = false
		}
	}
	if ok != (u.possible == "possible") {
		t.Errorf("%s: possible is %t, upstream returns %+v", u.number, ok, u)
	}
	if _, found := Lookup(u.number); found && u.possible == "local" {
		t.Errorf("%s is accepted, and can be dialled within an area only", u.number)
	}
	if !ok || u.possible != "possible" {
		return
	}
	mobile := u.line == "mobile" || u.line == "fixed_line_or_mobile"
	if n.Valid != (u.valid == "valid") || n.Mobile != mobile {
		t.Errorf("%s: valid %t, mobile %t, upstream returns %+v", u.number, n.Valid, n.Mobile, u)
	}
	if n.Region != countryOf(u.region) || n.MainRegion != countryOf(u.main) {
		t.Errorf("%s: region %q of %q, upstream returns %+v", u.number, n.Region, n.MainRegion, u)
	}
	// Other kinds, of calling codes and of unknown ranges, are ours: TestLookup.
	if n.Valid && n.Kind != phone.Satellite && n.CC != "979" && n.Kind != kindOf[u.line] {
		t.Errorf("%s: a line that is %v, upstream returns %+v", u.number, n.Kind, u)
	}
}

// kindOf has our kinds of upstream's types that are not ordinary lines.
var kindOf = map[string]phone.Kind{
	"premium_rate": phone.Premium, "shared_cost": phone.SharedCost, "pager": phone.Pager,
	"voicemail": phone.Voicemail, "uan": phone.UAN,
}

func countryOf(region string) string {
	if len(region) != 2 {
		return ""
	}
	return region
}
