package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
)

// lets checks which access keys find the client acme, and that the others find nobody.
func lets(t *testing.T, r *clientstest.Rig, in string, out ...string) {
	t.Helper()
	for _, key := range strings.Fields(in) {
		if c, err := r.Lookup().FindAccessKey(t.Context(), key); err != nil || c == nil || c.ID != "acme" {
			t.Errorf("%s finds %v, %v", key, c, err)
		}
	}
	for _, key := range out {
		if c, err := r.Lookup().FindAccessKey(t.Context(), key); err != nil || c != nil {
			t.Errorf("%s finds %v, %v; want nobody", key, c, err)
		}
	}
}

// fingerprints returns those of a client's access keys, newest first.
func fingerprints(t *testing.T, r *clientstest.Rig, id string) (all []string) {
	t.Helper()
	record, err := r.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range record.AccessKeys {
		all = append(all, k.Digest.Fingerprint())
	}
	return all
}

// Two tables have different digests of one access key, so that nobody can try short keys without the keyring.
func TestDigestsAreKeyed(t *testing.T) {
	var digests []documents.Digest
	for range 2 {
		r := clientstest.New(t)
		if err := r.Add(t.Context(), clients.Record{ID: "acme", Unimatrix: "simple"}, nil, "short"); err != nil {
			t.Fatal(err)
		}
		record, err := r.Get(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, record.AccessKeys[0].Digest)
	}
	if digests[0] == digests[1] {
		t.Error("one digest in both tables")
	}
}

// A client is found by its access keys, and not by its id. Several of them work beside each other.
func TestAccessKeys(t *testing.T) {
	for _, mode := range []string{"simple", "hmac"} {
		r, ctx := clientstest.New(t), t.Context()
		acme := clients.Record{ID: "acme", Unimatrix: mode}
		if err := r.Add(ctx, acme, []byte(clientstest.Secret), "one"); err != nil {
			t.Fatal(err)
		}
		r.MustAdd(t, clients.Record{ID: "other", Unimatrix: "simple"}, "")
		lets(t, r, "one", "acme", "two", "ONE", "one ", "")
		if err := r.AddAccessKey(ctx, "acme", "two", false); err != nil {
			t.Fatal(err)
		}
		lets(t, r, "one two", "acme")
		if err := r.AddAccessKey(ctx, "acme", "two", false); err != nil || len(fingerprints(t, r, "acme")) != 2 {
			t.Error("a repetition changed something", err)
		}
		for _, key := range []string{"one", "other" + clientstest.KeySuffix} {
			err := r.AddAccessKey(ctx, map[bool]string{true: "other", false: "acme"}[key == "one"], key, false)
			clientstest.WantError(t, err, "the access key of client", "already there")
			if !errors.Is(err, documents.ErrExists) {
				t.Error("not ErrExists")
			}
		}
		if err := r.Disable(ctx, "acme"); err != nil {
			t.Fatal(err)
		}
		lets(t, r, "", "one", "two")
		if err := r.Enable(ctx, "acme"); err != nil {
			t.Fatal(err)
		}
		if err := r.RemoveAccessKey(ctx, "acme", fingerprints(t, r, "acme")[1]); err != nil {
			t.Fatal(err)
		}
		lets(t, r, "two", "one")
		clientstest.WantError(t, r.RemoveAccessKey(ctx, "acme", fingerprints(t, r, "acme")[0]),
			"would have no access key", "client add-access-key")
		clientstest.WantError(t, r.RemoveAccessKey(ctx, "acme", "two"), "not found")
		if err := r.AddAccessKey(ctx, "acme", "three", true); err != nil {
			t.Fatal(err)
		}
		lets(t, r, "three", "one", "two", "acme")
		if err := r.AddAccessKey(ctx, "other", "two", false); err != nil {
			t.Error("a key that was removed cannot be used again:", err)
		}
	}
}

// A client may have its id as access key if the operator brings it. It is marked, because log lines show ids.
func TestIDAsAccessKey(t *testing.T) {
	r := clientstest.New(t)
	if err := r.Add(t.Context(), clients.Record{ID: "acme", Unimatrix: "simple"}, nil, "acme"); err != nil {
		t.Fatal(err)
	}
	lets(t, r, "acme")
	if c, _ := r.Lookup().FindAccessKey(t.Context(), "acme"); !c.IDIsKey {
		t.Error("it is not marked")
	}
	if err := r.AddAccessKey(t.Context(), "acme", "new", true); err != nil {
		t.Fatal(err)
	}
	lets(t, r, "new", "acme")
	if c := r.MustFind(t, "acme"); c.IDIsKey {
		t.Error("it is marked")
	}
}

func TestBadAccessKeys(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme", Unimatrix: "simple"}, "")
	before := r.Raw(t, "client#acme")
	for key, want := range map[string]string{
		"": "is empty", " canary": "white space", "canary ": "white space", "\ufeffcanary": "white space",
		" ": "white space", "canary\ntwo": "in one line", "canary\r": "in one line", "can\x00ary": "control character",
		"canary\xff": "1 to 64 characters", strings.Repeat("k", 65): "1 to 64 characters",
	} {
		for name, err := range map[string]error{
			"one more": r.AddAccessKey(ctx, "acme", key, true),
			"new":      r.Add(ctx, clients.Record{ID: "new", Unimatrix: "simple"}, nil, key),
		} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s, %q: %v", name, key, err)
			}
		}
	}
	clientstest.WantError(t, r.Add(ctx, clients.Record{ID: "new", Unimatrix: "simple"}, nil),
		"would have no access key")
	r.MustAdd(t, clients.Record{ID: "bare"}, "")
	clientstest.WantError(t, r.Edit(ctx, "bare", func(c *clients.Record) error { c.Unimatrix = "simple"; return nil }),
		"would have no access key")
	if r.Raw(t, "client#acme") != before || r.MustFind(t, "new") != nil {
		t.Error("a refusal changed something")
	}
	for i := range clients.MaxAccessKeys - 1 {
		if err := r.AddAccessKey(ctx, "acme", fmt.Sprint("key ", i), false); err != nil {
			t.Fatal(err)
		}
	}
	clientstest.WantError(t, r.AddAccessKey(ctx, "acme", "too many", false), "accessKeys has 6 entries")
	lets(t, r, "", "too many")
}

// old is a record from before access keys.
const old = `{"id":"acme","status":"active","added":"2026-11-22T02:25:27Z","unimatrix":"simple","countries":["*"]}`

// A client from before access keys is found by its id, until the operator removes that.
func TestRecordFromBefore(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.Put(t, "client#acme", old)
	r.Put(t, "client#ams", strings.NewReplacer("acme", "ams", `"unimatrix":"simple",`, "").Replace(old))
	r.MustAdd(t, clients.Record{ID: "new", Unimatrix: "simple"}, "")
	lets(t, r, "acme", "ams", "new")
	if c, _ := r.Lookup().FindAccessKey(ctx, "acme"); !c.IDIsKey {
		t.Error("it is not marked")
	}
	clientstest.WantError(t, r.AddAccessKey(ctx, "new", "acme", false), `the access key of client "acme"`)
	if err := r.Edit(ctx, "acme", func(c *clients.Record) error { c.PerMinute = 5; return nil }); err != nil {
		t.Error("it cannot be edited:", err)
	}
	if err := r.AddAccessKey(ctx, "acme", "fresh", false); err != nil {
		t.Fatal(err)
	}
	lets(t, r, "acme fresh")
	if c, _ := r.Lookup().FindAccessKey(ctx, "fresh"); !c.IDIsKey {
		t.Error("it is not marked, and its id still finds it")
	}
	if err := r.RemoveAccessKey(ctx, "acme", fingerprints(t, r, "acme")[1]); err != nil {
		t.Fatal(err)
	}
	lets(t, r, "fresh", "acme")
	r.Put(t, "client#acme", old)
	if err := r.AddAccessKey(ctx, "acme", "fresh", true); err != nil {
		t.Fatal(err)
	}
	lets(t, r, "fresh", "acme")
}

// breaking is a table whose write number at fails, before or after it is applied.
type breaking struct {
	documents.Table
	at      *int
	applied bool
}

var errBroke = errors.New("the process died here")

func (b breaking) write(ok func() (bool, error)) (bool, error) {
	if *b.at--; *b.at != 0 {
		return ok()
	}
	if b.applied {
		ok()
	}
	return false, errBroke
}

func (b breaking) Put(ctx context.Context, key string, text []byte, was int64) (bool, error) {
	return b.write(func() (bool, error) { return b.Table.Put(ctx, key, text, was) })
}

func (b breaking) Delete(ctx context.Context, key string, was int64) (bool, error) {
	return b.write(func() (bool, error) { return b.Table.Delete(ctx, key, was) })
}

// A change of access keys that breaks off at any write lets nobody in who could not get in before or after the whole
// change. To repeat it completes it. Another client can take a key that it left behind.
func TestBrokenOffChanges(t *testing.T) {
	for name, change := range map[string]func(context.Context, registry.Registry) error{
		"add": func(ctx context.Context, g registry.Registry) error {
			return g.AddAccessKey(ctx, "acme", "two", false)
		},
		"retire": func(ctx context.Context, g registry.Registry) error {
			return g.AddAccessKey(ctx, "acme", "two", true)
		},
		"remove": func(ctx context.Context, g registry.Registry) error {
			r, err := g.Get(ctx, "acme")
			if err != nil || len(r.AccessKeys) == 1 {
				return err
			}
			return g.RemoveAccessKey(ctx, "acme", r.AccessKeys[1].Digest.Fingerprint())
		},
	} {
		for _, applied := range []bool{false, true} {
			for at := 1; brokenOff(t, name, change, at, applied); at++ {
			}
		}
	}
}

// brokenOff breaks a change off at a write, and reports whether it has that many.
func brokenOff(
	t *testing.T, name string, change func(context.Context, registry.Registry) error, at int, applied bool,
) bool {
	t.Helper()
	r, ctx := clientstest.New(t), t.Context()
	err := r.Add(ctx, clients.Record{ID: "acme", Unimatrix: "simple"}, nil, "kept", "old")
	if err != nil {
		t.Fatal(err)
	}
	working := func() (keys []string) {
		for _, key := range []string{"kept", "old", "two", "acme"} {
			if c, err := r.Lookup().FindAccessKey(ctx, key); c != nil && err == nil {
				keys = append(keys, key)
			}
		}
		return keys
	}
	before, left, broken := working(), at, r.Registry
	broken.Table = breaking{r.Counted, &left, applied}
	broke := change(ctx, broken)
	midway := working()
	if err := change(ctx, r.Registry); err != nil && !errors.Is(err, documents.ErrNotFound) {
		t.Fatalf("%s at write %d: the repetition: %v", name, at, err)
	}
	after := working()
	if !slices.Equal(midway, before) && !slices.Equal(midway, after) {
		t.Errorf("%s broke off at write %d: %v find the client, before %v, after %v", name, at, midway, before, after)
	}
	for _, key := range []string{"old", "two"} {
		err := r.Add(ctx, clients.Record{ID: "thief of " + key, Unimatrix: "simple"}, nil, key)
		if (err == nil) == slices.Contains(after, key) {
			t.Errorf("%s at write %d: another client gets %s: %v", name, at, key, err)
		}
	}
	return broke != nil
}

// A client whose registration broke off is not there, and another one can have its access key.
func TestBrokenOffAdd(t *testing.T) {
	for at := 1; ; at++ {
		r, ctx, left := clientstest.New(t), t.Context(), at
		broken := r.Registry
		broken.Table = breaking{r.Counted, &left, false}
		if broken.Add(ctx, clients.Record{ID: "acme", Unimatrix: "simple"}, nil, "key") == nil {
			if at != 5 {
				t.Errorf("it takes %d writes, want 4: the digests' key, the access key, the roster, the record", at-1)
			}
			return
		}
		if c, err := r.Lookup().FindAccessKey(ctx, "key"); c != nil || err != nil {
			t.Errorf("write %d: %v, %v", at, c, err)
		}
		if err := r.Add(ctx, clients.Record{ID: "other", Unimatrix: "simple"}, nil, "key"); err != nil {
			t.Errorf("write %d: %v", at, err)
		}
		if err := r.Add(ctx, clients.Record{ID: "acme"}, nil); err != nil {
			t.Errorf("write %d: %v", at, err)
		}
		if c, err := r.Lookup().FindAccessKey(ctx, "key"); c == nil || c.ID != "other" {
			t.Errorf("write %d: %v, %v", at, c, err)
		}
	}
}

// Processes that register the first access keys at once agree on the key of the digests.
func TestFirstAccessKeysTogether(t *testing.T) {
	r := clientstest.New(t)
	done := make(chan error)
	for i := range 10 {
		go func() {
			id := fmt.Sprint("client ", i)
			done <- r.Add(t.Context(), clients.Record{ID: id, Unimatrix: "simple"}, nil, "key of "+id)
		}()
	}
	for range 10 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for i := range 10 {
		id := fmt.Sprint("client ", i)
		if c, err := r.Lookup().FindAccessKey(t.Context(), "key of "+id); err != nil || c == nil || c.ID != id {
			t.Error(id, c, err)
		}
	}
}

// After the keyring is lost, the error names the document to remove, as the runbook does; clients then get new access
// keys, and the old ones find nobody.
func TestLostKeyring(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme", Unimatrix: "simple"}, "")
	old := "acme" + clientstest.KeySuffix
	lets(t, r, old)
	const document = "digestkey#access"
	sealed, err := r.Sealer.Seal(ctx, make([]byte, 32), "another document") // this keyring does not open it here
	if err != nil {
		t.Fatal(err)
	}
	text, err := documents.Encode(struct {
		Sealed documents.Sealed `json:"sealed"`
		Added  time.Time        `json:"added"`
	}{documents.Sealed(sealed), r.Clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	r.Put(t, document, string(text))
	clientstest.WantError(t, r.AddAccessKey(ctx, "acme", "another-key", true), "remove the document "+document)
	_, revision, err := r.Counted.Get(ctx, document)
	if ok, errDelete := r.Counted.Delete(ctx, document, revision); err != nil || errDelete != nil || !ok {
		t.Fatal(ok, err, errDelete)
	}
	if err := r.AddAccessKey(ctx, "acme", "another-key", true); err != nil {
		t.Fatal(err)
	}
	lets(t, r, "another-key", old)
}
