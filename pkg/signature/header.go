package signature

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Header is the content of a Signature header.
type Header struct {
	Version   string // keyVersion; "" if the header has none, which means the signer's latest key
	Signature []byte
}

// Verify reports whether key made the signature over text. It is false for a nil key.
func (h Header) Verify(key *rsa.PublicKey, text []byte) bool {
	if key == nil {
		return false
	}
	sum := sha256.Sum256(text)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], h.Signature) == nil
}

// String returns the header's value in the form that every SDK reads: in this order, without spaces, with the base64
// padded and percent-encoded.
func (h Header) String() string {
	value := "algorithm=RSA256,"
	if h.Version != "" {
		value += "keyVersion=" + h.Version + ","
	}
	return value + "signature=" + escape.Replace(base64.StdEncoding.EncodeToString(h.Signature))
}

// escape is percent-encoding for the alphabet of base64.
var escape = strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D")
