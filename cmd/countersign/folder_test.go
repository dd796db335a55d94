package main

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"countersign/pkg/keyring"
)

// newFolder makes a data folder with a copy of one keyring, as an RSA key takes long to
// make. TestKeysCommands shows that a command makes a keyring.
func newFolder(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "keys.json"), newKeyring(), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// newKeyring returns a keyring with one key of each kind. It is made once.
var newKeyring = sync.OnceValue(func() []byte {
	d := &keyring.Document{}
	for _, kind := range keyring.Kinds() {
		if _, err := d.Rotate(kind, time.Time{}, time.Now(), rand.Reader); err != nil {
			panic(err)
		}
	}
	return d.AtRest()
})
