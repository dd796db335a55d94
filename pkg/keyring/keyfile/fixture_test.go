package keyfile_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyringtest"

	"countersign/pkg/clocktest"
)

const canary = keyringtest.Canary

var secret, parse = keyringtest.Secret, keyringtest.Parse

var (
	day  = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	none time.Time
)

// document returns a keyring with these versions of some kinds, none of them an RSA key.
func document(kinds map[keyring.Kind][]int) []byte {
	type version struct {
		Version int    `json:"version"`
		Secret  string `json:"secret"`
	}
	out := map[keyring.Kind][]version{}
	for kind, numbers := range kinds {
		for _, n := range numbers {
			out[kind] = append(out[kind], version{n, secret(fmt.Sprint(kind, n))})
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	return b
}

// codes returns a keyring with code versions, one number key and one seal key.
func codes(versions ...int) []byte {
	return document(map[keyring.Kind][]int{keyring.Code: versions, keyring.Number: {1}, keyring.Seal: {1}})
}

// ring returns a ring with an age of a minute, and its own clock and log.
func ring(t *testing.T, s keyring.Source) (*keyring.Ring, *clocktest.Clock, *strings.Builder) {
	t.Helper()
	c, log := clocktest.New(day), &strings.Builder{}
	r, err := keyring.New(s, c.Now, time.Minute, slog.New(slog.NewJSONHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return r, c, log
}
