package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"countersign/pkg/ams/amsclient"

	"countersign/pkg/filetest"
)

const (
	payer     = "+606543216353"
	firstPIN  = "482915"
	secondPIN = "730164"
	wrongPIN  = "915482"
)

// payers is a merchant of countersign call whose users have passwords, and its operator.
type payers struct {
	at
	said strings.Builder // all that the commands have printed
	n    int             // requests so far
}

// gets is [at.gets] with a password as the standard input.
func (c *payers) gets(code, typed string, args ...string) (a amsclient.Answer) {
	c.t.Helper()
	c.in = typed + "\n"
	answer, faults, _ := c.call(append(args, "--client", "acme")...)
	c.said.WriteString(answer + faults)
	if err := json.Unmarshal([]byte(answer), &a); err != nil || a.Result.Code != code {
		c.t.Fatalf("%q answered %s%s, want %s", args, answer, faults, code)
	}
	return a
}

// id returns a new id.
func (c *payers) id() string {
	c.n++
	return fmt.Sprint("request-", c.n)
}

// proof sends a code, types it, and returns the id of the proof.
func (c *payers) proof() string {
	c.t.Helper()
	id := c.id()
	proof := c.gets("SUCCESS", "", "init", payer, "--id", id).AuthenticationID
	c.gets("SUCCESS", "", "verify", id, c.p.messages(payer)[0].Code)
	return proof
}

// set sets the PIN with a proof.
func (c *payers) set(code, proof, typed string) {
	c.t.Helper()
	c.gets(code, typed, "set-password", payer, "--authentication-id", proof)
}

// ask asks for the PIN, and returns what types it.
func (c *payers) ask() (typing func(code, typed string)) {
	c.t.Helper()
	id := c.id()
	asked := c.gets("SUCCESS", "", "init", payer, "--method", "password", "--id", id)
	if asked.ActionForm == nil || *asked.ActionForm != (amsclient.ActionForm{ChallengeType: "PAYMENT_PASSWORD"}) {
		c.t.Errorf("%s", asked.Raw)
	}
	if a := c.gets("SUCCESS", "", "trigger", asked.AuthenticationID); a.ChallengeKey == nil {
		c.t.Error("the trigger has no key")
	}
	c.prints([]string{"messages", "--authentication-id", asked.AuthenticationID}, "password   may be typed until ")
	return func(code, typed string) {
		c.t.Helper()
		c.gets(code, typed, "verify", id, "--password", "--authentication-id", asked.AuthenticationID)
	}
}

// lock types five wrong PINs, and the right one to no avail.
func (c *payers) lock(right string) {
	c.t.Helper()
	typing := c.ask()
	for range 4 {
		typing("VERIFY_UNMATCHED", wrongPIN)
	}
	typing("VERIFY_TIMES_EXCEED_LIMIT", wrongPIN)
	typing("VERIFY_TIMES_EXCEED_LIMIT", right)
	c.ask()("VERIFY_TIMES_EXCEED_LIMIT", right) // another challenge does not help
}

// operator runs a command about the PIN.
func (c *payers) operator(want string, args ...string) {
	c.t.Helper()
	out := c.ok(append([]string{"user"}, append(args, "--client", "acme")...)...)
	c.said.WriteString(out)
	if !strings.Contains(out, want) {
		c.t.Errorf("%q printed %s, want %s", args, out, want)
	}
}

// A user proves the number by a code, sets a PIN and confirms with it. Wrong PINs lock it; the operator and a further
// code end that. A block of the user holds for the PIN, which was set by number before the user was added.
func TestPasswordFlow(t *testing.T) {
	t.Setenv("COUNTERSIGN_COOLDOWN", "0s")
	onEachWith(t, func(t *testing.T, admin tool, serve func(...string) *process) {
		admin.ok("client", "add", "acme", "--country", "MY", "--generate-key")
		c := &payers{at: at{admin, serve("--verbose")}}
		c.gets("PROCESS_FAIL", "", "init", payer, "--method", "password", "--id", c.id())
		proof := c.proof()
		c.set("PARAM_ILLEGAL", proof, "123456")
		c.set("SUCCESS", proof, firstPIN)
		c.set("AUTHENTICATION_REQUEST_ID_INVALID", proof, secondPIN)
		typing := c.ask()
		typing("VERIFY_UNMATCHED", wrongPIN)
		typing("SUCCESS", firstPIN)
		typing("AUTHENTICATION_REQUEST_ID_INVALID", firstPIN)

		c.lock(firstPIN)
		c.operator("payment  20", "password", "show", "--number", payer)
		c.operator("unlocked", "password", "unlock", "--number", payer, "--kind", "payment")
		c.ask()("SUCCESS", firstPIN)
		c.lock(firstPIN)
		c.set("SUCCESS", c.proof(), secondPIN)
		typing = c.ask()
		typing("VERIFY_UNMATCHED", firstPIN)
		typing("SUCCESS", secondPIN)
		c.blocked()
		c.silentAbout(t)
	})
}

// blocked blocks the user of the number, and removes it.
func (c *payers) blocked() {
	c.t.Helper()
	begun := c.ask()
	c.operator("added", "add", "bob", "--number", payer)
	proof := c.proof()
	c.operator("blocked", "block", "bob")
	begun("VERIFY_UNMATCHED", secondPIN)
	c.gets("PROCESS_FAIL", "", "init", payer, "--method", "password", "--id", c.id())
	c.set("PROCESS_FAIL", proof, firstPIN)
	c.operator("unblocked", "unblock", "bob")
	c.ask()("SUCCESS", secondPIN)
	c.operator("removed", "remove", "bob")
	c.gets("PROCESS_FAIL", "", "init", payer, "--method", "password", "--id", c.id())
	c.operator("no passwords", "password", "show", "--number", payer)
	c.set("SUCCESS", proof, firstPIN) // the next owner of the number, who may also be the same one
	c.ask()("SUCCESS", firstPIN)
}

// silentAbout ends the server, and looks for passwords, digests and the number in all that it and the commands have
// printed, and in its files but the outbox.
func (c *payers) silentAbout(t *testing.T) {
	t.Helper()
	if err := c.p.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	texts := map[string]string{"what the commands printed": c.said.String()}
	for line := range strings.Lines(c.p.out.String()) {
		if !strings.HasPrefix(line, "SMS to") && !strings.HasPrefix(line, "curl") {
			texts["what the server printed"] += line
		}
	}
	if n := strings.Count(texts["what the server printed"], "\n"); n < c.n {
		t.Errorf("%d lines of %d requests and more", n, c.n)
	}
	files, err := filepath.Glob(filepath.Join(c.data, "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && !info.IsDir() && filepath.Base(file) != "outbox.jsonl" {
			texts[file] = string(filetest.Read(t, file))
		}
	}
	for name, text := range texts {
		silent(t, name, []byte(text), []string{firstPIN, secondPIN, wrongPIN, "6543216353", "606543216353"})
		if !strings.Contains(name, ".db") && regexp.MustCompile(`argon2|passwordValue":"[^"]{20}`).MatchString(text) {
			t.Errorf("%s has a digest, or what was encrypted", name)
		}
	}
}
