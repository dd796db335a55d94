package main

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"countersign/pkg/phone/plan"
	"countersign/pkg/version"
)

// TestVersion: the command and the log line of the start have the version.
func TestVersion(t *testing.T) {
	c := onFolder(t, newFolder(t))
	want := fmt.Sprintf("countersign %s (%s, %s/%s)\nnumbering plans: %s",
		version.Current, runtime.Version(), runtime.GOOS, runtime.GOARCH, plan.Release())
	if got := c.ok("version"); !strings.HasPrefix(got, want) {
		t.Errorf("printed %q, want %q", got, want)
	}
	p := serveOn(t, c.data)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	want = "msg=started version=" + version.Current + ` plans="` + plan.Release()
	if strings.Count(p.out.String(), want) != 1 {
		t.Errorf("the log has %q not exactly once:\n%s", want, p.out.String())
	}
}
