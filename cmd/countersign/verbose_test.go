package main

import (
	"strings"
	"syscall"
	"testing"
)

// TestVerbose: with --verbose the server logs each request, without codes and numbers.
// Otherwise it logs faults only.
func TestVerbose(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int
	}{{nil, 0}, {[]string{"--verbose"}, 3}} {
		p := serveOn(t, newFolder(t), c.args...)
		p.post(initPath, initBody("one", "60-6543216353"))
		p.post(verifyPath, verifyBody("one", "1"))
		p.post("/v1/nothing", "{}")
		p.end(syscall.SIGTERM)
		lines, n := "", 0
		for line := range strings.Lines(p.out.String()) {
			if strings.Contains(line, "msg=request") {
				lines += line
				n++
			}
		}
		if n != c.want || strings.Contains(lines, "6543216353") {
			t.Errorf("%q: %d log lines, want %d without a number:\n%s", c.args, n, c.want, lines)
		}
		for _, field := range []string{"attemptsLeft=4", "number=+60******6353"} {
			if n > 0 && !strings.Contains(lines, field) {
				t.Errorf("%q: no log line has %s:\n%s", c.args, field, lines)
			}
		}
	}
}
