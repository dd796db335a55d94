package signature

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
)

// Key signs. Version names its public half at the other side: 1 to 64 letters, digits, ".", "_" and "-".
type Key struct {
	Version string
	Private *rsa.PrivateKey
}

// Sign returns the header value for text. The same text and key give the same value. With RSA-2048 it takes
// about 0.7 ms of CPU; see [Signer].
func (k Key) Sign(text []byte) (string, error) {
	if err := k.check(); err != nil {
		return "", err
	}
	return k.sign(sha256.Sum256(text))
}

// sign signs the digest of a text.
func (k Key) sign(sum [sha256.Size]byte) (string, error) {
	sig, err := rsa.SignPKCS1v15(nil, k.Private, crypto.SHA256, sum[:])
	if err != nil {
		return "", errors.New("signature: the private key cannot sign, it must be an RSA key that is whole: " +
			"make a new pair")
	}
	return Header{k.Version, sig}.String(), nil
}

func (k Key) check() error {
	if k.Private == nil || k.Private.N == nil {
		return errors.New("signature: no private key to sign with")
	}
	if err := check(&k.Private.PublicKey); err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	if !validVersion(k.Version) {
		return errors.New("signature: the version of the private key must be 1 to 64 letters, digits, " +
			`".", "_" or "-", such as 1`)
	}
	return nil
}

// validVersion reports whether a version cannot end its part of the header.
func validVersion(v string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	return len(v) >= 1 && len(v) <= 64 && strings.Trim(v, allowed) == ""
}
