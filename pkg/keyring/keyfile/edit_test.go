package keyfile_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"

	"countersign/pkg/filetest"
)

// Fifty edits at once, as if of fifty processes, are all made. A reader sees a whole
// keyring at every moment.
func TestConcurrentEdits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	write(t, path, codes(1))
	stop := make(chan struct{})
	var reader, editors sync.WaitGroup
	reader.Go(func() {
		for last := 0; ; {
			select {
			case <-stop:
				return
			default:
			}
			list := parse(t, filetest.Read(t, path)).List(day)
			if len(list) < last {
				t.Errorf("%d versions after %d", len(list), last)
			}
			last = len(list)
		}
	})
	var mu sync.Mutex
	seen := map[string]bool{}
	for i := range 50 {
		editors.Go(func() {
			kind := []keyring.Kind{keyring.Code, keyring.Seal}[i%2]
			err := keyfile.Edit(t.Context(), path, func(d *keyring.Document) error {
				n, err := d.Rotate(kind, none, day, rand.Reader)
				mu.Lock()
				defer mu.Unlock()
				seen[fmt.Sprint(kind, n)] = true
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	editors.Wait()
	close(stop)
	reader.Wait()
	if got := len(parse(t, filetest.Read(t, path)).List(day)); got != 53 || len(seen) != 50 {
		t.Errorf("%d versions, want 3 and 50; %d were given", got, len(seen))
	}
	alone(t, path)
}

// An edit that fails or changes nothing does not write the file.
func TestNoEdit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	write(t, path, codes(1))
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	refusal := errors.New("no")
	for name, c := range map[string]struct {
		edit func(*keyring.Document) error
		want error
		text string // in the error; "" is no error
	}{
		"refused": {func(d *keyring.Document) error {
			d.Rotate(keyring.Code, none, day, rand.Reader)
			return refusal
		}, refusal, "no"},
		"without change": {func(d *keyring.Document) error { d.List(day); return nil }, nil, ""},
		"grown too long": {func(d *keyring.Document) error {
			for range 800 {
				d.Rotate(keyring.Code, none, day, rand.Reader)
			}
			return nil
		}, nil, "retire old versions"},
	} {
		err := keyfile.Edit(t.Context(), path, c.edit)
		if c.want != nil && !errors.Is(err, c.want) || (err == nil) != (c.text == "") ||
			err != nil && !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", name, err)
		}
		after, err := os.Stat(path)
		if err != nil || !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
			t.Errorf("%s: the file was written", name)
		}
	}
	alone(t, path)
}

// An edit that cannot write changes nothing.
func TestEditCannotWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	write(t, path, codes(1))
	if err := os.MkdirAll(path+".tmp/in-the-way", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := keyfile.Edit(t.Context(), path, rotateCode); err == nil {
		t.Error("no error")
	}
	if !bytes.Equal(filetest.Read(t, path), codes(1)) {
		t.Error("changed")
	}
}

func rotateCode(d *keyring.Document) error {
	_, err := d.Rotate(keyring.Code, none, day, rand.Reader)
	return err
}

// A link to a keyring stays a link.
func TestEditThroughALink(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "real.json"), filepath.Join(dir, "keys.json")
	write(t, path, codes(1))
	if err := os.Symlink("real.json", link); err != nil {
		t.Fatal(err)
	}
	if err := keyfile.Edit(t.Context(), link, rotateCode); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 || len(parse(t, filetest.Read(t, path)).List(day)) != 4 {
		t.Errorf("%v, %v", info, err)
	}
}

// An edit waits for another one as long as its context.
func TestEditWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	write(t, path, codes(1))
	inside, leave := make(chan struct{}), make(chan struct{})
	var slow sync.WaitGroup
	slow.Go(func() {
		err := keyfile.Edit(t.Context(), path, func(d *keyring.Document) error {
			close(inside)
			<-leave
			return rotateCode(d)
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	err := keyfile.Edit(ctx, path, func(*keyring.Document) error { t.Error("two at once"); return nil })
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "being edited") {
		t.Error(err)
	}
	close(leave)
	slow.Wait()
	if err := keyfile.Edit(t.Context(), path, rotateCode); err != nil {
		t.Error(err)
	}
	if got := parse(t, filetest.Read(t, path)).String(); got != "code 1 2 3, number 1, seal 1" {
		t.Error(got)
	}
}

// With KEYRING_EDIT set, this process is the editor of TestKilled. It edits without end,
// and prints each version before and after the edit that adds it.
func TestMain(m *testing.M) {
	path := os.Getenv("KEYRING_EDIT")
	if path == "" {
		os.Exit(m.Run())
	}
	for {
		err := keyfile.Edit(context.Background(), path, func(d *keyring.Document) error {
			list := d.List(day)
			n, err := d.Rotate(keyring.Code, time.Time{}, day, rand.Reader)
			if list[0].State == keyring.Read { // two stay
				err = errors.Join(err, d.Retire(keyring.Code, list[0].Version, day))
			}
			defer fmt.Println("making", n)
			return err
		})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("made")
	}
}

// An editor that is killed at any moment leaves a whole keyring with all versions that it
// has acknowledged, no lock, and no file that stops the next edit.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	write(t, path, codes(1))
	for round := range 20 {
		editor := exec.Command(os.Args[0])
		editor.Env = append(os.Environ(), "KEYRING_EDIT="+path)
		out, err := editor.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := editor.Start(); err != nil {
			t.Fatal(err)
		}
		making, made, left := 0, 0, 3+round
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if n, ok := strings.CutPrefix(lines.Text(), "making "); ok {
				making, _ = strconv.Atoi(n)
			} else if lines.Text() == "made" {
				made = making
			} else {
				t.Error(lines.Text())
			}
			if left--; left == 0 {
				editor.Process.Kill() // it goes on while the signal travels
			}
		}
		editor.Wait()
		list := parse(t, filetest.Read(t, path)).List(day)
		var newest int
		for _, info := range list {
			if info.Kind == keyring.Code {
				newest = info.Version
			}
		}
		if newest < made || newest > making+1 {
			t.Fatalf("version %d is there, %d was acknowledged", newest, made)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if err := keyfile.Edit(ctx, path, rotateCode); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	alone(t, path)
	// Killed just before the rename.
	write(t, path+".tmp", []byte(`{"code":[{"version":`))
	os.Chmod(path+".tmp", 0o644)
	if err := keyfile.Edit(t.Context(), path, rotateCode); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	alone(t, path)
}
