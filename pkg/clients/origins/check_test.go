package origins

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/filetest"
	"countersign/pkg/smsrules"
)

var update = flag.Bool("update", false, "write the messages of refused entries as the expected ones")

// The entries that are refused, each with its message. testdata/refused.txt has an entry a line, and its message in the
// next one.
func TestRefused(t *testing.T) {
	const path = "testdata/refused.txt"
	want := filetest.Read(t, path)
	var got bytes.Buffer
	for line := range strings.Lines(string(want)) {
		if strings.HasPrefix(line, "  ") {
			continue
		}
		got.WriteString(line)
		if entry := strings.TrimSuffix(line, "\n"); entry != "" && !strings.HasPrefix(entry, "#") {
			all, err := ParseAll(entry)
			if err == nil {
				err = CheckAll(all)
			}
			if err == nil {
				t.Errorf("%s is taken", entry)
				continue
			}
			got.WriteString("  " + strings.ReplaceAll(err.Error(), "\n", "\n  ") + "\n")
		}
	}
	filetest.Golden(t, path, got.Bytes(), *update, "go test ./pkg/clients/origins -run TestRefused -update")
}

// Entries that countries take.
func TestTaken(t *testing.T) {
	for _, entry := range strings.Split(`DE=ACME
DE=AC-ME,max-price=0.10
GB=ACME,registered=yes
GB=arn:aws:sms-voice:eu-west-1:123456789012:sender-id/ACME/GB,registered=yes
GB=+447911123456
SG=ACME,registered=yes
IE=ACME,registered=yes
IN=ACMEIN,entity=1701165718168578728,template=1707166375278247471
IN=12345,entity=1701,template=1707
IN=pool-0123456789abcdef,entity=1701,template=1707
IN=entity=1701,template=1707
IN=max-price=0.10
CN=pool-0123456789abcdef,registered=yes
CN=10690,registered=yes
FR=ACME
US=+12065550100
US=62345
US=phone-0123456789abcdef
CA=+16045550100
BE=+32460001234
BR=28123
MY=63001
MY=63001,via=sns
MY=+12065550100
MY=arn:aws:sms-voice:ap-southeast-1:123456789012:pool/pool-0123456789abcdef
KR=via=sns
KR=pool-0123456789abcdef
AE=ACME,via=sns,registered=yes
AE=4005
PK=8333
*=ACME
*=+12065550100
*=pool-0123456789abcdef,max-price=1
*=via=sns
*=max-price=0.05`, "\n") {
		country, s, err := Parse(entry)
		if err == nil {
			err = Check(country, s)
		}
		if err != nil {
			t.Errorf("%s: %v", entry, err)
		}
		if got := country + "=" + Describe(s); got != entry {
			t.Errorf("%s is described as %s", entry, got)
		}
	}
}

// Each country of a list is refused by the rule of the list, and no other country is.
func TestEveryCountryOfARule(t *testing.T) {
	refused := func(country, entry string) bool { return Check(country, parse(t, country+"="+entry)) != nil }
	for _, c := range append(smsrules.Demanding(), "DE", "NL", "NO", "JP") {
		country := string(c)
		want := !c.ShowsNames() || c.RegistersNames() || c.RegistersTexts()
		if got := refused(country, "ACME"); got != want {
			t.Errorf("%s=ACME is refused: %v, want %v", country, got, want)
		}
		ids := ",registered=yes"
		if country == "IN" {
			ids = ",entity=1,template=2"
		}
		if got := refused(country, "ACME"+ids); got == c.ShowsNames() {
			t.Errorf("%s=ACME%s is refused: %v", country, ids, got)
		}
		if got := refused(country, "62345"+ids); got != c.OnlySharedRoutes() {
			t.Errorf("%s=62345%s is refused: %v", country, ids, got)
		}
		if refused(country, "pool-0123456789abcdef"+ids) {
			t.Errorf("a pool is refused for %s", country)
		}
	}
}

func parse(t *testing.T, entry string) clients.Sender {
	t.Helper()
	_, s, err := Parse(entry)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Entries come in lines with comments, or with semicolons between them.
func TestParseAll(t *testing.T) {
	lines, err := ParseAll("# of 2026\n\nGB=ACME , registered=yes\r\n  *=pool-0123456789abcdef;MY = 63001\n")
	if err != nil || len(lines) != 3 {
		t.Fatalf("%v, %v", lines, err)
	}
	one, err := ParseAll("*=pool-0123456789abcdef;MY=63001;GB=ACME,registered=yes;")
	for country, s := range lines {
		if one[country] != s || s == (clients.Sender{}) {
			t.Errorf("%s: %+v and %+v (%v)", country, s, one[country], err)
		}
	}
	if all, err := ParseAll(" \n"); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

// Files of editors and of other systems are read as they are meant.
func TestFilesOfOthers(t *testing.T) {
	for name, text := range map[string]string{
		"a mark of UTF-8":         "\ufeffGB=ACME,registered=yes\nMY=63001\n",
		"a mark and a comment":    "\ufeff# of 2026\r\nGB=ACME,registered=yes\r\nMY=63001",
		"lines of old Macs":       "GB=ACME,registered=yes\rMY=63001\r",
		"comments behind entries": "GB=ACME,registered=yes # ours; and SG=ACME?\nMY=63001#short",
		"spaces":                  " GB = ACME , registered = yes \n\tMY\u00a0= 63001 ",
		"semicolons":              "GB=ACME,registered=yes;\n;MY=63001;",
	} {
		all, err := ParseAll(text)
		if err != nil || len(all) != 2 || all["MY"] != (clients.Sender{Identity: "63001"}) ||
			all["GB"] != (clients.Sender{Identity: "ACME", Registered: true}) {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
}

// The mistake of an entry is named for what it is, and found by the number of its line.
func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"GB=ACME,registered=yes\n\nMY":         "line 3: an entry has no country",
		"MY=63001\r\nMY=63002":                 "line 2: MY is there twice",
		"# a\nMY=63001\nGB=ACME;DE=,":          "line 3: DE: a comma has no value beside it",
		"\"GB=ACME,registered=yes\"":           "an entry has no quotation marks",
		"GB=‘ACME’":                            "an entry has no quotation marks",
		"GB=ACME,":                             "GB: a comma has no value beside it",
		"GB=ACME,,registered=yes":              "GB: a comma has no value beside it",
		"GB=ACME,registered":                   "GB: registered has no value: give registered=yes",
		"DE=ACME,max-price=0,05":               "DE: the entry has a comma in a price",
		"DE=ACME,BCME":                         "DE: the entry has two identities",
		"DE=max-price=0.1,ACME,max-price=0.10": "DE: max-price is given twice",
	} {
		all, err := ParseAll(text)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %s", text, all, err, want)
		}
	}
}

// A message has no phone number, which log lines may not have.
func TestMessagesHaveNoNumber(t *testing.T) {
	for _, entry := range []string{
		"+60123456789", "MY=+60123456789", "MY=60123456789", "MY=+60 123456789", "AE=+971501234567", "KR=+821012345678",
		"GB=ACME,+60123456789", "US=+60123456789,+60123456788", "*=60123456789", "GB=+60123456789x", "MY=+601",
		"+60123456789=ACME", "GB=ACME,+60123456789=1", "GB=via=+60123456789", "GB=ACME,registered=+60123456789",
		"GB=entity=+60123456789,template=+60123456789", "GB=max-price=+60123456789",
	} {
		all, err := ParseAll(entry)
		if err == nil {
			err = CheckAll(all)
		}
		if err == nil || strings.Contains(err.Error(), "123456") {
			t.Errorf("%s: %v, want an error without a number", entry, err)
		}
	}
}
