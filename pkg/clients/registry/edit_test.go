package registry_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
	"countersign/pkg/dynamostore"
	"countersign/pkg/keyring"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
	"countersign/pkg/users"
)

var (
	_ documents.Table  = (*sqlitestore.Documents)(nil)
	_ documents.Table  = (*dynamostore.Documents)(nil)
	_ clients.Counter  = (*sqlitestore.Store)(nil)
	_ clients.Counter  = (*dynamostore.Store)(nil)
	_ documents.Sealer = (*keyring.Ring)(nil)
)

func TestAdd(t *testing.T) {
	r := clientstest.New(t)
	one, two := clientstest.Public(clientstest.Key1()), clientstest.Public(clientstest.Key2())
	r.MustAdd(t, clients.Record{ID: "acme", Keys: []clients.Key{{PEM: one}, {Version: "4", PEM: two}, {PEM: one}}}, "")
	got, err := r.Get(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != clients.StatusActive || !got.Added.Equal(clientstest.Start) ||
		!got.Keys[1].Added.Equal(clientstest.Start) || versions(got) != "5 4 6" {
		t.Errorf("%+v", got)
	}
	err = r.Add(t.Context(), clients.Record{ID: "acme"}, nil)
	if clientstest.WantError(t, err, `client "acme": already there`); !errors.Is(err, documents.ErrExists) {
		t.Error("not ErrExists")
	}
	clientstest.WantError(t, r.Add(t.Context(), clients.Record{ID: "b", Unimatrix: "hmac"}, nil),
		"must be simple, or with a secret")
	clientstest.WantError(t, r.Add(t.Context(), clients.Record{ID: "b", Unimatrix: "hmac"}, []byte("15 bytes is few")),
		"the secret has 15 bytes, must have 16 to 256")
	private := clients.Record{ID: "b", Keys: []clients.Key{{PEM: clientstest.Private(clientstest.Key1())}}}
	clientstest.WantError(t, r.Add(t.Context(), private, nil), "keys[0].pem: public key: this is a private key")
	if got := r.MustFind(t, "b"); got != nil {
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

// Every method returns ErrNotFound for a name that does not exist.
func TestNotFound(t *testing.T) {
	r := clientstest.New(t)
	r.MustAdd(t, clients.Record{ID: "acme", Unimatrix: "simple"}, "")
	ctx := t.Context()
	_, get := r.Get(ctx, "nobody")
	_, key := r.AddKey(ctx, "nobody", "", []byte(clientstest.Public(clientstest.Key1())), false)
	for name, err := range map[string]error{
		"get": get, "add key": key, "disable": r.Disable(ctx, "nobody"), "enable": r.Enable(ctx, "nobody"),
		"set secret": r.SetSecret(ctx, "nobody", []byte(clientstest.Secret)),
		"remove key": r.RemoveKey(ctx, "acme", "1"), "remove secret": r.RemoveSecret(ctx, "acme"),
		"add user": r.Users.Add(ctx, "nobody", "u1", ""), "block": r.Users.Block(ctx, "acme", "u1"),
		"remove":    r.Users.Remove(ctx, "acme", "u1"),
		"add token": r.Users.AddToken(ctx, "acme", "u1", "t", time.Time{}),
		"revoke":    r.Users.RevokeToken(ctx, "acme", "t"),
	} {
		if !errors.Is(err, documents.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	if c := r.MustFind(t, "nobody"); c != nil {
		t.Error("found nobody")
	}
	before := r.Counted.Gets.Load()
	if c := r.MustFind(t, "no\x00body"); c != nil || r.Counted.Gets.Load() != before {
		t.Error("an id that nothing can have is looked up")
	}
}

// Clients and users whose ids hold any characters stay apart in the table.
func TestOddIDs(t *testing.T) {
	r := clientstest.New(t)
	ids := []string{"ak h+m/a:c,0", "a b", "a+b", "a%20b", "a%2Bb", "a", "a#b", "a#", "#", "é", "e\u0301", "A",
		"user#a#b", "%"}
	for _, id := range ids {
		r.MustAdd(t, clients.Record{ID: id, Unimatrix: "simple", Language: "de"}, "")
		if err := r.Users.Add(t.Context(), id, "b", "60-6543216353"); err != nil {
			t.Fatal(err)
		}
		if err := r.Users.Add(t.Context(), id, "b#c", ""); err != nil {
			t.Fatal(err)
		}
		if err := r.Users.AddToken(t.Context(), id, "b#c", "token", time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"client#ak+h%2Bm%2Fa%3Ac%2C0", "user#%23#b", "user#a%23b#b%23c"} {
		r.Raw(t, key)
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
		if c := r.MustFind(t, id); c == nil || c.ID != id {
			t.Errorf("%q: %v", id, c)
		}
		if users, err := r.Users.List(t.Context(), id); err != nil || len(users) != 2 || users[0].ID != "b" ||
			users[1].ID != "b#c" {
			t.Errorf("%q has users %v, %v", id, users, err)
		}
		if _, s, err := r.Users.Resolve(t.Context(), id, "token"); s != users.Good || err != nil {
			t.Errorf("the token of %q: %v, %v", id, s, err)
		}
	}
}

func TestRotateKeys(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	add := func(version, want string, retire bool, latest string) {
		t.Helper()
		key := clientstest.Key1()
		if version == "" {
			key = clientstest.Key2()
		}
		got, err := r.AddKey(ctx, "acme", version, []byte(clientstest.Public(key)), retire)
		c := r.MustFind(t, "acme")
		if err != nil || got != want || c.LatestKey != latest || !key.PublicKey.Equal(c.Keys[want]) {
			t.Errorf("version %q, %v; the latest is %q", got, err, c.LatestKey)
		}
	}
	add("", "1", false, "1")
	add("0", "0", false, "1")
	add("9", "9", false, "9")
	add("", "10", false, "10")
	_, err := r.AddKey(ctx, "acme", "9", []byte(clientstest.Public(clientstest.Key2())), true)
	if clientstest.WantError(t, err, "key version 9: already there"); !errors.Is(err, documents.ErrExists) {
		t.Error("not ErrExists")
	}
	if err := r.RemoveKey(ctx, "acme", "10"); err != nil {
		t.Error(err)
	}
	if c := r.MustFind(t, "acme"); c.LatestKey != "9" || len(c.Keys) != 3 || c.Keys["10"] != nil {
		t.Errorf("after the removal: %q of %d", c.LatestKey, len(c.Keys))
	}
	add("", "10", true, "10")
	if c := r.MustFind(t, "acme"); len(c.Keys) != 1 {
		t.Errorf("%d keys are left beside the one that retired them", len(c.Keys)-1)
	}
	for name, text := range map[string]string{"short": clientstest.Public(clientstest.Short()),
		"private": clientstest.Private(clientstest.Key1()), "none": "x"} {
		if _, err := r.AddKey(ctx, "acme", "", []byte(text), true); err == nil || len(r.MustFind(t, "acme").Keys) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An edit that leaves a wrong field or another id writes nothing.
func TestEditRefuses(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme", Countries: []string{"MY"}}, "")
	before := r.Raw(t, "client#acme")
	own := errors.New("own")
	clientstest.WantError(t, r.Edit(ctx, "acme", func(c *clients.Record) error {
		c.Countries, c.PerMinute = nil, -1
		return nil
	}), `client "acme": perMinute is -1`)
	clientstest.WantError(t, r.Edit(ctx, "acme", func(c *clients.Record) error { c.ID = "other"; return nil }),
		`its id cannot become "other"`)
	err := r.Edit(ctx, "acme", func(c *clients.Record) error { c.Countries = nil; return own })
	if !errors.Is(err, own) {
		t.Error(err)
	}
	if after := r.Raw(t, "client#acme"); after != before {
		t.Errorf("it became %s", after)
	}
}

// A new brand must fit in the client's language. A record with a longer brand, from before
// that rule, still works and can be edited.
func TestLongBrands(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	long := strings.Repeat("b", 107) // fits in English, and not in Indonesian
	clientstest.WantError(t, r.Add(ctx, clients.Record{ID: "new", Brand: long, Language: "id"}, nil),
		`client "new": brand in the language id makes`, "take out 10")
	for _, language := range []string{"en", "id"} { // of the deployment, or since the record was written
		r.Defaults.Language = language
		r.Put(t, "client#old", `{"id":"old","status":"active","added":"2026-11-22T02:25:27Z","brand":"`+long+`"}`)
		if c := r.MustFind(t, "old"); c == nil || c.Brand != long {
			t.Fatalf("the client is %v", c)
		}
		if _, err := r.AddKey(ctx, "old", "", []byte(clientstest.Public(clientstest.Key1())), false); err != nil {
			t.Error(err)
		}
		for name, change := range map[string]func(*clients.Record){
			"another one": func(c *clients.Record) { c.Brand = long + "b" },
			"a language":  func(c *clients.Record) { c.Language = "de" },
		} {
			clientstest.WantError(t, r.Edit(ctx, "old", func(c *clients.Record) error { change(c); return nil }),
				"take out")
			if c := r.MustFind(t, "old"); c.Brand != long || len(c.Keys) != 1 {
				t.Errorf("%s: the client is %v", name, c)
			}
		}
		if err := r.Disable(ctx, "old"); err != nil || r.MustFind(t, "old") != nil {
			t.Errorf("it cannot be disabled: %v", err)
		}
		if err := r.Edit(ctx, "old", func(c *clients.Record) error { c.Brand = long[:97]; return nil }); err != nil {
			t.Error(err)
		}
	}
	// These words can be sent in no language. The client can still verify codes.
	for _, words := range []string{`"brand":"` + strings.Repeat("b", 113) + `"`, `"language":"tlh"`} {
		r.Put(t, "client#old", `{"id":"old","status":"active","added":"2026-11-22T02:25:27Z",`+words+`}`)
		if c := r.MustFind(t, "old"); c == nil {
			t.Errorf("%s: there is no client", words)
		}
	}
}

// Edits that two processes make at once are all made.
func TestEditTogether(t *testing.T) {
	r := clientstest.New(t)
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	other := r.Registry
	other.Table = sqlitetest.Open(t, r.Database).Documents()
	var group sync.WaitGroup
	for i := range 20 {
		g := []registry.Registry{r.Registry, other}[i%2]
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
	if got := r.MustFind(t, "acme").Templates; len(got) != 20 {
		t.Errorf("%d of 20 changes are there: %q", len(got), got)
	}
}

func TestAlwaysTooLate(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	if err := r.Users.Add(ctx, "acme", "u1", ""); err != nil {
		t.Fatal(err)
	}
	late, users := r.Registry, r.Users
	late.Table, users.Table = clientstest.Refusing{Table: r.Table}, clientstest.Refusing{Table: r.Table}
	clientstest.WantError(t, late.Disable(ctx, "acme"), "other writers changed it 100 times meanwhile; try again")
	clientstest.WantError(t, users.Remove(ctx, "acme", "u1"), "other writers changed it 100 times meanwhile; try again")
	clientstest.WantError(t, users.AddToken(ctx, "acme", "u1", "t", time.Time{}),
		"somebody else changed the token at the same time; try again")
	if err := r.Enrol(ctx, "b"); err != nil {
		t.Fatal(err)
	}
	if err := late.Add(ctx, clients.Record{ID: "b"}, nil); !errors.Is(err, documents.ErrExists) {
		t.Error(err)
	}
}

// One record that cannot be read does not hide the others.
func TestListWithBroken(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	if err := r.Users.Add(ctx, "acme", "u1", ""); err != nil {
		t.Fatal(err)
	}
	r.Put(t, "client#aa", "{")
	r.Put(t, "user#acme#a", "{}{}")
	all, err := r.List(ctx)
	if clientstest.WantError(t, err, "client#aa: the record cannot be read"); len(all) != 1 || all[0].ID != "acme" {
		t.Error(all)
	}
	listed, err := r.Users.List(ctx, "acme")
	if clientstest.WantError(t, err, "user#acme#a: the user cannot be read"); len(listed) != 1 || listed[0].ID != "u1" {
		t.Error(listed)
	}
}

// A failing table causes an error, and never an unknown client or a good token.
func TestTableFails(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	down := errors.New("down")
	r.Counted.Err.Store(&down)
	c, find := r.Lookup().Find(ctx, "acme")
	_, standing, resolve := r.Users.Resolve(ctx, "acme", "token")
	for name, err := range map[string]error{
		"find": find, "resolve": resolve, "add": r.Add(ctx, clients.Record{ID: "b"}, nil),
		"disable":  r.Disable(ctx, "acme"),
		"add user": r.Users.Add(ctx, "acme", "u1", ""), "remove user": r.Users.Remove(ctx, "acme", "u1"),
		"add token": r.Users.AddToken(ctx, "acme", "u1", "t", time.Time{}),
	} {
		if !errors.Is(err, down) {
			t.Errorf("%s: %v, want the table's error", name, err)
		}
	}
	if c != nil || standing == users.Good {
		t.Error(c, standing)
	}
}
