package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients"
	"countersign/pkg/guard/report"

	"countersign/pkg/filetest"
)

// The fictional number of a reviewer and its code, which nothing but the answer to nobody shows.
const reviewers, reviewersCode = "2025550123", "42424213"

// testTour is the life of a test number in both contracts.
type testTour struct {
	*process
	key string // access key
}

func (a *testTour) ams(want, path, body string) string {
	a.t.Helper()
	text := a.postAs("acme", path, body)
	if got := code(a.t, text); got != want {
		a.t.Errorf("%s %s: %s, want %s", path, body, text, want)
	}
	return text
}

func (a *testTour) unimatrix(want, action, body string) {
	a.t.Helper()
	tour := keyTour{t: a.t, process: a.process}
	tour.request("0", a.key, action, body)
	if !strings.Contains(tour.seen, want) {
		a.t.Errorf("%s %s: %s, want %s", action, body, tour.seen, want)
	}
}

// overAMS sends more at once than any limit allows, tries wrong codes, repeats and re-sends.
func (a *testTour) overAMS() {
	for n := range 12 {
		id := fmt.Sprint("id", n)
		a.ams("SUCCESS", initPath, initBody(id, "1-"+reviewers))
		first := a.ams("SUCCESS", initPath, initBody(id, "1-"+reviewers))
		_, rest, _ := strings.Cut(first, `"authenticationId":"`)
		challenge, _, _ := strings.Cut(rest, `"`)
		again := fmt.Sprintf(`{"triggerRequestId":"t%d","challengeId":%q}`, n, challenge)
		a.ams("SUCCESS", "/v1/security/triggerChallenge", again)
		a.ams("VERIFY_UNMATCHED", verifyPath, verifyBody(id, "42424214"))
		a.ams("SUCCESS", verifyPath, verifyBody(id, reviewersCode))
		a.ams("AUTHENTICATION_REQUEST_ID_INVALID", verifyPath, verifyBody(id, reviewersCode))
	}
	a.ams("REPEAT_REQ_INCONSISTENT", initPath, initBody("id1", "60-6543216353"))
	a.ams("SUCCESS", initPath, initBody("locked", "1-"+reviewers))
	for range 4 {
		a.ams("VERIFY_UNMATCHED", verifyPath, verifyBody("locked", "42424214"))
	}
	a.ams("VERIFY_TIMES_EXCEED_LIMIT", verifyPath, verifyBody("locked", "42424214"))
	a.ams("VERIFY_TIMES_EXCEED_LIMIT", verifyPath, verifyBody("locked", reviewersCode))
}

func (a *testTour) overUnimatrix() {
	verify := func(code string) string { return fmt.Sprintf(`{"to":"+1%s","code":%q}`, reviewers, code) }
	for range 12 {
		a.unimatrix(`"iso":"US"`, "otp.send", `{"to":"+1`+reviewers+`"}`)
		a.unimatrix(`"iso":"US"`, "otp.send", `{"to":"+1`+reviewers+`","digits":4}`)
		a.unimatrix(`"valid":false`, "otp.verify", verify("42424214"))
		a.unimatrix(`"valid":true`, "otp.verify", verify(reviewersCode))
		a.unimatrix(`"valid":false`, "otp.verify", verify(reviewersCode))
	}
}

// TestTestNumber: a test number gets no message and uses up no limit and no budget of the guard, in both contracts. It
// is marked in events and lines, and neither it nor its code is in the files (P14, P15).
func TestTestNumber(t *testing.T) {
	c := onFolder(t, newFolder(t))
	var h handover
	c.json(&h, "client", "add", "acme", "--unsigned", "--unimatrix=simple", "--country=MY", "--digits=8",
		"--messages-per-day=3")
	c.ok("client", "test-number", "add", "acme", "+1"+reviewers, "--code", reviewersCode, "--until", "2099-12-31")
	a := &testTour{serveOn(t, c.data, "--verbose"), h.AccessKey}
	a.overAMS()
	a.overUnimatrix()
	eventually(t, "the events", func() bool { return len(a.events()) >= 12*6 })
	for _, event := range a.events() {
		if !bytes.Contains(event, []byte(`"test":true`)) {
			t.Errorf("an event is not marked: %s", event)
		}
	}
	if got := a.messages(""); len(got) != 0 {
		t.Errorf("%d messages went out", len(got))
	}
	var r report.Report
	if c.json(&r, "guard", "report", "acme", "--all"); len(r.Rows) != 0 {
		t.Errorf("the guard counts test numbers: %+v", r.Rows)
	}
	for _, line := range strings.Split(a.out.String(), "\n") {
		about := strings.Contains(line, "outcome=") && !strings.Contains(line, "outcome=inconsistent")
		if about && !strings.Contains(line, "test=true") {
			t.Errorf("a line is not marked: %s", line)
		}
	}
	files, err := filepath.Glob(filepath.Join(c.data, "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			continue
		}
		silent(t, file, filetest.Read(t, file), []string{reviewers, reviewersCode})
	}
	silent(t, "the log", []byte(a.out.String()), []string{reviewers, reviewersCode})
}

// TestTestNumberCommands: the commands add, replace, list and remove test numbers, never show a code, and refuse what
// would harm somebody.
func TestTestNumberCommands(t *testing.T) {
	onEach(t, func(t *testing.T, c tool) {
		c.ok("client", "add", "acme")
		before := settings(t, c.client("acme"))
		add := func(number string, more ...string) []string {
			return append([]string{"client", "test-number", "add", "acme", number}, more...)
		}
		for _, real := range []string{"+606543216353", "60-6543216353", "+12025551234", "+447700901000"} {
			c.no("give --really", add(real, "--code=424242", "--until=2099-12-31")...)
		}
		c.no("the number is not possible", add("+999123", "--code=424242", "--until=2099-12-31", "--really")...)
		for _, bad := range []string{"", "123", "123456789", "12345x", "１２３４５６"} {
			c.no("the code must have 4 to 8 digits", add("+12025550123", "--code="+bad, "--until=2099-12-31")...)
		}
		c.no("must be a time to come", add("+12025550123", "--code=424242", "--until=2026-01-01")...)
		c.no("must be in the year 9999 or before", add("+12025550123", "--code=424242", "--until=9999-12-31")...)
		c.no("must be a day such as", add("+12025550123", "--code=424242", "--until=tomorrow")...)
		c.no("missing flags: --until", add("+12025550123", "--code=424242")...)
		c.no("not found", "client", "test-number", "add", "nobody", "+12025550123", "--code=424242",
			"--until=2099-12-31")
		c.no("not found", "client", "test-number", "remove", "acme", "+12025550123")
		if got := settings(t, c.client("acme")); got != before {
			t.Errorf("what is refused changed the client to %s", got)
		}
		c.ok(add("+606543216353", "--code=424242", "--until=2099-12-31", "--really")...)
		for n := range clients.MaxTestNumbers - 1 {
			c.ok(add(fmt.Sprintf("+120255501%02d", n), "--code=424242", "--until=2099-12-31T18:00:00.001Z")...)
		}
		c.no("testNumbers has 21 entries, must have at most 20", add("+12025550199", "--code=424242",
			"--until=2099-12-31")...)
		c.ok(add("1-2025550100", "--code=515151", "--until=2098-12-31")...) // in place of the one before
		c.prints([]string{"client", "test-number", "list", "acme"},
			"+60******6353  2100-01-01 00:00:00      20", "+1******0101   2099-12-31 18:00:00.001  20",
			"+1******0100   2099-01-01 00:00:00      20")
		c.prints([]string{"client", "show", "acme"}, "test numbers  +60******6353, until 2100-01-01 00:00:00")
		var all []clients.TestNumber
		err := json.Unmarshal([]byte(c.ok("client", "test-number", "list", "acme", "--json")), &all)
		if err != nil || len(all) != clients.MaxTestNumbers || strings.Contains(fmt.Sprint(all), "424242") {
			t.Errorf("list printed %+v", all)
		}
		for _, n := range all {
			number := strings.Replace(n.Mask, "+60******", "+60654321", 1)
			number = strings.Replace(number, "******", "202555", 1)
			c.ok("client", "test-number", "remove", "acme", number)
		}
		if got := settings(t, c.client("acme")); got != before {
			t.Errorf("without test numbers the record is %s, want %s", got, before)
		}
	})
}
