package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients"
	"countersign/pkg/filetest"
)

const poolOfMY = "arn:aws:sms-voice:ap-southeast-1:123456789012:pool/pool-0123456789abcdef"

// The command senders prints entries as the parameters of a deployment, and refuses those from which no message can
// come: a deployment would take them.
func TestSenders(t *testing.T) {
	c := onFolder(t, t.TempDir(), "COUNTERSIGN_COUNTRIES=IE,MY")
	file := filepath.Join(t.TempDir(), "senders.txt")
	filetest.Write(t, file, []byte("# ours\nMY="+poolOfMY+"\n\nGB=ACME, registered=yes\n"), 0o600)
	out, faults, _ := c.run("senders", "--senders-file", file, "--sender=FR=Acme")
	want := "'Senders=FR=Acme;GB=ACME,registered=yes;MY=" + poolOfMY + "'\nSenderIdentities=" + poolOfMY + "\n"
	if out != want || faults != "countersign: IE: a sender id must be registered there, and no entry names one\n" {
		t.Errorf("printed %s and %s, want %s", out, faults, want)
	}
	var a sendersAnswer
	out = c.ok("senders", "--json", "--sender=US=62345", "--country=US,MY", "--standard=ACME", "--via=sms-voice")
	if err := json.Unmarshal([]byte(out), &a); err != nil || a.Senders != "US=62345" || len(a.Warnings) != 2 ||
		a.Warnings[0] != "MY: phones there do not show the sender id ACME, and messages there are refused" {
		t.Errorf("%s: %v", out, err)
	}
	for entry, want := range map[string]string{"US=62345": "Senders=US=62345\n", "*=pool-1": "'Senders=*=pool-1'\n"} {
		if out, _, _ := c.run("senders", "--sender", entry); out != want {
			t.Errorf("%s is no word of the shell, want %s", out, want)
		}
	}
	if _, faults, _ := c.run("senders", "--sender=DE=ACME", "--standard="+poolOfMY); faults != "" {
		t.Errorf("a pool reaches IE: %s", faults)
	}
	indian := []string{"senders", "--country=IN", "--sender=IN=ACMEIN,entity=1,template=2"}
	for region, want := range map[string]bool{"eu-central-1": true, "ap-south-1": false} {
		_, faults, _ := c.run(append(indian, "--region", region)...)
		if got := strings.Contains(faults, "IN: registered messages take a local route"); got != want {
			t.Errorf("in %s: %s", region, faults)
		}
	}
	for args, want := range map[string]string{
		"":                                 "there is no entry",
		"--sender=MY=ACME":                 "MY: phones in MY show no sender ids",
		"--sender=MY=ACME --sender=FR=A-B": "FR: sender ids in FR have no hyphen",
		"--sender=MY":                      "--sender: an entry has no country",
		"--sender=MY=63001 --country=XX":   "--country: \"XX\" has no phone numbers",
		"--sender=MY=63001 --via=twilio":   "via must be sns or sms-voice",
		"--sender=MY=1001 --sender=MY=1":   "--sender: MY is given twice",
	} {
		c.no(want, append([]string{"senders"}, strings.Fields(args)...)...)
	}
	many := []string{"senders"}
	for _, country := range strings.Fields("DE NL BE FR AT CH IT PT PL SE NO DK FI CZ SK HU RO BG GR HR") {
		many = append(many, "--sender="+country+"="+poolOfMY)
	}
	c.no("the parameter Senders takes 1500", many...)
	template, err := os.ReadFile("../../template.yaml")
	_, parameter, _ := strings.Cut(string(template), "\n  Senders:\n")
	parameter, _, _ = strings.Cut(parameter, "AllowedPattern")
	if want := fmt.Sprintf("MaxLength: %d\n", mostParameter); err != nil || !strings.Contains(parameter, want) {
		t.Errorf("the parameter Senders of template.yaml is not bounded by %s: %v", want, err)
	}
}

// A client's entries come from flags and from a file, which takes the place of those that it has.
func TestSendersOfAClient(t *testing.T) {
	c := onFolder(t, newFolder(t))
	file := filepath.Join(t.TempDir(), "senders.txt")
	entries := "MY=63001\n*=pool-0123456789abcdef;GB=ACME,registered=yes\n"
	filetest.Write(t, file, []byte(entries), 0o600)
	c.ok("client", "add", "acme", "--country=MY,GB,DE", "--sender=DE=Acme")
	c.prints([]string{"client", "set", "acme", "--senders-file", file, "--sender=US=62345"},
		"senders ", "*=pool-0123456789abcdef\n", "GB=ACME,registered=yes\n", "MY=63001\n", "US=62345\n")
	if r := c.client("acme"); len(r.Senders) != 4 || r.Senders["DE"] != (clients.Sender{}) {
		t.Errorf("%+v", r.Senders)
	}
	wide := filepath.Join(t.TempDir(), "utf16.txt")
	filetest.Write(t, wide, []byte("\xff\xfeM\x00Y\x00=\x001\x000\x000\x001\x00"), 0o600)
	for flag, want := range map[string]string{
		"--senders-file=" + wide:        "--senders-file: it is no text of UTF-8",
		"--sender=MY=ACME":              "senders[MY]: phones in MY show no sender ids",
		"--sender=UK=ACME":              `the United Kingdom is "GB"`,
		"--sender=MY":                   "--sender: an entry has no country",
		"--sender=my=":                  `--sender: "my" has no phone numbers`,
		"--sender=UK=":                  `--sender: "UK" is no ISO 3166-1 code`,
		"--sender=GB=ACME,+60123456789": "GB: the entry has two identities",
	} {
		c.no(want, "client", "set", "acme", flag)
	}
	if r := c.client("acme"); len(r.Senders) != 4 || r.Senders["MY"] != (clients.Sender{Identity: "63001"}) {
		t.Errorf("a refused entry changed the client: %+v", r.Senders)
	}
	_, faults, _ := c.run("client", "set", "acme", "--sender=*=SHOP", "--sender=GB=")
	want := "GB: a sender id must be registered there, and no entry states that SHOP is"
	if !strings.Contains(faults, want) {
		t.Errorf("%s, want %q", faults, want)
	}
	_, faults, _ = c.run("client", "set", "acme", "--senders-file", os.DevNull)
	if r := c.client("acme"); len(r.Senders) != 0 || faults != "" {
		t.Errorf("an empty file leaves %+v, %s", r.Senders, faults)
	}
}

// An entry of a country that no longer exists can be removed, and nothing else can be done for such a country.
func TestSenderOfAFormerCountry(t *testing.T) {
	had := map[string]clients.Sender{"ZZ": {Identity: "ACME"}, "MY": {Identity: "63001"}}
	for entry, want := range map[string]int{"ZZ=": 1, "MY=": 1, "ZZ=ACME": 2, "DE=": 2} {
		f := clientFlags{Sender: []string{entry}}
		got, err := f.senders(had)
		if len(got) != want || err != nil || strings.HasSuffix(entry, "=") && f.check() != nil {
			t.Errorf("%s: %v, %v, %v", entry, got, err, f.check())
		}
	}
	for _, entry := range []string{"ZZ=", "my=", "ZZ=ACME"} {
		if got, err := (clientFlags{Sender: []string{entry}}).senders(nil); err == nil {
			t.Errorf("%s is taken without an entry: %v", entry, got)
		}
	}
}

// The number that SNS sends from has a plus sign or none, as in OriginationNumber.
func TestSendersBesideANumber(t *testing.T) {
	c := onFolder(t, t.TempDir(), "COUNTERSIGN_COUNTRIES=US")
	for number, want := range map[string]string{
		"12065550100": "", "+12065550100": "", "62345": "", "1206 555": "--standard: the identity must be",
	} {
		_, faults, _ := c.run("senders", "--sender=DE=ACME", "--via=sns", "--standard", number)
		if want == "" && faults != "" || !strings.Contains(faults, want) {
			t.Errorf("%s: %s, want %q", number, faults, want)
		}
	}
}
