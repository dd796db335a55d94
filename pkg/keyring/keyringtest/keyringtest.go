// Package keyringtest has a keyring for tests that need any valid one.
package keyringtest

import (
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/filetest"
	"countersign/pkg/keyring"
)

// The RSA keys of the keyring are in files, because one takes as long to make as most tests take. They protect nothing.
var (
	//go:embed testdata/sign.pem
	sign string
	//go:embed testdata/encrypt.pem
	encrypt string
)

var made = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// AtRest returns the document of a keyring with one key of each kind, all in force since the
// start of 2025. Its secrets are made once in a process.
var AtRest = sync.OnceValue(func() []byte {
	pems := map[keyring.Kind]string{keyring.Sign: sign, keyring.Encrypt: encrypt}
	d := &keyring.Document{}
	for _, kind := range keyring.Kinds() {
		if pems[kind] != "" {
			continue
		}
		if _, err := d.Rotate(kind, time.Time{}, made, rand.Reader); err != nil {
			panic(err)
		}
	}
	var whole map[keyring.Kind][]map[string]any
	if err := json.Unmarshal(d.AtRest(), &whole); err != nil {
		panic(err)
	}
	for kind, pem := range pems {
		whole[kind] = []map[string]any{{"version": 1, "made": made, "key": pem}}
	}
	text, err := json.Marshal(whole)
	if err != nil {
		panic(err)
	}
	if _, err := keyring.Parse(text); err != nil {
		panic(err)
	}
	return text
})

// Write writes the keyring to keys.json in a folder, and returns the path of that file.
func Write(t testing.TB, folder string) (path string) {
	t.Helper()
	path = filepath.Join(folder, "keys.json")
	filetest.Write(t, path, AtRest(), 0o600)
	return path
}

// Canary is part of each [Secret], and must appear nowhere.
const Canary = "CANARY"

// Secret returns a secret that differs by its name.
func Secret(name string) string { return Canary + "-" + name + strings.Repeat("x", 30) }

// Parse reads a document, which must be a valid one.
func Parse(t testing.TB, text []byte) *keyring.Document {
	t.Helper()
	d, err := keyring.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
