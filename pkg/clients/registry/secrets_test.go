package registry_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/documents"
	"countersign/pkg/filetest"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/users"
)

func TestRotateSecrets(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	have := func(want ...string) {
		t.Helper()
		var got []string
		for _, s := range r.MustFind(t, "acme").Secrets {
			got = append(got, string(s))
		}
		if !slices.Equal(got, want) {
			t.Errorf("secrets %q, want %q", got, want)
		}
	}
	set := func(s string) {
		t.Helper()
		if err := r.SetSecret(ctx, "acme", []byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	one, two, three := strings.Repeat("1", 16), strings.Repeat("2", 256), "three-of-16-bytes"
	r.MustAdd(t, clients.Record{ID: "acme", Unimatrix: "hmac"}, one)
	have(one)
	set(two)
	have(two, one)
	set(two) // once more, for one whose answer was lost
	have(two, one)
	set(three)
	have(three, two)
	if err := r.RemoveSecret(ctx, "acme"); err != nil {
		t.Error(err)
	}
	have(three)
	clientstest.WantError(t, r.RemoveSecret(ctx, "acme"), "client rotate-secret makes one")
	have(three)
	for _, bad := range []string{"", "15 bytes is few", strings.Repeat("a", 257)} {
		clientstest.WantError(t, r.SetSecret(ctx, "acme", []byte(bad)),
			fmt.Sprintf("the secret has %d bytes, must have 16 to 256", len(bad)))
	}
	have(three)
}

// A dump of the table shows no secret, no access key, no number and no token. The plain digest of an access key would
// let a thief of the table try short ones.
func TestDump(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme", Unimatrix: "hmac"}, clientstest.Secret)
	const key = "access-key-canary"
	plain := sha256.Sum256([]byte(key))
	if err := errors.Join(r.SetSecret(ctx, "acme", []byte(clientstest.Secret+"2")),
		r.AddAccessKey(ctx, "acme", key, false), r.Users.Add(ctx, "acme", "u1", "60-6543216353"),
		r.Users.AddToken(ctx, "acme", "u1", "wallet-token-canary", time.Time{})); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(r.Database + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	found := false
	for _, f := range files {
		text := filetest.Read(t, f)
		found = found || strings.Contains(string(text), "client#acme")
		for _, hidden := range []string{"canary", "6543216353", "65432", hex.EncodeToString(plain[:]),
			base64.RawStdEncoding.EncodeToString(plain[:]), base64.RawURLEncoding.EncodeToString(plain[:])} {
			if strings.Contains(string(text), hidden) {
				t.Errorf("%s shows %q", filepath.Base(f), hidden)
			}
		}
	}
	if !found {
		t.Error("the files do not hold the client, so that this test shows nothing")
	}
}

// A value sealed for one client or user does not open for another.
func TestMovedSecrets(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme", Unimatrix: "hmac"}, clientstest.Secret)
	r.MustAdd(t, clients.Record{ID: "eve", Unimatrix: "hmac"}, clientstest.Secret)
	r.Put(t, "client#eve", strings.Replace(r.Raw(t, "client#acme"), `"acme"`, `"eve"`, 1))
	c, err := r.Lookup().Find(ctx, "eve")
	if clientstest.WantError(t, err, `client "eve": secrets[0] cannot be opened`); c != nil {
		t.Error("found")
	}
	for _, u := range []string{"u1", "u2"} {
		if err := errors.Join(r.Users.Add(ctx, "acme", u, "60-654321635"+u[1:]),
			r.Users.AddToken(ctx, "acme", u, "token of "+u, time.Time{})); err != nil {
			t.Fatal(err)
		}
	}
	r.Put(t, "user#acme#u2", strings.Replace(r.Raw(t, "user#acme#u1"), `"u1"`, `"u2"`, 1))
	p, standing, err := r.Users.Resolve(ctx, "acme", "token of u2")
	if clientstest.WantError(t, err, "cannot be opened"); p.Number != "" || standing == users.Good {
		t.Error(standing)
	}
}

// ghosts lists a document that was removed meanwhile.
type ghosts struct{ documents.Table }

func (g ghosts) List(ctx context.Context, prefix string, each func(string, []byte, int64) error) error {
	return errors.Join(each(prefix+"ghost", []byte("{}"), 1), g.Table.List(ctx, prefix, each))
}

// reseal seals clients and users again.
func reseal(ctx context.Context, r *clientstest.Rig) (changed int, err error) {
	records, errRecords := r.Reseal(ctx)
	people, errPeople := r.Users.Reseal(ctx)
	return records + people, errors.Join(errRecords, errPeople)
}

// After a reseal the older seal key can be retired. Without it, the sealed values are
// lost.
func TestReseal(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme", Unimatrix: "hmac"}, clientstest.Secret)
	r.MustAdd(t, clients.Record{ID: "bare"}, "")
	if err := errors.Join(r.SetSecret(ctx, "acme", []byte(clientstest.Secret+"2")),
		r.Users.Add(ctx, "acme", "u1", "60-6543216353"), r.Users.Add(ctx, "acme", "bare", ""),
		r.Users.AddToken(ctx, "acme", "u1", "token", time.Time{})); err != nil {
		t.Fatal(err)
	}
	change := func(edit func(*keyring.Document) error) {
		t.Helper()
		r.Clock.Advance(time.Minute) // the ring reads again
		if err := keyfile.Edit(ctx, r.Keys, edit); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Sealer.Seal(ctx, nil, ""); err != nil {
			t.Fatal(err)
		}
	}
	rotate := func(d *keyring.Document) error {
		_, err := d.Rotate(keyring.Seal, time.Time{}, r.Clock.Now(), rand.Reader)
		return err
	}
	change(rotate)
	r.Table, r.Users.Table = ghosts{r.Counted}, ghosts{r.Counted}
	if n, err := reseal(ctx, r); n != 3 || err != nil { // a client, a user and the digests' key
		t.Errorf("%d documents were resealed, want 3; %v", n, err)
	}
	change(func(d *keyring.Document) error { return d.Retire(keyring.Seal, 1, r.Clock.Now()) })
	if c := r.MustFind(t, "acme"); len(c.Secrets) != 2 || string(c.Secrets[0]) != clientstest.Secret+"2" ||
		string(c.Secrets[1]) != clientstest.Secret {
		t.Error("the secrets are not what they were")
	}
	if c, err := r.Lookup().FindAccessKey(ctx, "acme"+clientstest.KeySuffix); c == nil || err != nil {
		t.Error("the access key is lost", err)
	}
	if p, s, err := r.Users.Resolve(ctx, "acme", "token"); p.Number != "60-6543216353" || s != users.Good ||
		err != nil {
		t.Error(s, err)
	}
	change(rotate)
	change(func(d *keyring.Document) error { return d.Retire(keyring.Seal, 2, r.Clock.Now()) })
	_, err := r.Lookup().Find(ctx, "acme")
	clientstest.WantError(t, err, "secrets[0] cannot be opened: set it anew")
	n, err := reseal(ctx, r)
	clientstest.WantError(t, err, "client#acme: secrets[0]: ", "user#acme#u1: number: ")
	if n != 0 {
		t.Errorf("%d documents were resealed", n)
	}
	r.Put(t, "client#broken", "{")
	_, err = reseal(ctx, r)
	clientstest.WantError(t, err, "client#broken: the record cannot be read", "user#acme#u1: number: ")
}
