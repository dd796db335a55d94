package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"countersign/pkg/filetest"
)

// TestGreeting pastes the commands of the greeting into a shell.
func TestGreeting(t *testing.T) {
	p := serveOn(t, newFolder(t))
	if err := p.end(syscall.SIGINT); err != nil {
		t.Fatalf("ended with %v\n%s", err, p.out.String())
	}
	var script []string
	for line := range strings.Lines(p.out.String()) {
		if strings.HasPrefix(line, "curl ") {
			script = append(script, line)
		}
	}
	if len(script) != 3 {
		t.Fatalf("%d commands in\n%s", len(script), p.out.String())
	}
	again := serveOn(t, p.data)
	pasted := strings.ReplaceAll(strings.Join(script, "echo\n"), p.url, again.url)
	text, err := exec.Command("bash", "-c", pasted).CombinedOutput()
	lines := strings.Split(string(text), "\n")
	if err != nil || len(lines) != 3 || !strings.Contains(lines[0], `"SUCCESS"`) ||
		!strings.Contains(lines[1], `"code":"`) || !strings.Contains(lines[2], `"isPassed":true`) {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestReadme pastes the commands of the README, and after them those of docs/contracts.md,
// into a shell. The next block of code has the answer of each command.
func TestReadme(t *testing.T) {
	pages := append(filetest.Read(t, "../../README.md"), filetest.Read(t, "../../docs/contracts.md")...)
	var script, answers []string
	for line := range strings.Lines(string(pages)) {
		switch {
		case strings.HasPrefix(line, "curl "):
			script = append(script, line)
		case len(script) > len(answers) && strings.ContainsAny(line[:1], "[{"):
			answers = append(answers, strings.TrimSpace(line))
		}
	}
	p := serveOn(t, newFolder(t))
	run := strings.ReplaceAll(strings.Join(script, "echo\n"), "http://127.0.0.1:8080", p.url)
	out, err := exec.Command("bash", "-c", run).CombinedOutput()
	got := strings.Split(string(out), "\n")
	if err != nil || len(script) != 5 || len(got) != 5 || len(answers) != 5 {
		t.Fatalf("%v\n%s", err, out)
	}
	changing := regexp.MustCompile(`"authenticationId":"\d{35}"|"id":"[0-9a-f-]{36}"|"id":"[0-9a-f]{32}"|` +
		`\d{6} is your|"code":"\d{6}"|"(sentAt|expiresAt)":"[0-9TZ:.-]+"`)
	receipt := regexp.MustCompile(`,"receipt":\{[^}]*\}`) // on a slow machine it has come by now
	for i := range got {
		got[i] = receipt.ReplaceAllString(got[i], "")
		if a, b := changing.ReplaceAllString(got[i], "*"), changing.ReplaceAllString(answers[i], "*"); a != b {
			t.Errorf("command %d answered\n%s\nthe page has\n%s", i+1, got[i], answers[i])
		}
	}
}

// TestSignedByHand runs the commands of docs/calling.md that sign a request with openssl alone.
func TestSignedByHand(t *testing.T) {
	_, script, _ := strings.Cut(string(filetest.Read(t, "../../docs/calling.md")), "\npath=/ams/")
	script, _, _ = strings.Cut(script, "\n```")
	p := serveOn(t, newFolder(t))
	onFolder(t, p.data).ok("client", "add", "acme", "--country", "MY", "--generate-key")
	cmd := exec.Command("bash", "-c", "path=/ams/"+script)
	cmd.Env = append(os.Environ(), "COUNTERSIGN_URL="+p.url, "COUNTERSIGN_DATA="+p.data)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"resultCode":"SUCCESS"`) {
		t.Errorf("%v\n%s\n%s", err, script, out)
	}
}

// A block of code on a page that people paste has no answer in it: the shell would run the answer too.
func TestBlocksHaveNoAnswers(t *testing.T) {
	for _, page := range []string{"README.md", "docs/contracts.md", "docs/calling.md"} {
		blocks := strings.Split(string(filetest.Read(t, "../../"+page)), "```")
		for i := 1; i < len(blocks); i += 2 {
			text := "\n" + blocks[i]
			if strings.Contains(text, "\ncurl ") && (strings.Contains(text, "\n{") || strings.Contains(text, "\n[")) {
				t.Errorf("%s has a command and its answer in one block:\n%s", page, blocks[i])
			}
		}
	}
}
