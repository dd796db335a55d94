package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"countersign/pkg/filetest"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/openstore"
	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// accounts gives the passwords of a folder to work.
func accounts(t *testing.T, data string, work func(context.Context, *password.Accounts)) {
	t.Helper()
	ring, err := keyring.New(keyfile.New(filepath.Join(data, "keys.json")), time.Now, time.Hour,
		slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	table, shut, err := openstore.Place{Folder: data, Getenv: os.Getenv}.OpenDocuments(t.Context(), "clients")
	if err != nil {
		t.Fatal(err)
	}
	defer shut()
	work(t.Context(), password.New(table, ring, ring, time.Now, rand.Reader))
}

// TestRetirePepper: retire pepper states how many passwords would be lost, and loses them with --force alone. A
// retired seal key loses none: the key of their digests is encrypted again.
func TestRetirePepper(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "list")
	numbers := map[otp.Phone]password.Kind{"+606543216353": password.Payment, "+6591234567": password.Login}
	accounts(t, c.data, func(ctx context.Context, a *password.Accounts) {
		for to, kind := range numbers {
			r := password.Setting{Client: "acme", To: to, Kind: kind, Password: "93150482"}
			if got, err := a.Set(ctx, r); err != nil || got != otp.PasswordSet {
				t.Fatal(got, err)
			}
		}
	})
	have := func(want string) {
		t.Helper()
		accounts(t, c.data, func(ctx context.Context, a *password.Accounts) {
			for to, kind := range numbers {
				if _, why, err := a.Find(ctx, "acme", to, kind); why != want || err != nil {
					t.Errorf("%s password: %q, %v, want %q", kind, why, err, want)
				}
			}
		})
	}
	c.ok("keys", "rotate", "all")
	c.prints([]string{"keys", "retire", "seal", "1"}, "seal version 1 is retired; documents encrypted again: 1\n")
	have("")

	keys := filepath.Join(c.data, "keys.json") // in which the rotation was an hour ago
	made := regexp.MustCompile(`("pepper":\[.*?"version":2,"made":")[^"]*`)
	earlier := time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
	filetest.Write(t, keys, made.ReplaceAll(filetest.Read(t, keys), []byte("${1}"+earlier)), 0o600)
	before := c.keys()
	c.no("passwords stored under it, which are lost with it: 2", "keys", "retire", "pepper", "1")
	c.no("is in force", "keys", "retire", "pepper", "2", "--force")
	if have(""); c.keys() != before {
		t.Errorf("refused, and the keys are %s", c.keys())
	}
	if out := c.ok("keys", "retire", "pepper", "1", "--force", "--json"); out !=
		`{"kind":"pepper","version":1,"lost":2}`+"\n" {
		t.Error(out)
	}
	have("the password is under pepper 1, which the keyring does not have")
}

// TestRotatePepperOfAnOlderCopy: where the keyring lacks the pepper of a password, because it is an older copy or has
// no peppers any more, a rotation gives its number to no other key: the password is as none, and not a wrong one.
func TestRotatePepperOfAnOlderCopy(t *testing.T) {
	for name, kind := range map[string]string{"older copy": "pepper", "older, all kinds": "all", "none": "pepper"} {
		c := onFolder(t, newFolder(t))
		c.ok("client", "add", "acme")
		c.ok("keys", "list")
		keys := filepath.Join(c.data, "keys.json")
		older := filetest.Read(t, keys)
		c.ok("keys", "rotate", "pepper")
		c.in = "482915"
		c.ok("user", "password", "set", "--client", "acme", "--number", "+606543216353", "--kind", "payment")
		if name == "none" {
			older = regexp.MustCompile(`,"pepper":\[[^\]]*\]`).ReplaceAll(older, nil)
		}
		filetest.Write(t, keys, older, 0o600)
		var made []keyring.Info
		c.json(&made, "keys", "rotate", kind)
		isPepper := func(k keyring.Info) bool { return k.Kind == keyring.Pepper }
		if i := slices.IndexFunc(made, isPepper); made[i].Version != 3 {
			t.Errorf("%s: rotate made %+v", name, made)
		}
		accounts(t, c.data, func(ctx context.Context, a *password.Accounts) {
			const want = "the password is under pepper 2, which the keyring does not have"
			if _, why, err := a.Find(ctx, "acme", "+606543216353", password.Payment); why != want || err != nil {
				t.Errorf("%s: %q, %v, want %q", name, why, err, want)
			}
		})
	}
}
