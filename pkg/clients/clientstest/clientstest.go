// Package clientstest holds what the tests of clients, their registry and their users
// share: a registry and a user directory on real parts.
package clientstest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/keyring/keyringtest"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/signature"
	"countersign/pkg/sqlitestore/sqlitetest"
	"countersign/pkg/users"

	"countersign/pkg/clocktest"
)

// Secret is an HMAC secret that must not appear in any output.
const Secret = "canary-secret/+=for-HMAC"

// Start is the time at which the clock of a new [Rig] stands.
var Start = time.Date(2026, 11, 22, 2, 25, 27, 0, time.UTC)

// Rig is a registry and a user directory on a SQLite file and a keyring's file.
type Rig struct {
	registry.Registry
	Users    registry.Users
	Clock    *clocktest.Clock
	Counted  *Counting // the table of both
	Database string    // path of the SQLite file
	Keys     string    // path of the keyring's file
}

// New makes a rig without clients.
func New(t testing.TB) *Rig {
	t.Helper()
	r := &Rig{
		Clock:    clocktest.New(Start),
		Database: filepath.Join(t.TempDir(), "countersign.db"),
		Keys:     keyringtest.Write(t, t.TempDir()),
	}
	ring, err := keyring.New(keyfile.New(r.Keys), r.Clock.Now, time.Second, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r.Counted = &Counting{Table: sqlitetest.Open(t, r.Database).Documents()}
	defaults := clients.Defaults{
		Policy: otp.DefaultPolicy(), Countries: []string{"*"}, Unsigned: true, Brand: "Countersign", Language: "en",
		CheckWords: languages.Check,
	}
	r.Registry = registry.Registry{
		Table: r.Counted, Sealer: ring, Defaults: defaults, Now: r.Clock.Now, Rand: rand.Reader,
	}
	r.Users = registry.Users{Directory: users.Directory{Table: r.Counted, Sealer: ring, Now: r.Clock.Now}}
	return r
}

// Lookup returns the directory that requests use.
func (r *Rig) Lookup() clients.Lookup {
	return clients.NewLookup(r.Table, r.Sealer, r.Defaults)
}

// MustAdd adds a client and returns it as requests see it. If it may send Unimatrix
// requests, its access key is its id with [KeySuffix].
func (r *Rig) MustAdd(t testing.TB, record clients.Record, secret string) *clients.Client {
	t.Helper()
	var plain []byte
	if secret != "" {
		plain = []byte(secret)
	}
	var keys []string
	if record.Unimatrix != "" {
		keys = []string{record.ID + KeySuffix}
	}
	if err := r.Add(t.Context(), record, plain, keys...); err != nil {
		t.Fatal(err)
	}
	return r.MustFind(t, record.ID)
}

// KeySuffix ends the access keys of [Rig.MustAdd].
const KeySuffix = "-key"

// MustFind returns a client as requests see it.
func (r *Rig) MustFind(t testing.TB, id string) *clients.Client {
	t.Helper()
	c, err := r.Lookup().Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Raw returns a document without the registry.
func (r *Rig) Raw(t testing.TB, key string) string {
	t.Helper()
	text, revision, err := r.Counted.Get(t.Context(), key)
	if err != nil || revision == 0 {
		t.Fatal(key, revision, err)
	}
	return string(text)
}

// Put writes a document without the registry.
func (r *Rig) Put(t testing.TB, key, text string) {
	t.Helper()
	_, revision, err := r.Counted.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := r.Counted.Put(t.Context(), key, []byte(text), revision); err != nil || !ok {
		t.Fatal(ok, err)
	}
}

// Counting counts the reads of a table. Reads return Err if it is not nil.
type Counting struct {
	documents.Table
	Gets atomic.Int64
	Err  atomic.Pointer[error]
}

// Get implements [documents.Table].
func (c *Counting) Get(ctx context.Context, key string) ([]byte, int64, error) {
	c.Gets.Add(1)
	if err := c.Err.Load(); err != nil {
		return nil, 0, *err
	}
	return c.Table.Get(ctx, key)
}

// Refusing refuses every write, as if another writer always won.
type Refusing struct{ documents.Table }

// Put implements [documents.Table].
func (Refusing) Put(context.Context, string, []byte, int64) (bool, error) { return false, nil }

// Delete implements [documents.Table].
func (Refusing) Delete(context.Context, string, int64) (bool, error) { return false, nil }

// RSA keys of clients, made once per process because that takes long. Short has too
// few bits.
var (
	Key1, Key2 = newKey(2048), newKey(2048)
	Short      = newKey(1024)
)

func newKey(bits int) func() *rsa.PrivateKey {
	return sync.OnceValue(func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic(err)
		}
		return key
	})
}

// Public returns the public half of a key as PEM.
func Public(key *rsa.PrivateKey) string { return signature.FormatPublicKey(&key.PublicKey) }

// Private returns a private key as PEM.
func Private(key *rsa.PrivateKey) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// WantError fails the test unless the text of err holds all of these.
func WantError(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q, want one with %q", err, text)
		}
	}
}
