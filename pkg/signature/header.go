package signature

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Header is a Signature header that has been read.
type Header struct {
	Version   string // keyVersion; "" where the header has none: the signer's latest key
	Signature []byte
}

// Verify reports whether key made the signature over text. No key verifies
// nothing.
func (h Header) Verify(key *rsa.PublicKey, text []byte) bool {
	if key == nil {
		return false
	}
	sum := sha256.Sum256(text)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], h.Signature) == nil
}

// String returns the header's value in the one form that every SDK reads: this
// order, no spaces, base64 with padding, percent-encoded.
func (h Header) String() string {
	value := "algorithm=RSA256,"
	if h.Version != "" {
		value += "keyVersion=" + h.Version + ","
	}
	return value + "signature=" + escape.Replace(base64.StdEncoding.EncodeToString(h.Signature))
}

// escape is percent-encoding, as far as base64 has need of it.
var escape = strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D")
