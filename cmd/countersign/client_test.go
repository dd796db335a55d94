package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients"
	"countersign/pkg/clients/profile"
)

// testKeys has the public test keys of the contract.
const testKeys = "../../pkg/ams/testdata/contracts/"

const publicKey = testKeys + "ams-test-client.pub.pem"

// everyFlag sets each field of a client's record.
var everyFlag = []string{
	"--unimatrix=simple", "--unsigned", "--country=US,MY", "--country=GB", "--api=ams,otp.send",
	"--network=192.0.2.0/24", "--numbers=mobile", "--line=premium", "--time-window=90s", "--once", "--per-minute=600",
	"--messages-per-day=900", "--site=example.com", "--android-hash=FA+9qCX9VSu", "--text=de={code} {brand}",
	"--brand=Acme", "--sender-id=ACME", "--sender=GB=ACMEGB,registered=yes",
	"--sender=*=via=sns,max-price=0.50", "--language=de", "--clear-passwords", "--no-custom-codes",
	"--sender-name=Acme, Inc.",
	"--template=t1", "--template=t2", "--source=env.clientIp", "--source=header:X-User",
	"--digits=4", "--validity=2m", "--attempts=3", "--cooldown=0s",
	"--per-hour=4", "--per-day=9", "--unanswered=5", "--pause=2h", "--memory=48h",
}

// everyField is the JSON of a record that everyFlag has set, see [settings].
const everyField = `"unsigned":true,"apis":["ams","otp.send"],"unimatrix":"simple","networks":["192.0.2.0/24"],` +

	`"countries":["US","MY","GB"],"numbers":"mobile","lines":["premium"],` +
	`"limits":{"digits":4,"validity":"2m","attempts":3,"cooldown":"0s","perHour":4,"perDay":9,"unanswered":5,` +
	`"pause":"2h","memory":"48h"},"window":"1m30s","once":true,"perMinute":600,"messagesPerDay":900,"brand":"Acme",` +
	`"senderID":"ACME",` +
	`"senders":{"*":{"via":"sns","maxPrice":"0.50"},"GB":{"identity":"ACMEGB","registered":true}},` +
	`"language":"de","texts":{"de":"{code} {brand}"},"site":"example.com","androidHash":"FA+9qCX9VSu",` +
	`"clearPasswords":true,"customCodes":false,"senderNames":["Acme, Inc."],"templates":["t1","t2"],` +
	`"sources":["env.clientIp","header:X-User"],"guard":{"mode":"enforce"}}`

// settings is the JSON of a record without its id, status and time, and without access keys.
func settings(t testing.TB, r clients.Record) string {
	t.Helper()
	text, err := json.Marshal(r, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), `Z",`)
	return regexp.MustCompile(`"accessKeys":\[[^]]*\],?`).ReplaceAllString(rest, "")
}

// TestEveryFlag: every flag of add and of set reaches the record, which list and show print.
func TestEveryFlag(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		var h handover
		c.json(&h, append([]string{"client", "add", "acme"}, everyFlag...)...)
		if got := settings(t, h.Client); got != everyField {
			t.Errorf("added %s\nwant %s", got, everyField)
		}
		if h.Client.ID != "acme" || h.Client.Status != "active" || time.Since(h.Client.Added).Abs() > time.Minute {
			t.Errorf("added %+v, want an active client acme of this minute", h.Client)
		}
		c.ok("client", "add", "other")
		c.no("client add-access-key gives it one", "client", "set", "other", "--unimatrix=simple")
		c.ok("client", "add-access-key", "other")
		c.ok(append([]string{"client", "set", "other"}, everyFlag...)...)
		for _, id := range []string{"acme", "other"} {
			if got := settings(t, c.client(id)); got != everyField {
				t.Errorf("show %s printed %s\nwant %s", id, got, everyField)
			}
		}
		c.prints([]string{"client", "show", "other"}, "US, MY, GB", "192.0.2.0/24", "premium", "1m30s",
			"600 requests", "Acme", "digits 4, validity 2m", "unsigned", "active, added 20")
		c.ok("client", "add", "plain")
		c.ok("guard", "mode", "plain", "monitor", "--new-countries", "7")
		c.ok("guard", "block", "MY", "--client", "plain")
		c.prints([]string{"client", "show", "plain"}, "monitor, 7 unanswered messages in new countries",
			"blocked MY, until it is removed")
		c.prints([]string{"client", "list"},
			"other  active  unsigned  simple     US,MY,GB   enforce          20",
			"plain  active  -         -          -          monitor, 1 rule  20")
		var all []clients.Record
		c.json(&all, "client", "list")
		if len(all) != 3 || all[0].ID != "acme" || settings(t, all[1]) != everyField {
			t.Errorf("list printed %+v", all)
		}
	})
}

// TestHelpOfRecords: the help names each member of a record.
func TestHelpOfRecords(t *testing.T) {
	_, list, _ := strings.Cut(clientCommands{}.Help(), "A record is {")
	list, _, _ = strings.Cut(list, "}")
	named := strings.Split(list, ", ")
	var record map[string]any
	if err := json.Unmarshal([]byte("{"+everyField), &record); err != nil {
		t.Fatal(err)
	}
	for member := range record {
		if !slices.Contains(named, member) {
			t.Errorf("the help has no member %s: %s", member, list)
		}
	}
}

// TestSetOne: set changes the setting that its flag names, and nothing else. An empty value
// removes the setting.
func TestSetOne(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		c.ok(append([]string{"client", "add", "acme"}, everyFlag...)...)
		last := everyField
		for _, set := range []struct{ flag, old, new string }{
			{"--country=MY", `"countries":["US","MY","GB"]`, `"countries":["MY"]`},
			{"--country=", `"countries":["MY"],`, ``},
			{"--api=", `"apis":["ams","otp.send"],`, ``},
			{"--network=", `"networks":["192.0.2.0/24"],`, ``},
			{"--line=", `"lines":["premium"],`, ``},
			{"--sender-name=", `"senderNames":["Acme, Inc."],`, ``},
			{"--template=", `,"templates":["t1","t2"]`, ``},
			{"--source=", `,"sources":["env.clientIp","header:X-User"]`, ``},
			{"--no-unsigned", `"unsigned":true,`, ``},
			{"--unimatrix=", `"unimatrix":"simple",`, ``},
			{"--numbers=valid", `"numbers":"mobile"`, `"numbers":"valid"`},
			{"--time-window=0", `"window":"1m30s"`, `"window":"0s"`},
			{"--time-window=", `"window":"0s",`, ``},
			{"--no-once", `"once":true,`, ``},
			{"--per-minute=0", `"perMinute":600,`, ``},
			{"--brand=", `"brand":"Acme",`, ``},
			{"--sender-id=", `"senderID":"ACME",`, ``},
			{"--sender=MY=63001", `"registered":true}},`, `"registered":true},"MY":{"identity":"63001"}},`},
			{"--sender=GB=", `"GB":{"identity":"ACMEGB","registered":true},`, ``},
			{"--sender=MY=", `,"MY":{"identity":"63001"}`, ``},
			{"--sender=*=", `"senders":{"*":{"via":"sns","maxPrice":"0.50"}},`, ``},
			{"--language=fr", `"language":"de"`, `"language":"fr"`},
			{"--custom-codes", `"customCodes":false`, `"customCodes":true`},
			{"--digits=", `"digits":4,`, ``},
			{"--cooldown=1m", `"cooldown":"0s"`, `"cooldown":"1m"`},
		} {
			want := strings.Replace(last, set.old, set.new, 1)
			var r clients.Record
			c.json(&r, "client", "set", "acme", set.flag)
			if last = settings(t, r); last != want {
				t.Errorf("%s made %s\nwant %s", set.flag, last, want)
			}
		}
		if got := settings(t, c.client("acme")); got != last {
			t.Errorf("show printed %s\nwant %s, as the last set", got, last)
		}
	})
}

// TestUnknownClient: a client is added once, and no other command makes one.
func TestUnknownClient(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		c.ok("client", "add", "acme")
		c.no(`client "acme": already there; client set`, "client", "add", "acme")
		for _, command := range []string{
			"show x", "set x --brand X", "disable x", "enable x", "rotate-key x", "rotate-secret x", "remove-secret x",
			"remove-key x 1", "add-access-key x", "remove-access-key x 0a1b2c3d",
		} {
			c.no(`client "x": not found in `, append([]string{"client"}, strings.Fields(command)...)...)
		}
	})
}

// TestEmptyLists: an empty list is [] in JSON. The first command makes the data folder.
func TestEmptyLists(t *testing.T) {
	c := onFolder(t, filepath.Join(t.TempDir(), "made", "here"))
	if out := c.ok("client", "list", "--json"); out != "[]\n" {
		t.Errorf("clients: %q", out)
	}
	c.ok("client", "add", "acme")
	if out := c.ok("user", "list", "--client", "acme", "--json"); out != "[]\n" {
		t.Errorf("users: %q", out)
	}
}

// TestWeirdIDs: ids that the Unimatrix contract allows work in every command, and a list
// prints them in a form that is safe for a terminal.
func TestWeirdIDs(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		ids := []string{
			"ak h+m/a:c,0", "--data", "#", "a%2Fb", "..", "Ünïcødé", "\u202eevil",
			strings.Repeat("x", 64), strings.Repeat("\U0001f511", 64),
		}
		for _, id := range ids {
			c.ok("client", "add", "--unimatrix", "hmac", "--country=*", "--", id)
			c.ok("user", "add", "--client="+id, "--number", "60-6543216353", "--", id)
			c.ok("user", "block", "--client="+id, "--", id)
			if r := c.client(id); r.ID != id || r.Status != "active" || len(r.Secrets) != 1 {
				t.Errorf("%q: %+v", id, r)
			}
		}
		var all []clients.Record
		c.json(&all, "client", "list")
		if len(all) != len(ids) {
			t.Errorf("%d clients", len(all))
		}
		list := c.ok("client", "list")
		if !strings.Contains(list, `"ak h+m/a:c,0"  `) || strings.Contains(list, "\u202e") ||
			!strings.Contains(list, `"\u202eevil"`) {
			t.Errorf("list:\n%s", list)
		}
		for _, id := range []string{"", strings.Repeat("x", 65), "a\tb"} {
			c.no("1 to 64 characters", "client", "add", "--", id)
		}
		c.no("1 to 64 letters, digits, _ or -", "client", "add", ids[0]+"2", "--unsigned")
		c.no("1 to 64 letters, digits, _ or -", "client", "rotate-key", ids[0])
		c.no("1 to 64 letters, digits, _ or -", "client", "add", ids[0]+"2", "--public-key", publicKey)
	})
}

// TestNotes: add prints what the new client cannot do, and warns of an unsigned one.
func TestNotes(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.prints([]string{"client", "add", "silent"}, "it cannot call over HTTP: client rotate-key",
		"Cognito and direct invocations need neither", "it can send nothing: client set --country")
	c.prints([]string{"client", "add", "careful", "--once"}, "--once has no effect: only requests with hmac")
	var h handover
	c.json(&h, "client", "add", "quiet", "--country", "MY")
	if len(h.Notes) != 1 || !strings.Contains(h.Notes[0], "cannot call") {
		t.Errorf("%q", h.Notes)
	}
	for _, args := range [][]string{{"client", "add", "open", "--unsigned"}, {"client", "set", "quiet", "--unsigned"}} {
		out, faults, exit := c.run(args...)
		if exit != 0 || !strings.Contains(faults, "anyone who knows this id can send messages at your cost") ||
			strings.Contains(out, "cannot call") {
			t.Errorf("%q: %d %s%s", args, exit, out, faults)
		}
	}
	for deployed, want := range map[bool]bool{false: false, true: true} { // the local server serves such a client
		got := profile.Warnings(clients.Record{ID: "open", Unsigned: true}, deployed)
		if len(got) != 1 || strings.Contains(got[0], "UnsignedClients") != want {
			t.Errorf("%q, deployed %v", got, deployed)
		}
	}
}
