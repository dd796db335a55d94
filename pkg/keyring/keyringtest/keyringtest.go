// Package keyringtest has a keyring for tests that need any valid one.
package keyringtest

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"countersign/pkg/keyring"
)

// AtRest returns the document of a keyring with one key of each kind, all in force since the
// start of 2025. It is made once in a process, because an RSA key takes long to make.
var AtRest = sync.OnceValue(func() []byte {
	d := &keyring.Document{}
	for _, kind := range keyring.Kinds() {
		made := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
		if _, err := d.Rotate(kind, time.Time{}, made, rand.Reader); err != nil {
			panic(err)
		}
	}
	return d.AtRest()
})

// Write writes the keyring to keys.json in a folder, and returns the path of that file.
func Write(t testing.TB, folder string) (path string) {
	t.Helper()
	path = filepath.Join(folder, "keys.json")
	if err := os.WriteFile(path, AtRest(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
