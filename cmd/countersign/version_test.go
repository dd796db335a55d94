package main

import (
	"runtime"
	"strings"
	"syscall"
	"testing"

	"countersign/pkg/version"
)

func TestVersion(t *testing.T) {
	c := onFolder(t, newFolder(t))
	want := "countersign " + version.Current + " (" + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH +
		")\n"
	if got := c.ok("version"); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	p := serveOn(t, c.data)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if want := "msg=started version=" + version.Current; strings.Count(p.output(), want) != 1 {
		t.Errorf("the log has not one %q:\n%s", want, p.output())
	}
}
