package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/filetest"
	"countersign/pkg/message"
)

// TestDLT: a message to India is what the command prints but for the values of the variables, with an id or without.
// A language or a form without an id gives way to one that has one.
func TestDLT(t *testing.T) {
	p := serveOn(t, newFolder(t))
	c := onFolder(t, p.data)
	set := func(language, form, template string) []string {
		return []string{"dlt", "set", "acme", "--language", language, "--form", form, "--template", template}
	}
	none, hindi, english := [][]string(nil), set("hi-IN", "", "1"), set("en", "", "2")
	site := []string{"set", "acme", "--site", "acme.in"}
	for n, m := range []struct {
		asked, want string
		changes     [][]string
	}{
		{"hi", "hi plain", none}, {"de", "de plain", none}, // the sender has an id
		{"de", "hi plain", [][]string{hindi}},
		{"de", "en plain", [][]string{hindi, english}},
		{"hi", "hi plain", [][]string{hindi, english, site}},
		{"en", "hi site", [][]string{english, site, set("hi", "", "3")}},
		{"hi", "hi plain", [][]string{hindi, {"set", "acme", "--text", "hi={brand} {code}"}}},
		{"hi", "en plain", [][]string{hindi, english, {"dlt", "remove", "acme", "--language", "hi"}}},
	} {
		id := "acme" + string('a'+rune(n)) // processes know a client for a while
		c.ok("client", "add", id, "--unsigned", "--country", "IN", "--brand", "Acme")
		for _, args := range m.changes {
			args = append([]string{"client"}, args...)
			args[slices.Index(args, "acme")] = id
			c.ok(args...)
		}
		number := fmt.Sprintf("91-987654321%d", n)
		body := strings.TrimSuffix(initBody(id, number), "}") + `,"env":{"language":"` + m.asked + `"}}`
		p.postAs(id, "/v1/customers/initAuthentication", body)
		sent := p.messages("+" + strings.ReplaceAll(number, "-", ""))[0].Body
		var texts []dltText
		c.json(&texts, "client", "dlt", id, "--language", "hi", "--language", "de")
		got := slices.IndexFunc(texts, func(text dltText) bool { return fills(sent, *text.Registered) })
		if got < 0 || texts[got].Language+" "+texts[got].Form != m.want {
			t.Errorf("%+v: %q is not that text of %+v", m, sent, texts)
		}
	}
}

// TestDLTStale: a change that makes another text than the registered one, or one without an id, is a warning.
func TestDLTStale(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme", "--country", "IN", "--brand", "Acme")
	c.warns("no text of client acme has an id", "client", "set", "acme", "--sender", "IN=ACMEIN,entity=1")
	for _, language := range []string{"hi", "en"} {
		c.ok("client", "dlt", "set", "acme", "--language", language, "--template", "1107166375278247471")
	}
	c.warns("no text of client acme has an id in the form site", "client", "set", "acme", "--site", "acme.in")
	c.ok("client", "dlt", "set", "acme", "--language", "hi", "--template", "1107166375278247473")
	c.warns("no longer the registered one (hi, plain; en, plain; hi, site)", "client", "set", "acme", "--brand", "Beta")
	if shown := c.ok("client", "dlt", "acme"); strings.Count(shown, ", of another text: register this one") != 3 {
		t.Errorf("client dlt: %s", shown)
	}
	set := []string{"client", "set", "acme"}
	c.warns("no longer the registered one (hi, site)", append(set, "--brand", "Acme", "--site", "acme.co.in")...)
	c.warns("no longer the registered one (hi, plain)", append(set, "--site", "", "--text", "hi={brand} {code}")...)
	if _, faults, _ := c.run(append(set, "--text", "hi=")...); strings.Contains(faults, "text of") {
		t.Errorf("the texts are the registered ones again: %s", faults)
	}
	if shown := c.ok("client", "dlt", "acme"); !strings.Contains(shown, "1107166375278247473, not used") {
		t.Errorf("client dlt: %s", shown)
	}
	c.warns("no longer the registered one (hi, plain; en, plain)", append(set, "--brand", "A{#var#}")...)
	if shown := c.ok("client", "dlt", "acme"); strings.Count(shown, "1107166375278247471, of another text\n") != 2 {
		t.Errorf("a text that has no registered form: %s", shown)
	}
}

// TestDLTHeader: the header is what a message comes from.
func TestDLTHeader(t *testing.T) {
	p := serveOn(t, newFolder(t))
	c := onFolder(t, p.data)
	for n, from := range [][]string{
		{"--sender-id", "ALLCO"}, {"--sender", "*=STARCO"}, {"--sender", "*=STARCO", "--sender-id", "ALLCO"},
		{"--sender", "*=STARCO", "--sender", "IN=ACMEIN,entity=1"},
		{"--sender", "IN=via=sns,entity=1", "--sender", "*=STARCO"},
		{"--sender", "IN=via=sns,entity=1", "--sender", "*=STARCO", "--sender-id", "ALLCO"}, nil,
	} {
		id, number := fmt.Sprint("acme", n), fmt.Sprintf("91-987654331%d", n)
		add := []string{"client", "add", id, "--unsigned", "--country", "IN", "--brand", "Acme"}
		if _, faults, exit := c.run(append(add, from...)...); exit != 0 {
			t.Errorf("%q: %s", from, faults)
			continue
		}
		p.postAs(id, "/v1/customers/initAuthentication", initBody(id, number))
		want := cmp.Or(p.messages("+" + strings.ReplaceAll(number, "-", ""))[0].From, "the deployment's")
		if shown := c.ok("client", "dlt", id); !strings.Contains(shown, "\nheader       "+want+"\n") {
			t.Errorf("%q: a message comes from %s, and client dlt prints %s", from, want, shown)
		}
	}
}

// TestDLTDoubtfulID: an id that looks like a mistake is a warning.
func TestDLTDoubtfulID(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme", "--country", "IN", "--brand", "Acme")
	set := func(language, id string) []string {
		return []string{"client", "dlt", "set", "acme", "--language", language, "--template", id}
	}
	for id, want := range map[string]string{"1107166375278240000": "spreadsheet", "110716637527824747": "19 digits"} {
		c.warns(want, set("hi", id)...)
	}
	for range 2 { // the same text again is no second one
		if _, faults, _ := c.run(set("hi", "1107166375278247471")...); faults != "" {
			t.Errorf("a good id: %s", faults)
		}
	}
	c.warns("set for more than one text (hi, plain; en, plain)", set("en", "1107166375278247471")...)
}

// TestIndianRoute: a deployment in a Region without a local route to India is a warning for a client that sends
// registered texts there. A laptop has no Region.
func TestIndianRoute(t *testing.T) {
	r := clients.Record{ID: "acme", Countries: []string{"IN"}}
	r.Senders = map[string]clients.Sender{"IN": {Identity: "ACMEIN", EntityID: "1"}}
	regions := map[string]bool{"ap-south-1": true, "ap-south-2": true, "eu-central-1": false, "": true}
	for region, local := range regions {
		for _, deployed := range []bool{false, true} {
			want := deployed && !local
			got := routeWarning(r, region, deployed)
			if strings.Contains(got, "client acme to IN: registered") != want {
				t.Errorf("%s, deployed %v: %q", region, deployed, got)
			}
		}
	}
}

// warns is ok for a command that warns.
func (c tool) warns(want string, args ...string) {
	c.t.Helper()
	if _, faults, exit := c.run(args...); exit != 0 || !strings.Contains(faults, want) {
		c.t.Errorf("%q ended with %d, and warns of %q, want %q", args, exit, faults, want)
	}
}

// fills reports whether a message is a registered text with values for its variables.
func fills(sent string, r message.Registered) bool {
	pattern := regexp.QuoteMeta(r.Text)
	for _, v := range r.Variables {
		variable := regexp.QuoteMeta("{#" + string(v.Kind) + "#}")
		value := map[message.Kind]string{message.Numeric: `[0-9]{1,30}`, message.Alphanumeric: `.{1,30}`}[v.Kind]
		pattern = strings.Replace(pattern, variable, value, 1)
	}
	return regexp.MustCompile(`\A` + pattern + `\z`).MatchString(sent)
}

// TestDLTRefused: what is no text of the client, or no id, is refused and changes nothing.
func TestDLTRefused(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme", "--country", "IN", "--brand", "Acme", "--site", "acme.in")
	c.ok("client", "dlt", "set", "acme", "--language", "hi", "--template", "1107166375278247471")
	c.ok("client", "add", "elsewhere", "--country", "MY", "--sender-id", "ACMEINDIA")
	before := c.ok("client", "show", "acme")
	if want := "DLT           hi, site: 1107166375278247471\n"; !strings.Contains(before, want) {
		t.Errorf("client show: %s, want %q", before, want)
	}
	for want, args := range map[string]string{
		`--language: "tlh" has no text`:                       "set acme --language tlh --template 1",
		`--language: "x" has no text`:                         "acme --language x",
		`--form: "none" must be plain, site, hash or both`:    "set acme --language en --form none --template 1",
		"the client's messages have other lines":              "set acme --language en --form both --template 1",
		"dlt[1].template is \"1 2\", must be 1 to 50 letters": "set acme --language en --template 1_2",
		"the text ta, site has no id":                         "remove acme --language ta",
		"the text hi, site, with a payment has no id":         "remove acme --language hi --payment",
		"not found in":                  "show nobody",
		"brand in the language en with": "acme --brand " + strings.Repeat("b", 150),
		"site is \"http:":               "acme --site http://acme.in",
	} {
		flags := strings.Fields(args)
		for i := range flags {
			flags[i] = strings.ReplaceAll(flags[i], "1_2", "1 2")
		}
		c.no(want, append([]string{"client", "dlt"}, flags...)...)
	}
	if after := c.ok("client", "show", "acme"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	c.warns("may not send to India", "client", "dlt", "elsewhere")
	c.warns("headers of DLT have at most 6", "client", "dlt", "elsewhere")
	c.warns("those of DLT portals have 19 digits", "client", "dlt", "set", "acme", "--language=en", "--template=A-1")
	c.ok("client", "dlt", "set", "acme", "--language", "hi", "--template", "1107166375278247475")
	if all := c.client("acme").DLT; len(all) != 2 || all[1].Template != "1107166375278247475" {
		t.Errorf("the new id of a text is beside the old one: %+v", all)
	}
}

// TestIndiaPage: docs/india.md has what the commands print, to the letter.
func TestIndiaPage(t *testing.T) {
	const page = "../../docs/india.md"
	c := onFolder(t, newFolder(t))
	blocks := strings.Split(string(filetest.Read(t, page)), "```")
	shown := 0
	for i := 1; i < len(blocks); i += 2 {
		commands, ok := strings.CutPrefix(blocks[i], "sh\n")
		if !ok {
			continue
		}
		out, prints := "", false
		for command := range strings.Lines(strings.ReplaceAll(commands, "\\\n", "")) {
			args := strings.Fields(command)[1:] // behind the name of the program
			out, prints = "\n"+c.ok(args...), args[1] == "dlt" && args[2] != "set"
		}
		if !prints {
			continue
		}
		shown++
		if blocks[i+2] != out && !*update {
			t.Errorf("the page has\n%s\n%s prints\n%s", blocks[i+2], commands, out)
		}
		blocks[i+2] = out
	}
	if shown == 0 {
		t.Error("the page shows no text")
	}
	if *update {
		filetest.Write(t, page, []byte(strings.Join(blocks, "```")), 0o600)
	}
}
