package clients_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/dynamostore"
	"countersign/pkg/keyring"
	"countersign/pkg/sqlitestore"
)

var (
	_ clients.Table   = (*sqlitestore.Documents)(nil)
	_ clients.Table   = (*dynamostore.Documents)(nil)
	_ clients.Traffic = (*sqlitestore.Store)(nil)
	_ clients.Traffic = (*dynamostore.Store)(nil)
	_ clients.Sealer  = (*keyring.Ring)(nil)
)

func TestAdd(t *testing.T) {
	r := newRig(t)
	r.add(t, clients.Record{ID: "acme", Keys: []clients.Key{{PEM: public(key1())}, {Version: "4", PEM: public(key2())}, {PEM: public(key1())}}}, "")
	got, err := r.Get(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != clients.StatusActive || !got.Added.Equal(start) || !got.Keys[1].Added.Equal(start) || versions(got) != "5 4 6" {
		t.Errorf("%+v", got)
	}
	err = r.Add(t.Context(), clients.Record{ID: "acme"}, nil)
	if says(t, err, `client "acme": already there`); !errors.Is(err, clients.ErrExists) {
		t.Error("not ErrExists")
	}
	says(t, r.Add(t.Context(), clients.Record{ID: "b", Unimatrix: "hmac"}, nil), "must be simple, or with a secret")
	says(t, r.Add(t.Context(), clients.Record{ID: "b", Unimatrix: "hmac"}, []byte("15 bytes is few")), "the secret has 15 bytes, must have 16 to 256")
	says(t, r.Add(t.Context(), clients.Record{ID: "b", Keys: []clients.Key{{PEM: private(key1())}}}, nil), "keys[0].pem: public key: this is a private key")
	if got := r.find(t, "b"); got != nil {
		t.Error("a client that was refused is there")
	}
}

func versions(r clients.Record) string {
	var v []string
	for _, k := range r.Keys {
		v = append(v, k.Version)
	}
	return strings.Join(v, " ")
}

// Names that are not there are told as such, whatever is to be done to them.
func TestNotFound(t *testing.T) {
	r := newRig(t)
	r.add(t, clients.Record{ID: "acme", Unimatrix: "simple"}, "")
	ctx := t.Context()
	_, get := r.Get(ctx, "nobody")
	_, key := r.AddKey(ctx, "nobody", "", []byte(public(key1())), false)
	for name, err := range map[string]error{
		"get": get, "add key": key, "disable": r.Disable(ctx, "nobody"), "enable": r.Enable(ctx, "nobody"),
		"set secret": r.SetSecret(ctx, "nobody", []byte(secret)), "remove key": r.RemoveKey(ctx, "acme", "1"), "remove secret": r.RemoveSecret(ctx, "acme"),
		"add user": r.users.AddUser(ctx, "nobody", "u1", ""), "block": r.users.Block(ctx, "acme", "u1"), "remove": r.users.Remove(ctx, "acme", "u1"),
		"add token": r.users.AddToken(ctx, "acme", "u1", "t", time.Time{}), "revoke": r.users.RevokeToken(ctx, "acme", "t"),
	} {
		if !errors.Is(err, clients.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	if c := r.find(t, "nobody"); c != nil {
		t.Error("found nobody")
	}
	before := r.table.gets.Load()
	if c := r.find(t, "no\x00body"); c != nil || r.table.gets.Load() != before {
		t.Error("an id that nothing can have is looked up")
	}
}

// Ids of any characters stay apart, in the table and from each other's users.
func TestOddIDs(t *testing.T) {
	r := newRig(t)
	ids := []string{"ak h+m/a:c,0", "a b", "a+b", "a%20b", "a%2Bb", "a", "a#b", "a#", "#", "é", "e\u0301", "A", "user#a#b", "%"}
	for _, id := range ids {
		r.add(t, clients.Record{ID: id, Unimatrix: "simple", Language: "de"}, "")
		if err := r.users.AddUser(t.Context(), id, "b", "60-6543216353"); err != nil {
			t.Fatal(err)
		}
		if err := r.users.AddUser(t.Context(), id, "b#c", ""); err != nil {
			t.Fatal(err)
		}
		if err := r.users.AddToken(t.Context(), id, "b#c", "token", time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"client#ak+h%2Bm%2Fa%3Ac%2C0", "user#%23#b", "user#a%23b#b%23c"} {
		r.raw(t, key)
	}
	all, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range all {
		got = append(got, c.ID)
	}
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		t.Errorf("%q, want %q", got, ids)
	}
	for _, id := range ids {
		if c := r.find(t, id); c == nil || c.ID != id {
			t.Errorf("%q: %v", id, c)
		}
		if users, err := r.users.List(t.Context(), id); err != nil || len(users) != 2 || users[0].ID != "b" || users[1].ID != "b#c" {
			t.Errorf("%q has users %v, %v", id, users, err)
		}
		if _, s, err := r.users.Resolve(t.Context(), id, "token"); s != clients.Good || err != nil {
			t.Errorf("the token of %q: %v, %v", id, s, err)
		}
	}
}

func TestRotateKeys(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	r.add(t, clients.Record{ID: "acme"}, "")
	add := func(version, want string, retire bool, latest string) {
		t.Helper()
		key := key1()
		if version == "" {
			key = key2()
		}
		got, err := r.AddKey(ctx, "acme", version, []byte(public(key)), retire)
		c := r.find(t, "acme")
		if err != nil || got != want || c.LatestKey != latest || !key.PublicKey.Equal(c.Keys[want]) {
			t.Errorf("version %q, %v; the latest is %q", got, err, c.LatestKey)
		}
	}
	add("", "1", false, "1")
	add("0", "0", false, "1")
	add("9", "9", false, "9")
	add("", "10", false, "10")
	_, err := r.AddKey(ctx, "acme", "9", []byte(public(key2())), true)
	if says(t, err, "key version 9: already there"); !errors.Is(err, clients.ErrExists) {
		t.Error("not ErrExists")
	}
	if err := r.RemoveKey(ctx, "acme", "10"); err != nil {
		t.Error(err)
	}
	if c := r.find(t, "acme"); c.LatestKey != "9" || len(c.Keys) != 3 || c.Keys["10"] != nil {
		t.Errorf("after the removal: %q of %d", c.LatestKey, len(c.Keys))
	}
	add("", "10", true, "10")
	if c := r.find(t, "acme"); len(c.Keys) != 1 {
		t.Errorf("%d keys are left beside the one that retired them", len(c.Keys)-1)
	}
	for name, text := range map[string]string{"short": public(short()), "private": private(key1()), "none": "x"} {
		if _, err := r.AddKey(ctx, "acme", "", []byte(text), true); err == nil || len(r.find(t, "acme").Keys) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRotateSecrets(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	have := func(want ...string) {
		t.Helper()
		var got []string
		for _, s := range r.find(t, "acme").Secrets {
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
	r.add(t, clients.Record{ID: "acme", Unimatrix: "hmac"}, one)
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
	says(t, r.RemoveSecret(ctx, "acme"), "must be simple, or with a secret")
	have(three)
	for _, bad := range []string{"", "15 bytes is few", strings.Repeat("a", 257)} {
		says(t, r.SetSecret(ctx, "acme", []byte(bad)), fmt.Sprintf("the secret has %d bytes, must have 16 to 256", len(bad)))
	}
	have(three)
}

// What is wrong after an edit is not written, and none changes the id.
func TestEditRefuses(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	r.add(t, clients.Record{ID: "acme", Countries: []string{"MY"}}, "")
	before := r.raw(t, "client#acme")
	own := errors.New("own")
	says(t, r.Edit(ctx, "acme", func(c *clients.Record) error { c.Countries, c.PerMinute = nil, -1; return nil }), `client "acme": perMinute is -1`)
	says(t, r.Edit(ctx, "acme", func(c *clients.Record) error { c.ID = "other"; return nil }), `its id cannot become "other"`)
	if err := r.Edit(ctx, "acme", func(c *clients.Record) error { c.Countries = nil; return own }); !errors.Is(err, own) {
		t.Error(err)
	}
	if after := r.raw(t, "client#acme"); after != before {
		t.Errorf("it became %s", after)
	}
}

// A brand that is written must fit in every language that a request may choose. A
// record with a longer one, from before that was asked, still lets its client in, and
// can be edited.
func TestLongBrands(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	long := strings.Repeat("b", 107) // fits in English, and not in Indonesian
	says(t, r.Add(ctx, clients.Record{ID: "new", Brand: long, Language: "en"}, nil), `client "new": brand makes the text`, `in the language "id"`, "shorten it by 10")
	for _, language := range []string{"en", "id"} { // of the deployment, or since the record was written
		r.Defaults.Language = language
		r.put(t, "client#old", `{"id":"old","status":"active","added":"2026-11-22T02:25:27Z","brand":"`+long+`"}`)
		if c := r.find(t, "old"); c == nil || c.Brand != long {
			t.Fatalf("the client is %v", c)
		}
		if _, err := r.AddKey(ctx, "old", "", []byte(public(key1())), false); err != nil {
			t.Error(err)
		}
		for name, change := range map[string]func(*clients.Record){
			"another one": func(c *clients.Record) { c.Brand = long[1:] },
			"a language":  func(c *clients.Record) { c.Language = "de" },
		} {
			says(t, r.Edit(ctx, "old", func(c *clients.Record) error { change(c); return nil }), "brand makes the text")
			if c := r.find(t, "old"); c.Brand != long || len(c.Keys) != 1 {
				t.Errorf("%s: the client is %v", name, c)
			}
		}
		if err := r.Disable(ctx, "old"); err != nil || r.find(t, "old") != nil {
			t.Errorf("it cannot be disabled: %v", err)
		}
		if err := r.Edit(ctx, "old", func(c *clients.Record) error { c.Brand = long[:97]; return nil }); err != nil {
			t.Error(err)
		}
	}
	for brand, want := range map[string]string{long + "b": "shorten it by 1", "字": "GSM"} { // can be sent in no language
		r.put(t, "client#old", `{"id":"old","status":"active","added":"2026-11-22T02:25:27Z","brand":"`+brand+`"}`)
		_, err := r.Find(ctx, "old")
		says(t, err, want)
	}
}

// Changes made at once, by two processes, are all made.
func TestEditTogether(t *testing.T) {
	r := newRig(t)
	r.add(t, clients.Record{ID: "acme"}, "")
	other := r.Registry
	other.Table = open(t, r.database).Documents()
	var group sync.WaitGroup
	for i := range 20 {
		g := []clients.Registry{r.Registry, other}[i%2]
		group.Go(func() {
			if err := g.Edit(t.Context(), "acme", func(c *clients.Record) error {
				c.Templates = append(c.Templates, fmt.Sprint(i))
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := r.find(t, "acme").Templates; len(got) != 20 {
		t.Errorf("%d of 20 changes are there: %q", len(got), got)
	}
}

// refusing refuses every write, as for somebody who is always faster.
type refusing struct{ clients.Table }

func (refusing) Put(context.Context, string, []byte, int64) (bool, error) { return false, nil }
func (refusing) Delete(context.Context, string, int64) (bool, error)      { return false, nil }

func TestAlwaysTooLate(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	r.add(t, clients.Record{ID: "acme"}, "")
	if err := r.users.AddUser(ctx, "acme", "u1", ""); err != nil {
		t.Fatal(err)
	}
	late, users := r.Registry, r.users
	late.Table, users.Table = refusing{r.Table}, refusing{r.Table}
	says(t, late.Disable(ctx, "acme"), "changed by others 100 times meanwhile; try again")
	says(t, users.Remove(ctx, "acme", "u1"), "changed by others 100 times meanwhile; try again")
	says(t, users.AddToken(ctx, "acme", "u1", "t", time.Time{}), "changed by somebody else at this moment; try again")
	if err := late.Add(ctx, clients.Record{ID: "b"}, nil); !errors.Is(err, clients.ErrExists) {
		t.Error(err)
	}
}

// A dump of the table tells no secret, no number and no token.
func TestDump(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	r.add(t, clients.Record{ID: "acme", Unimatrix: "hmac"}, secret)
	if err := errors.Join(r.SetSecret(ctx, "acme", []byte(secret+"2")), r.users.AddUser(ctx, "acme", "u1", "60-6543216353"),
		r.users.AddToken(ctx, "acme", "u1", "wallet-token-canary", time.Time{})); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(r.database + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	found := false
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		found = found || strings.Contains(string(text), "client#acme")
		for _, hidden := range []string{"canary", "6543216353", "65432"} {
			if strings.Contains(string(text), hidden) {
				t.Errorf("%s tells %q", filepath.Base(f), hidden)
			}
		}
	}
	if !found {
		t.Error("the files do not hold the client, so that this test shows nothing")
	}
}

// What is sealed for one opens for nobody else.
func TestMovedSecrets(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	r.add(t, clients.Record{ID: "acme", Unimatrix: "hmac"}, secret)
	r.add(t, clients.Record{ID: "eve", Unimatrix: "hmac"}, secret)
	r.put(t, "client#eve", strings.Replace(r.raw(t, "client#acme"), `"acme"`, `"eve"`, 1))
	c, err := r.Find(ctx, "eve")
	if says(t, err, `client "eve": secrets[0] cannot be opened`); c != nil {
		t.Error("found")
	}
	for _, u := range []string{"u1", "u2"} {
		if err := errors.Join(r.users.AddUser(ctx, "acme", u, "60-654321635"+u[1:]), r.users.AddToken(ctx, "acme", u, "token of "+u, time.Time{})); err != nil {
			t.Fatal(err)
		}
	}
	r.put(t, "user#acme#u2", strings.Replace(r.raw(t, "user#acme#u1"), `"u1"`, `"u2"`, 1))
	p, standing, err := r.users.Resolve(ctx, "acme", "token of u2")
	if says(t, err, "cannot be opened"); p.Number != "" || standing == clients.Good {
		t.Error(standing)
	}
}

// ghosts lists documents that are removed before anybody looks.
type ghosts struct{ clients.Table }

func (g ghosts) List(ctx context.Context, prefix string, each func(string, []byte, int64) error) error {
	return errors.Join(each(prefix+"ghost", []byte("{}"), 1), g.Table.List(ctx, prefix, each))
}

// After a reseal the older seal key can be retired; without one, what it sealed is
// lost.
func TestReseal(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	r.add(t, clients.Record{ID: "acme", Unimatrix: "hmac"}, secret)
	r.add(t, clients.Record{ID: "bare"}, "")
	if err := errors.Join(r.SetSecret(ctx, "acme", []byte(secret+"2")), r.users.AddUser(ctx, "acme", "u1", "60-6543216353"), r.users.AddUser(ctx, "acme", "bare", ""),
		r.users.AddToken(ctx, "acme", "u1", "token", time.Time{})); err != nil {
		t.Fatal(err)
	}
	change := func(edit func(*keyring.Document) error) {
		t.Helper()
		r.clock.pass(time.Minute) // the ring reads again
		if err := keyring.Edit(ctx, r.keys, edit); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Sealer.Seal(ctx, nil, ""); err != nil {
			t.Fatal(err)
		}
	}
	rotate := func(d *keyring.Document) error {
		_, err := d.Rotate(keyring.Seal, time.Time{}, r.clock.Now(), rand.Reader)
		return err
	}
	change(rotate)
	r.Table = ghosts{r.table}
	if n, err := r.Reseal(ctx); n != 2 || err != nil {
		t.Errorf("%d documents were resealed, want 2; %v", n, err)
	}
	change(func(d *keyring.Document) error { return d.Retire(keyring.Seal, 1, r.clock.Now()) })
	if c := r.find(t, "acme"); len(c.Secrets) != 2 || string(c.Secrets[0]) != secret+"2" || string(c.Secrets[1]) != secret {
		t.Error("the secrets are not what they were")
	}
	if p, s, err := r.users.Resolve(ctx, "acme", "token"); p.Number != "60-6543216353" || s != clients.Good || err != nil {
		t.Error(s, err)
	}
	change(rotate)
	change(func(d *keyring.Document) error { return d.Retire(keyring.Seal, 2, r.clock.Now()) })
	_, err := r.Find(ctx, "acme")
	says(t, err, "secrets[0] cannot be opened: set it anew")
	n, err := r.Reseal(ctx)
	says(t, err, "client#acme: secrets[0]: ", "user#acme#u1: number: ")
	if n != 0 {
		t.Errorf("%d documents were resealed", n)
	}
	r.put(t, "client#broken", "{")
	_, err = r.Reseal(ctx)
	says(t, err, "client#broken: the record cannot be read", "user#acme#u1: number: ")
}

// One record that cannot be read does not hide the others.
func TestListWithBroken(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	r.add(t, clients.Record{ID: "acme"}, "")
	if err := r.users.AddUser(ctx, "acme", "u1", ""); err != nil {
		t.Fatal(err)
	}
	r.put(t, "client#aa", "{")
	r.put(t, "user#acme#a", "{}{}")
	all, err := r.List(ctx)
	if says(t, err, "client#aa: the record cannot be read"); len(all) != 1 || all[0].ID != "acme" {
		t.Error(all)
	}
	users, err := r.users.List(ctx, "acme")
	if says(t, err, "user#acme#a: the user cannot be read"); len(users) != 1 || users[0].ID != "u1" {
		t.Error(users)
	}
}

// A table that fails is an error, and never an unknown client or a good token.
func TestTableFails(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	r.add(t, clients.Record{ID: "acme"}, "")
	down := errors.New("down")
	r.table.err.Store(&down)
	c, find := r.Find(ctx, "acme")
	_, standing, resolve := r.users.Resolve(ctx, "acme", "token")
	for name, err := range map[string]error{
		"find": find, "resolve": resolve, "add": r.Add(ctx, clients.Record{ID: "b"}, nil), "disable": r.Disable(ctx, "acme"),
		"add user": r.users.AddUser(ctx, "acme", "u1", ""), "remove user": r.users.Remove(ctx, "acme", "u1"), "add token": r.users.AddToken(ctx, "acme", "u1", "t", time.Time{}),
	} {
		if !errors.Is(err, down) {
			t.Errorf("%s: %v, want the table's error", name, err)
		}
	}
	if c != nil || standing == clients.Good {
		t.Error(c, standing)
	}
}
