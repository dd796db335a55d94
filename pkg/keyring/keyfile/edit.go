package keyfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"countersign/pkg/keyring"
)

// lockPause is the time between two tries at a lock that another process holds.
const lockPause = 5 * time.Millisecond

// Edit changes the keyring in the file at path, for the operator. Edits of several
// processes run one after the other, and none is lost. An edit that fails or is killed
// changes nothing. Rings on the same file go on meanwhile and use the new keyring
// within their age. Edit waits for other edits until ctx ends, so edit should be brief.
func Edit(ctx context.Context, path string, edit func(*keyring.Document) error) error {
	real, err := filepath.EvalSymlinks(path) // an edit keeps the link and replaces its target
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keyring: there is none at %s; countersign serve makes one", path)
	} else if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	locked, err := lock(ctx, real)
	if err != nil {
		return err
	}
	defer locked.Close() // and unlock
	text, err := readFile(real)
	if err != nil {
		return err
	}
	after, err := keyring.Amend(text, edit)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if after == nil {
		return nil
	}
	return replace(real, after)
}

// lock locks the keyring's own file. An edit replaces that file, so a lock counts only
// if the file is still at path. The system releases the locks of processes that die.
func lock(ctx context.Context, path string) (*flock.Flock, error) {
	for {
		f := flock.New(path, flock.SetFlag(os.O_RDWR)) // some file systems lock only files that are open for writing
		_, err := f.TryLockContext(ctx, lockPause)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, fmt.Errorf("keyring: %s is being edited by another process: %w", path, ctx.Err())
		case err != nil:
			return nil, fmt.Errorf("keyring: %s cannot be locked: %w", path, err)
		}
		mine, err := f.Stat()
		if there, gone := os.Stat(path); err == nil && gone == nil && os.SameFile(mine, there) {
			return f, nil
		}
		f.Close()
	}
}

// replace writes text to a new file and renames it to path. It overwrites what a killed
// edit has left. Package renameio is no replacement: it does not sync the folder, gives
// each temporary file another name, and does not build on Windows.
func replace(path string, text []byte) error {
	old, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
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
	return syncFolder(path) // after the rename, tmp belongs to the next edit
}
