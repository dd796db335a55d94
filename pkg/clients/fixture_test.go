package clients_test

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
	"countersign/pkg/keyring"
	"countersign/pkg/otp"
	"countersign/pkg/signature"
	"countersign/pkg/sqlitestore"
)

// secret is a canary: it must be read nowhere.
const secret = "canary-secret/+=for-HMAC"

var start = time.Date(2026, 11, 22, 2, 25, 27, 0, time.UTC)

// clock stands still until it is told to go on.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(start.UnixNano())
	return c
}

func (c *clock) Now() time.Time       { return time.Unix(0, c.at.Load()) }
func (c *clock) pass(d time.Duration) { c.at.Add(int64(d)) }

// rig is a registry and users on real parts: a file of SQLite and a keyring.
type rig struct {
	clients.Registry
	users    clients.Users
	clock    *clock
	table    *counting
	database string
	keys     string // the keyring's file
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{clock: newClock(), database: filepath.Join(t.TempDir(), "countersign.db"), keys: filepath.Join(t.TempDir(), "keys.json")}
	store := open(t, r.database)
	ring, err := keyring.New(keyring.File(r.keys), r.clock.Now, time.Second, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r.table = &counting{Table: store.Documents()}
	r.Registry = clients.Registry{Table: r.table, Sealer: ring, Now: r.clock.Now, Defaults: clients.Defaults{
		Policy: otp.DefaultPolicy(), Countries: []string{"*"}, Brand: "Countersign", Language: "en",
	}}
	r.users = clients.Users{Table: r.table, Sealer: ring, Now: r.clock.Now}
	return r
}

func open(t testing.TB, path string) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// add adds a client and gives it back as requests see it.
func (r *rig) add(t testing.TB, record clients.Record, secret string) *clients.Client {
	t.Helper()
	var plain []byte
	if secret != "" {
		plain = []byte(secret)
	}
	if err := r.Add(t.Context(), record, plain); err != nil {
		t.Fatal(err)
	}
	return r.find(t, record.ID)
}

func (r *rig) find(t testing.TB, id string) *clients.Client {
	t.Helper()
	c, err := r.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// raw reads and writes a document behind the registry's back.
func (r *rig) raw(t testing.TB, key string) string {
	t.Helper()
	text, revision, err := r.table.Get(t.Context(), key)
	if err != nil || revision == 0 {
		t.Fatal(key, revision, err)
	}
	return string(text)
}

func (r *rig) put(t testing.TB, key, text string) {
	t.Helper()
	_, revision, err := r.table.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := r.table.Put(t.Context(), key, []byte(text), revision); err != nil || !ok {
		t.Fatal(ok, err)
	}
}

// counting counts the reads of a table, and fails when told to.
type counting struct {
	clients.Table
	gets atomic.Int64
	err  atomic.Pointer[error]
}

func (c *counting) Get(ctx context.Context, key string) ([]byte, int64, error) {
	c.gets.Add(1)
	if err := c.err.Load(); err != nil {
		return nil, 0, *err
	}
	return c.Table.Get(ctx, key)
}

// Keys of clients. Making one takes long.
var (
	key1, key2 = newKey(2048), newKey(2048)
	short      = newKey(1024)
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

func public(key *rsa.PrivateKey) string { return signature.FormatPublicKey(&key.PublicKey) }

func private(key *rsa.PrivateKey) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func ptr[T any](v T) *T { return &v }

// says fails unless an error says all of these.
func says(t testing.TB, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that says %q", want)
		return
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v\nwant an error that says %q", err, w)
		}
	}
}
