package keyfile_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/filetest"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/keyring/keyringtest"
)

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	filetest.Write(t, path, text, 0o600)
}

// alone fails if anything but the keyring is in its folder.
func alone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

// Processes that start at once agree on one keyring. It is new, or the old one with its
// secrets, completed with the kinds that were missing.
func TestFirstStart(t *testing.T) {
	short := []byte(`{"version":3,"secret":"` + secret("a") + `"}`)
	for name, c := range map[string]struct {
		before []byte
		want   string
	}{
		"nothing there":  {nil, "code 1, number 1, seal 1, sign 1, pepper 1, encrypt 1"},
		"the short form": {short, "code 3, number 3, seal 3, sign 1, pepper 1, encrypt 1"},
		"without sign":   {codes(1, 2), "code 1 2, number 1, seal 1, sign 1, pepper 1, encrypt 1"},
		"without seal": {document(map[keyring.Kind][]int{keyring.Code: {1}, keyring.Number: {1}}),
			"code 1, number 1, seal 1, sign 1, pepper 1, encrypt 1"},
		"nothing missing": {keyringtest.AtRest(), "code 1, number 1, seal 1, sign 1, pepper 1, encrypt 1"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys.json")
			if c.before != nil {
				write(t, path, c.before)
			}
			var all sync.WaitGroup
			rings := make([]*keyring.Ring, 4)
			for i := range rings {
				all.Go(func() { rings[i], _, _ = ring(t, keyfile.New(path)) })
			}
			all.Wait()
			for _, r := range rings {
				if got := r.Document(); got.String() != c.want ||
					string(got.AtRest()) != string(rings[0].Document().AtRest()) {
					t.Errorf("holds %v, want %s, the same in all", got, c.want)
				}
			}
			if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, want 0600", info.Mode())
			}
			alone(t, path)
			after := filetest.Read(t, path)
			if strings.Contains(string(c.before), canary) != strings.Contains(string(after), canary) {
				t.Error("the old secrets are gone")
			}
			if name == "nothing missing" && !bytes.Equal(after, c.before) {
				t.Error("written although nothing was missing")
			}
			if ring(t, keyfile.New(path)); !bytes.Equal(after, filetest.Read(t, path)) {
				t.Error("another start changed it")
			}
			if made := rings[0].Document().List(day); !made[len(made)-1].Made.Equal(day) && name != "nothing missing" {
				t.Errorf("made at %v", made[len(made)-1].Made)
			}
		})
	}
}

// A running ring notices changes of its file, and never makes a new file.
func TestFileWhileRunning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	write(t, path, keyringtest.AtRest())
	r, c, log := ring(t, keyfile.New(path))
	rotate := func(d *keyring.Document) error {
		_, err := d.Rotate(keyring.Code, none, day, strings.NewReader(secret("b")))
		return err
	}
	if err := keyfile.Edit(t.Context(), path, rotate); err != nil {
		t.Fatal(err)
	}
	if r.Newer(t.Context(), 2); !strings.HasPrefix(r.Document().String(), "code 1 2,") {
		t.Errorf("holds %v", r)
	}
	retire := func(d *keyring.Document) error { return d.Retire(keyring.Code, 1, day) }
	if err := keyfile.Edit(t.Context(), path, retire); err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Minute)
	held := r.Keys(t.Context())
	if !strings.HasPrefix(r.Document().String(), "code 2,") {
		t.Errorf("holds %v", r)
	}
	for text, trouble := range map[string]func(){
		"no such file": func() { os.Remove(path) },
		"chmod 600":    func() { write(t, path, codes(7)); os.Chmod(path, 0o640) },
		"not JSON":     func() { os.Remove(path); write(t, path, []byte(canary)) },
	} {
		os.Remove(path)
		trouble()
		c.Advance(time.Minute)
		if r.Keys(t.Context()) != held || strings.Count(log.String(), text) != 1 {
			t.Errorf("%s: %v, log %s", text, r, log)
		}
	}
}

func TestFileRefused(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		path string
		make func(path string)
		text string // in the error
	}{
		"others may read": {"a", func(p string) { write(t, p, codes(1)); os.Chmod(p, 0o604) },
			"mode 0604, others may read it: chmod 600"},
		"group may write": {"b", func(p string) { write(t, p, codes(1)); os.Chmod(p, 0o620) }, "chmod 600"},
		"not a keyring": {"c", func(p string) { write(t, p, []byte(canary)) },
			"each name once; restore it from a copy, or delete its folder to start anew: clients"},
		"empty":    {"d", func(p string) { write(t, p, nil) }, "merchants need the new public key"},
		"too long": {"e", func(p string) { write(t, p, bytes.Repeat([]byte(canary), 20_000)) }, "at most 65536"},
		"no folder": {"f/g", func(string) {},
			"g cannot be written, the folder " + filepath.Join(dir, "f") + " must be there and writable: no such file"},
		"a folder": {"h", func(p string) { os.Mkdir(p, 0o700) }, "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, c.path)
			c.make(path)
			before, _ := os.ReadFile(path)
			_, err := keyring.New(keyfile.New(path), time.Now, time.Minute, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), path) ||
				strings.Contains(err.Error(), canary) {
				t.Errorf("start: %v, want %q", err, c.text)
			}
			if strings.Contains(c.text, "chmod") && strings.Contains(err.Error(), "remove") {
				t.Errorf("start: %v, which invites to remove a good keyring", err)
			}
			err = keyfile.Edit(t.Context(), path, func(*keyring.Document) error { t.Error("edited"); return nil })
			if err == nil || strings.Contains(err.Error(), canary) {
				t.Errorf("edit: %v", err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("changed")
			}
		})
	}
	missing := filepath.Join(dir, "missing")
	if err := keyfile.Edit(t.Context(), missing, nil); err == nil ||
		!strings.Contains(err.Error(), "countersign serve makes one") {
		t.Error(err)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("an edit made a keyring")
	}
}

// New keys can be used at once.
func TestMadeKeysWork(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	r, _, _ := ring(t, keyfile.New(path))
	sealed, err := r.Seal(t.Context(), []byte("plain"), "a")
	if err != nil {
		t.Fatal(err)
	}
	again, _, _ := ring(t, keyfile.New(path))
	if plain, err := again.Open(context.Background(), sealed, "a"); err != nil || string(plain) != "plain" {
		t.Errorf("%q, %v", plain, err)
	}
	if !reflect.DeepEqual(r.Keys(t.Context()), again.Keys(t.Context())) {
		t.Error("other keys")
	}
	version, key, ok := r.Signing(t.Context())
	if !ok || version != "1" || key.Validate() != nil || key.N.BitLen() != 2048 {
		t.Errorf("signs with %s, %v", version, ok)
	}
}
