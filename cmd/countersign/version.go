package main

import (
	"fmt"
	"runtime"

	"countersign/pkg/version"
)

// versionCommand is the command version.
type versionCommand struct{}

// Run prints the version of this binary, and of the Go toolchain that built it.
func (versionCommand) Run() error {
	_, err := fmt.Printf("countersign %s (%s, %s/%s)\n",
		version.Current, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
