package main

import (
	"strings"
	"syscall"
	"testing"
)

// With --verbose a developer sees each request, and why a stranger is refused; no
// code and no number is shown there. Otherwise only faults are.
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
		var lines []string
		for line := range strings.Lines(p.output()) {
			if strings.Contains(line, "msg=request") {
				lines = append(lines, line)
			}
		}
		all := strings.Join(lines, "")
		if len(lines) != c.want || c.want > 0 && (!strings.Contains(all, "attemptsLeft=4") ||
			!strings.Contains(all, "number=+60******6353")) || strings.Contains(all, "6543216353") {
			t.Errorf("%q: %d lines, want %d:\n%s", c.args, len(lines), c.want, all)
		}
	}
}
