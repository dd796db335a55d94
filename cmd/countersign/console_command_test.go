package main

import (
	"crypto/sha256"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"countersign/pkg/filetest"
)

// TestConsoleMakesNothing: the console neither makes what is missing nor runs where it is not for one person.
func TestConsoleMakesNothing(t *testing.T) {
	c := onFolder(t, filepath.Join(t.TempDir(), "none"))
	c.no("countersign serve makes one there", "console")
	if _, err := os.Stat(c.data); err == nil {
		t.Error("a folder was made")
	}
	empty := onFolder(t, t.TempDir())
	empty.no("countersign serve makes one there", "console")
	if found, err := os.ReadDir(empty.data); err != nil || len(found) > 0 {
		t.Errorf("%v, %v were made", found, err)
	}
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0"} {
		c.no("must be an address of the loopback interface", "console", "--listen", address)
	}
	c.no("must be HOST:PORT", "console", "--listen", "127.0.0.1")
	c.no("give --store dynamodb", "console", "--keys-secret", "keys")
	c.env = append(c.env, "AWS_LAMBDA_FUNCTION_NAME=init")
	c.no("it does not run inside Lambda (AWS_LAMBDA_FUNCTION_NAME is set)", "console")
}

// digests returns those of the files in a folder, but for the two that SQLite has beside each file that is open.
func digests(t *testing.T, folder string) map[string][sha256.Size]byte {
	t.Helper()
	all := map[string][sha256.Size]byte{}
	found, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if !strings.HasSuffix(f.Name(), "-wal") && !strings.HasSuffix(f.Name(), "-shm") {
			all[f.Name()] = sha256.Sum256(filetest.Read(t, filepath.Join(folder, f.Name())))
		}
	}
	return all
}

// finds walks through the pages, which must work and find the challenge of a number.
func (p *process) finds(t *testing.T, number string) {
	t.Helper()
	pages := p.walk(t, number)
	for address, v := range pages {
		if v.status >= 500 {
			t.Errorf("%s: %d %s\n%s", address, v.status, v.page, p.out.String())
		}
	}
	found := pages["/console/happened number authenticationId client"]
	if !strings.Contains(found.page, `href="/console/happened/`) {
		t.Errorf("the challenge of %s is not found: %d %s", number, found.status, found.page)
	}
}

// TestConsoleOfAFolder: the pages of a folder are the same while a server uses it and after, and change no file.
func TestConsoleOfAFolder(t *testing.T) {
	data := newFolder(t)
	server := serveOn(t, data)
	server.post(initPath, initBody("a", "60-1111111111"))
	beside := start(t, data, environment(), "console")
	server.post(initPath, initBody("b", "60-1111111112"))
	beside.finds(t, "60-1111111112")
	if err := beside.end(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	server.end(syscall.SIGTERM)
	before := digests(t, data)
	if len(before) < 3 {
		t.Errorf("%d files", len(before))
	}
	alone := start(t, data, environment(), "console")
	alone.finds(t, "60-1111111111")
	if status, page := alone.ask(t, "", "GET", "/_dev/messages"); status != http.StatusNotFound {
		t.Errorf("messages: %d %s", status, page)
	}
	_, settings := alone.ask(t, "", "GET", "/console/settings?show=given")
	if !strings.Contains(settings, "REQUESTS_PER_MINUTE") {
		t.Errorf("the rate that a folder has is not among the settings: %s", settings)
	}
	if err := alone.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	for name, sum := range digests(t, data) {
		if before[name] != sum {
			t.Errorf("%s was changed or made", name)
		}
	}
	after := serveOn(t, data)
	if got := len(after.messages("")); got != 2 {
		t.Errorf("%d messages after the console, want 2", got)
	}
}

// TestConsoleEnds: Ctrl-C ends the command at once, also while a page is live.
func TestConsoleEnds(t *testing.T) {
	data := newFolder(t)
	serveOn(t, data).end(syscall.SIGTERM)
	p := start(t, data, environment(), "console")
	live, err := http.Get(p.url + "/console/live")
	if err != nil {
		t.Fatal(err)
	}
	defer live.Body.Close()
	begin := time.Now()
	if err := p.end(syscall.SIGINT); err != nil {
		t.Errorf("%v\n%s", err, p.out.String())
	}
	if _, err := io.ReadAll(live.Body); err != nil {
		t.Errorf("the live page broke off: %v", err)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("the command took %v to end", took)
	}
}

// TestConsoleOfOwnSettings: the page of settings has what this command goes by, and not what only other processes read.
func TestConsoleOfOwnSettings(t *testing.T) {
	data := newFolder(t)
	serveOn(t, data).end(syscall.SIGTERM)
	onFolder(t, data).ok("client", "add", "acme", "--country", "MY", "--unsigned")
	env := append(environment(), "COUNTERSIGN_LISTEN=127.0.0.1:9", "COUNTERSIGN_PER_DAY=7",
		"COUNTERSIGN_SENDER_ID=ACME")
	p := start(t, data, env, "console")
	_, page := p.ask(t, "", "GET", "/console/settings")
	row := func(name string) string {
		_, after, _ := strings.Cut(page, "<wbr>"+name+"<")
		cells, _, _ := strings.Cut(after, "</tr>")
		return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString("<"+cells, " ")), " ")
	}
	for name, want := range map[string]string{
		"LISTEN":              "--listen none not used by this process the value that is set has no effect",
		"SENDER_ID":           "none not used by this process the value that is set has no effect",
		"PER_DAY":             "7 environment variable",
		"REQUESTS_PER_MINUTE": "0 default of the local server",
		"MESSAGES_PER_DAY":    "0 default of the local server",
	} {
		if got := row(name); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if _, page := p.ask(t, "", "GET", "/console/clients?client=acme"); strings.Contains(page, "100000") {
		t.Error("a client has another limit than with serve")
	}
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}
