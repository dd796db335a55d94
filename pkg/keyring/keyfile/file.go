// Package keyfile keeps a keyring in a file, for a laptop and for tests of everything else. Deployed processes read a
// secret of AWS instead, see package secretsmanager.
package keyfile

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"countersign/pkg/keyring"
)

// New returns the source of a keyring in a file, for one ring. The first read makes the file
// if there is none, with mode 0600 and keys of all kinds, or adds the kinds that are
// missing. Processes that start at the same time agree on one keyring. A file that others
// may read is refused. A file that disappears later is not made again: the ring keeps its
// keys.
//
// Each read takes the whole file. It is small, and two files that follow each other within
// a tick of the clock can have the same stat.
func New(path string) keyring.Source { return &file{path: path} }

// Existing is New for a process that only reads: the source neither makes nor completes a keyring.
func Existing(path string) keyring.Source { return &file{path: path, started: true} }

type file struct {
	path    string
	started bool // the file was made or completed if it had to be
}

func (f *file) Read(ctx context.Context, now time.Time) ([]byte, error) {
	if !f.started {
		if err := begin(ctx, f.path, now); err != nil {
			return nil, err
		}
		f.started = true
	}
	return readFile(f.path)
}

// begin makes the keyring at path, or completes it.
func begin(ctx context.Context, path string, now time.Time) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := create(path, now); err != nil {
			return err
		}
	}
	text, err := readFile(path)
	if err != nil {
		return err
	}
	d, err := keyring.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w; %s", path, err, remedy)
	}
	if len(missing(d)) == 0 {
		return nil
	}
	return Edit(ctx, path, func(d *keyring.Document) error { return complete(d, now) })
}

// missing returns the kinds that have no version.
func missing(d *keyring.Document) []keyring.Kind {
	list := d.List(time.Time{})
	return slices.DeleteFunc(keyring.Kinds(), func(kind keyring.Kind) bool {
		return slices.ContainsFunc(list, func(v keyring.Info) bool { return v.Kind == kind })
	})
}

// complete makes the first version of each kind that has none.
func complete(d *keyring.Document, now time.Time) error {
	for _, kind := range missing(d) {
		if _, err := d.Rotate(kind, time.Time{}, now, rand.Reader); err != nil {
			return err
		}
	}
	return nil
}

// remedy is the advice to the operator in the error of a damaged file.
const remedy = "restore it from a copy, or delete its folder to start anew: clients, users, codes under way and the " +
	"counts of numbers are gone then, and merchants need the new public key"

// create makes a keyring at path unless there is one. It writes another file and links
// that to path: a crash leaves no half of a keyring, and two processes agree on one.
func create(path string, now time.Time) error {
	d := &keyring.Document{}
	if err := complete(d, now); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return unwritable(path, err)
	}
	defer os.Remove(tmp.Name())
	if err := fill(tmp, d.AtRest()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keyring: %w", err)
	}
	return syncFolder(path)
}

// unwritable names the keyring and its folder. The system's error names a temporary
// file, which would puzzle the operator.
func unwritable(path string, err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return fmt.Errorf("keyring: %s cannot be written, the folder %s must be there and writable: %w",
		path, filepath.Dir(path), err)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("keyring %s has mode %04o, others may read it: chmod 600 it", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, keyring.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return text, nil
}

// fill writes text to f, syncs f and closes it.
func fill(f *os.File, text []byte) error {
	_, err := f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return nil
}

// syncFolder makes a new name last through a power cut. Without the keyring every live
// code would be lost.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return nil
}
