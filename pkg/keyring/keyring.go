// Package keyring loads the secrets that live outside the tables.
package keyring

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"countersign/pkg/otp"
)

// document is a keyring at rest: the form of the local file and of the secret
// that template.yaml generates.
type document struct {
	Version int    `json:"version"` // of the secret, 1 or more
	Secret  string `json:"secret"`  // at least 32 characters
}

// Parse reads a keyring. The error names what is wrong and never the secret.
func Parse(text []byte) (*otp.Keys, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, errors.New(`keyring: not JSON of the form {"version":1,"secret":"..."}`)
	}
	if d.Version < 1 {
		return nil, fmt.Errorf("keyring: version is %d, must be 1 or more", d.Version)
	}
	keys, err := otp.NewKeys(d.Version, map[int][]byte{d.Version: []byte(d.Secret)}, []byte(d.Secret))
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return keys, nil
}

// File reads the keyring at path, and makes one with mode 0600 if there is none.
// A file that others may read is refused.
func File(path string) (*otp.Keys, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("keyring %s has mode %04o, others may read it: chmod 600 it, or remove it to start anew", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	keys, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

// create makes a keyring at path unless there is one. It is linked into place
// whole, so that a crash leaves no half of it and two processes agree on one.
func create(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	secret := make([]byte, otp.MinSecret)
	rand.Read(secret) // never fails, see its documentation
	text, err := json.Marshal(document{Version: 1, Secret: base64.RawStdEncoding.EncodeToString(secret)})
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(append(text, '\n')); err != nil {
		return errors.Join(fmt.Errorf("keyring: %w", err), tmp.Close())
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keyring: %w", err)
	}
	return nil
}
