package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// at is a tool that calls a server.
type at struct {
	tool
	p *process
}

// call runs countersign call. The exit code must be the one of the answer's status.
func (c at) call(args ...string) (answer, faults string, exit int) {
	c.t.Helper()
	answer, faults, exit = c.run(append([]string{"call", args[0], "--url", c.p.url}, args[1:]...)...)
	want := 1
	for status, code := range map[string]int{"S": 0, "F": 2, "U": 3} {
		if strings.Contains(answer, `"resultStatus":"`+status+`"`) {
			want = code
		}
	}
	if exit != want {
		c.t.Errorf("%q ended with %d, want %d\n%s%s", args, exit, want, answer, faults)
	}
	return answer, faults, exit
}

// gets runs a call that must print one line with a result code, and end with an exit code.
func (c at) gets(code string, exit int, args ...string) string {
	c.t.Helper()
	answer, faults, got := c.call(args...)
	if got != exit || !strings.Contains(answer, `"resultCode":"`+code+`"`) || strings.Count(answer, "\n") != 1 {
		c.t.Errorf("%q ended with %d\n%s%s\nwant %d and %s", args, got, answer, faults, exit, code)
	}
	return answer
}

// until repeats a call until it has a result code.
func (c at) until(code string, args ...string) {
	c.t.Helper()
	answer := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if answer, _, _ = c.call(args...); strings.Contains(answer, `"resultCode":"`+code+`"`) {
			return
		}
	}
	c.t.Errorf("%q still answers %s, want %s", args, answer, code)
}

// TestCallPayment: init and verify name a payment, in each body that a check may have.
func TestCallPayment(t *testing.T) {
	p := serveOn(t, newFolder(t))
	c := at{onFolder(t, p.data), p}
	c.ok("client", "add", "acme", "--country", "US", "--generate-key")
	other := strings.Replace(bill, "1048.57", "9048.57", 1)
	for i, form := range [][]string{{}, {"--users"}, {"--authentication-id"}} {
		number, id := fmt.Sprint("+1202555012", i), fmt.Sprint("pay", i)
		answer := c.gets("SUCCESS", 0, "init", number, "--client", "acme", "--id", id, "--payment", bill)
		if len(form) > 0 && form[0] == "--authentication-id" {
			_, after, _ := strings.Cut(answer, `"authenticationId":"`)
			authID, _, _ := strings.Cut(after, `"`)
			form = append(form, authID)
		}
		verify := append([]string{"verify", id, p.shown(number), "--client", "acme"}, form...)
		c.gets("VERIFY_UNMATCHED", 2, verify...)
		c.gets("VERIFY_UNMATCHED", 2, append(verify, "--payment", other)...)
		c.gets("SUCCESS", 0, append(verify, "--payment", bill)...)
	}
	c.gets("PARAM_ILLEGAL", 2, "init", "+12025550129", "--client", "acme", "--payment", `{"amount":"1"}`)
	for _, bad := range []string{`{"amount":1}`, `{"Amount":"1.00"}`, `{"iban":"x"}`, `10.50`, ``, `{} {}`} {
		c.no("--payment", "call", "init", "+12025550129", "--client", "acme", "--payment="+bad)
	}
}

// TestCallSigned: a client that is added while the server runs can call at once, and only
// with its own keys. Changes of its keys and its status work while the server runs.
func TestCallSigned(t *testing.T) {
	t.Parallel() // it waits for the server's caches
	p := serveOn(t, newFolder(t))
	c := at{onFolder(t, p.data), p}
	c.ok("client", "add", "acme", "--country", "US", "--generate-key")
	c.ok("client", "add", "other", "--country", "US", "--generate-key")

	answer := c.gets("SUCCESS", 0, "init", "+12025550123", "--client", "acme", "--id", "one")
	if !strings.HasPrefix(answer, `{"actionForm":{"challengeRenderValue":"+1******0123",`) {
		t.Error(answer)
	}
	sent := p.messages("+12025550123")[0].Code
	wrong := filepath.Join(p.data, "clients", "other.key.pem")
	c.gets("INVALID_SIGNATURE", 2, "verify", "one", sent, "--client", "acme", "--key", wrong)
	c.gets("SIGNATURE_INVALID", 2, "verify", "one", sent, "--client", "acme", "--key", wrong, "--users")
	right := filepath.Join(p.data, "clients", "acme.key.pem")
	c.gets("INVALID_SIGNATURE", 2, "verify", "one", sent, "--client", "acme", "--key", right+":5")
	c.gets("KEY_NOT_FOUND", 2, "verify", "one", sent, "--client", "acme", "--key", right+":5", "--users")
	c.gets("AUTHENTICATION_REQUEST_ID_INVALID", 2, "verify", "one", sent, "--client", "other")
	c.gets("ACCESS_DENIED", 2, "init", "60-6543216353", "--client", "acme")
	c.gets("SUCCESS", 0, "verify", "one", sent, "--client", "acme")

	// The newest key signs by default. The old one works until it is removed.
	c.ok("client", "rotate-key", "acme")
	c.until("AUTHENTICATION_REQUEST_ID_INVALID", "verify", "one", "123456", "--client", "acme")
	c.gets("AUTHENTICATION_REQUEST_ID_INVALID", 2, "verify", "one", "123456", "--client", "acme", "--key", right)
	c.ok("client", "remove-key", "acme", "1")
	c.until("INVALID_SIGNATURE", "verify", "one", "123456", "--client", "acme", "--key", right)
	c.gets("AUTHENTICATION_REQUEST_ID_INVALID", 2, "verify", "one", "123456", "--client", "acme")

	c.ok("client", "disable", "acme")
	c.until("INVALID_CLIENT", "verify", "one", "123456", "--client", "acme")
	c.gets("AUTHENTICATION_REQUEST_ID_INVALID", 2, "verify", "one", "123456", "--client", "other")
	c.ok("client", "enable", "acme")
	c.until("AUTHENTICATION_REQUEST_ID_INVALID", "verify", "one", "123456", "--client", "acme")

	_, faults, _ := c.call("verify", "one", "123456", "--client", "nobody")
	missing := filepath.Join(p.data, "clients", "nobody.key.pem")
	if want := "not signed: " + missing + " does not exist"; !strings.Contains(faults, want) {
		t.Errorf("a client without a key: %s, want %q", faults, want)
	}
	c.ok("client", "add", "open", "--unsigned", "--country=*")
	c.gets("SUCCESS", 0, "init", "+12025550124", "--client", "open")
}

// TestCalls makes every call as client demo, which needs no key.
func TestCalls(t *testing.T) {
	p := serveOn(t, newFolder(t))
	c := at{onFolder(t, p.data), p}
	answer, faults, exit := c.call("init", "60-6543216353")
	_, id, ok := strings.Cut(strings.TrimSpace(faults), "countersign: id ")
	if exit != 0 || !ok || len(id) < 26 || strings.Contains(faults, "not signed") ||
		!strings.Contains(answer, `"authenticationRequestId":"`+id+`"`) {
		t.Fatalf("%d %s%s", exit, answer, faults)
	}
	_, rest, _ := strings.Cut(answer, `"authenticationId":"`)
	challenge, _, _ := strings.Cut(rest, `"`)
	if again := c.gets("SUCCESS", 0, "init", "+606543216353", "--id", id); again != answer {
		t.Errorf("a repeat answered %s, first %s", again, answer)
	}
	c.gets("TIMES_EXCEED_LIMIT", 2, "resend", challenge, "--id", "T1")
	if _, faults, _ := c.call("resend", challenge); !strings.Contains(faults, "countersign: id ") {
		t.Error(faults)
	}
	c.gets("INVALID_ACCESS_TOKEN", 2, "users-init", "token")
	c.gets("VERIFY_UNMATCHED", 2, "verify", id, "0000")
	c.gets("VERIFY_UNMATCHED", 2, "verify", id, "0000", "--users")
	c.gets("VERIFY_UNMATCHED", 2, "verify", id, "0000", "--authentication-id", challenge)
	c.gets("AUTHENTICATION_REQUEST_ID_INVALID", 2, "verify", id, "0000", "--authentication-id", "x")
	c.gets("SUCCESS", 0, "verify", id, p.messages("+606543216353")[0].Code, "--authentication-id", challenge)

	c.gets("API_INVALID", 2, "post", "/v1/users/nothing")
	c.gets("PARAM_ILLEGAL", 2, "post", "/v1/users/verifyAuthentication")
	c.gets("PARAM_ILLEGAL", 2, "post", "/v1/users/verifyAuthentication", "")
	c.gets("AUTHENTICATION_REQUEST_ID_INVALID", 2, "post", "/v1/users/verifyAuthentication?trace=a%20b",
		verifyBody("none", "123456"))
	c.in = verifyBody("none", "123456")
	c.gets("AUTHENTICATION_REQUEST_ID_INVALID", 2, "post", "/v1/users/verifyAuthentication", "-")
	c.gets("INVALID_PHONE_NUMBER", 2, "init", "60-06543216353")
	c.no("without spaces", "call", "init", "+60 6543216353")
	c.ok("client", "set", "--help")
	if help := strings.Join(strings.Fields(c.ok("call", "--help")), " "); !strings.Contains(help, "2 for F, 3 for U") {
		t.Error(help)
	}
}

// TestCallUnknown: status U, here of a client above its rate, has an exit code of its own,
// which call checks.
func TestCallUnknown(t *testing.T) {
	t.Parallel() // it waits for the server's caches
	p := serveOn(t, newFolder(t))
	c := at{onFolder(t, p.data), p}
	c.ok("client", "add", "slow", "--unsigned", "--per-minute", "1")
	c.until("REQUEST_TRAFFIC_EXCEED_LIMIT", "verify", "x", "123456", "--client", "slow")
}

// TestCallChecksAnswers: an answer is printed only if its signature is right. Without a public
// key, a warning reports that it is not checked.
func TestCallChecksAnswers(t *testing.T) {
	t.Parallel() // it waits for the server's caches
	p := serveOn(t, newFolder(t))
	c := at{onFolder(t, p.data), p}
	const warning, verify = "the answer's signature is not checked", "AUTHENTICATION_REQUEST_ID_INVALID"
	if _, faults, _ := c.call("verify", "x", "123456"); strings.Contains(faults, warning) {
		t.Error(faults)
	}
	_, list, _ := strings.Cut(c.ok("keys", "list"), "public key of sign version 1:\n")
	pem, _, _ := strings.Cut(list, "public key of") // that of another kind
	server := write(t, "server.pem", pem)
	elsewhere := t.TempDir()
	away := c
	away.tool = onFolder(t, elsewhere)
	away.gets(verify, 2, "verify", "x", "123456")
	if _, faults, _ := away.call("verify", "x", "123456"); !strings.Contains(faults, warning) ||
		!strings.Contains(faults, "--server-key") {
		t.Error(faults)
	}
	if files, _ := os.ReadDir(elsewhere); len(files) != 0 {
		t.Errorf("call made %v", files)
	}
	away.gets(verify, 2, "verify", "x", "123456", "--server-key", server)
	away.gets(verify, 2, "verify", "x", "123456", "--server-key", publicKey+":7", "--server-key", server+":1")
	for _, wrong := range []string{publicKey, server + ":2"} {
		answer, faults, exit := away.call("verify", "x", "123456", "--server-key", wrong)
		if exit != 1 || answer != "" || !strings.Contains(faults, "signature") {
			t.Errorf("%s: %d %s%s", wrong, exit, answer, faults)
		}
	}
	// A keyring that cannot be read does not count as none: the answer would pass unchecked.
	if err := os.Mkdir(filepath.Join(elsewhere, "keys.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	away.no("give the server's public key with --server-key", "call", "verify", "x", "123456", "--url", p.url)
	away.gets(verify, 2, "verify", "x", "123456", "--server-key", server)

	// The server signs with a new key soon, and the folder's keyring has it.
	c.ok("keys", "rotate", "sign")
	eventually(t, "an answer signed with the new key", func() bool {
		_, faults, exit := away.call("verify", "x", "123456", "--server-key", server)
		return exit == 1 && strings.Contains(faults, "keyVersion")
	})
	c.gets(verify, 2, "verify", "x", "123456")
}

// TestCallInTrouble: a call without a server, or with wrong keys or flags, ends with an error that names the remedy.
func TestCallInTrouble(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.no("countersign serve starts one", "call", "verify", "x", "1", "--url", "http://127.0.0.1:1")
	c.no("at http://me:xxxxx@127.0.0.1:1?", "call", "verify", "x", "1", "--url", "http://me:secret@127.0.0.1:1")
	for _, url := range []string{"127.0.0.1:1", "localhost:1", "ftp://127.0.0.1:1", "http://"} {
		c.no("--url "+url+": must be http://HOST:PORT", "call", "verify", "x", "1", "--url", url)
	}
	c.no("--key", "call", "verify", "x", "1", "--key", "nowhere.pem")
	c.no("this is a public key", "call", "verify", "x", "1", "--key", publicKey)
	c.no("this is a private key", "call", "verify", "x", "1", "--server-key", testKeys+"ams-test-client.key.pem")
	c.no("open nowhere.pem", "call", "verify", "x", "1", "--server-key", "nowhere.pem:1")
	c.no("must start with /", "call", "post", "x")
	c.no("can't be used together", "call", "verify", "x", "1", "--users", "--authentication-id", "x")
	c.no("<number>", "call", "init")
}
