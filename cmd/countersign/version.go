package main

import (
	"fmt"
	"runtime"
	"time"

	"countersign/pkg/phone/plan"
	"countersign/pkg/version"
)

// versionCommand is the command version.
type versionCommand struct{}

// Run prints the version of this binary, of the Go toolchain that built it, and of the
// numbering plans.
func (versionCommand) Run() error {
	stale := ""
	if plan.Stale(time.Now()) {
		stale = "; it is old: see \"Stale metadata\" in docs/runbook.md"
	}
	_, err := fmt.Printf("countersign %s (%s, %s/%s)\nnumbering plans: %s%s\n",
		version.Current, runtime.Version(), runtime.GOOS, runtime.GOARCH, plan.Release(), stale)
	return err
}
