package main

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/signature"
)

// keyFile is a flag that names the file of a key: FILE, or FILE:VERSION.
type keyFile struct{ File, Version string }

var withVersion = regexp.MustCompile(`\A(.*):([0-9]+)\z`)

// UnmarshalText implements [encoding.TextUnmarshaler], for kong.
func (f *keyFile) UnmarshalText(text []byte) error {
	*f = keyFile{File: string(text)}
	if m := withVersion.FindStringSubmatch(f.File); m != nil {
		f.File, f.Version = m[1], m[2]
	}
	return nil
}

// publicKey reads a public key.
func (f keyFile) publicKey() (*rsa.PublicKey, error) {
	text, err := readInput(f.File)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	key, err := signature.ParsePublicKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.File, err)
	}
	return key, nil
}

// forRecord reads a public key for a client's record. Without a version it gets the next one
// after those of beside.
func (f keyFile) forRecord(beside []clients.Key) (clients.Key, error) {
	key, err := f.publicKey()
	if err != nil {
		return clients.Key{}, err
	}
	if f.Version == "" {
		f.Version = registry.NextVersion(beside)
	}
	return clients.Key{Version: f.Version, PEM: signature.FormatPublicKey(key)}, nil
}

// readInput reads a file, or the standard input for the name "-".
func readInput(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}

// readSecret reads a file without the line break at its end and the byte order mark at its start, which editors add.
// Its error does not have the name: a person in a hurry may have given the secret itself.
func readSecret(name string) ([]byte, error) {
	text, err := readInput(name)
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, fmt.Errorf("the file cannot be read: %w; give the name of a file with the secret, not the secret "+
			"itself, or - for the standard input", path.Err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if rest, ok := bytes.CutSuffix(text, []byte("\n")); ok {
		text = bytes.TrimSuffix(rest, []byte("\r"))
	}
	return text, err
}

// writePrivateKey writes a key to a new file that only its owner can read.
func writePrivateKey(name string, key *rsa.PrivateKey) error {
	text, err := signature.FormatPrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("private key: %w", err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("private key: %s exists and is not overwritten: "+
			"move it away, or name another file with --key-out", name)
	} else if err != nil {
		return fmt.Errorf("private key: %w", err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("private key: %w", err), os.Remove(name))
	}
	return nil
}
