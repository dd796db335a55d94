// Package filetest reads and writes files for tests.
package filetest

import (
	"bytes"
	"io/fs"
	"os"
	"testing"
)

// Read returns what a file has. The test ends if the file cannot be read.
func Read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Write makes or replaces a file. The test ends if that fails.
func Write(t testing.TB, path string, text []byte, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, text, mode); err != nil {
		t.Fatal(err)
	}
}

// Golden compares a text with that of a file. With update it writes the file first; remedy is the command that does.
func Golden(t testing.TB, path string, got []byte, update bool, remedy string) {
	t.Helper()
	if update {
		Write(t, path, got, 0o644)
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s has\n%s\n(%v), and the test made\n%s\nif the change is meant, run %s",
			path, want, err, got, remedy)
	}
}
