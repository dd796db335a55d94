package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"countersign/pkg/filetest"
)

// TestPasswordsPage pastes the commands of docs/passwords.md into a shell, from its top, unsigned and signed: openssl
// encrypts and signs there. The next block of code after a command has its answer.
func TestPasswordsPage(t *testing.T) {
	page := string(filetest.Read(t, "../../docs/passwords.md"))
	blocks := regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(page, -1)
	command := regexp.MustCompile(`^(url|proof|value|id)=|^post `)
	for _, signed := range []bool{false, true} {
		var script, answers []string
		for _, block := range blocks {
			switch text := block[1]; {
			case command.MatchString(text), signed && strings.HasPrefix(text, "post() {"):
				script = append(script, text, "echo\n")
			case strings.HasPrefix(text, `{"`):
				answers = append(answers, strings.TrimSpace(text))
			}
		}
		p := serveOn(t, newFolder(t))
		if signed {
			onFolder(t, p.data).ok("client", "add", "acme", "--country", "MY", "--generate-key")
		}
		run := exec.Command("bash", "-c", strings.ReplaceAll(strings.Join(script, ""), "http://127.0.0.1:8080", p.url))
		run.Dir = t.TempDir() // for key.json
		run.Env = append(os.Environ(), "COUNTERSIGN_DATA="+p.data)
		out, err := run.CombinedOutput()
		compareWithPage(t, string(out), err, answers)
	}
}

func compareWithPage(t *testing.T, out string, err error, answers []string) {
	t.Helper()
	var got []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "{") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if err != nil || len(got) != 6 || len(answers) != 6 {
		t.Fatalf("%v: %d answers, and %d on the page\n%s", err, len(got), len(answers), out)
	}
	changing := regexp.MustCompile(`"authenticationId":"\d{35}"|"publicKey":"[^"]*"`)
	for i := range got {
		if a, b := changing.ReplaceAllString(got[i], "*"), changing.ReplaceAllString(answers[i], "*"); a != b {
			t.Errorf("command %d answered\n%s\nthe page has\n%s", i+1, got[i], answers[i])
		}
	}
}
