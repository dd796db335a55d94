package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// lockPause is between two tries at a lock that another process holds.
const lockPause = 5 * time.Millisecond

// Edit changes the keyring in the file at path, for administration. Edits of all
// processes follow one after the other, so that none is lost, and one that fails or
// is killed changes nothing. Rings on the same file go on meanwhile and notice
// within their age. Edit waits for others until ctx ends; what edit does should be
// brief.
func Edit(ctx context.Context, path string, edit func(*Document) error) error {
	real, err := filepath.EvalSymlinks(path) // a link stays a link
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keyring: there is none at %s; countersign serve makes one", path)
	} else if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	f, err := lock(ctx, real)
	if err != nil {
		return err
	}
	defer f.Close() // and unlock
	text, err := readOpen(f)
	if err != nil {
		return err
	}
	after, err := Amend(text, edit)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if after == nil {
		return nil
	}
	return replace(f, after)
}

// lock opens the keyring and locks it. The lock is on the file itself, and each
// edit replaces that: a lock on a file that is no longer the keyring is worth
// nothing. The system lifts locks of processes that die.
func lock(ctx context.Context, path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR, 0) // to lock, some file systems want to write
		if err != nil {
			return nil, fmt.Errorf("keyring: %w", err)
		}
		locked, err := tryLock(f)
		if locked && isAt(f, path) {
			return f, nil
		}
		f.Close()
		switch {
		case err != nil:
			return nil, fmt.Errorf("keyring: %s cannot be locked: %w", path, err)
		case locked:
			continue
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("keyring: %s is being edited by another process: %w", path, ctx.Err())
		case <-time.After(lockPause):
		}
	}
}

func isAt(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(mine, there)
}

// replace puts text in the place of the locked keyring. What an edit that was
// killed has left behind is overwritten.
func replace(old *os.File, text []byte) error {
	path := old.Name()
	tmp := path + ".tmp"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keyring: %w", err)
	}
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unwritable(path, err)
	}
	if err := errors.Join(sameOwner(f, old), fill(f, text)); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, path); err != nil {
		return errors.Join(fmt.Errorf("keyring: %w", err), os.Remove(tmp))
	}
	return syncFolder(path) // from here on tmp is the next one's
}
