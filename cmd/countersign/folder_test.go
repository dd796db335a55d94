package main

import (
	"testing"

	"countersign/pkg/keyring/keyringtest"
)

// newFolder makes a data folder with a keyring. TestKeysCommands shows that a command makes a
// keyring.
func newFolder(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	keyringtest.Write(t, folder)
	return folder
}
