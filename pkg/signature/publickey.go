package signature

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
)

// Sizes of keys, in bits. The contract sets the minimum. Above the maximum, it costs a server more to check a signature
// than it costs a stranger to send it.
const (
	minBits = 2048
	maxBits = 8192
)

// ParsePublicKey reads an RSA public key of 2048 to 8192 bits: PEM (PUBLIC KEY, RSA PUBLIC KEY or
// CERTIFICATE), also in one line and with other text around it; or the same DER, as it is or in base64. The text may
// begin with a byte order mark, and must have one key. Of an X.509 certificate it takes the key only, and does not
// check the dates or the issuer.
//
// A private key is refused, and no error quotes the text.
func ParsePublicKey(text []byte) (*rsa.PublicKey, error) {
	text = plain(text)
	if bytes.Contains(text, []byte("PRIVATE KEY-----")) {
		return nil, errPrivate
	}
	der, err := unarmour(text)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	if isPrivate(der) {
		return nil, errPrivate
	}
	key, ok := publicKey(der).(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("public key: %s, not an RSA key, "+
			"expected PEM of PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE, or base64 of its DER", kind(der))
	}
	if err := check(key); err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	return key, nil
}

var errPrivate = errors.New("public key: this is a private key; " +
	"take it away from here, and give its public half (openssl pkey -in KEY -pubout)")

// publicKey reads DER of any of the formats. It ignores the PEM label, because PKCS#1 under PUBLIC KEY is common.
func publicKey(der []byte) any {
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return key
	}
	if cert, err := x509.ParseCertificate(der); err == nil {
		return cert.PublicKey
	}
	return nil
}

// containers are what tools export beside keys, by bytes near the beginning of their DER.
var containers = []struct {
	id   []byte
	text string
}{
	{ // the object identifier of RSASSA-PSS
		[]byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"),
		"a key that is restricted to RSA-PSS (make one with openssl genrsa)",
	},
	{ // PKCS #7, signed data
		[]byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"),
		"PKCS #7 (openssl pkcs7 -in FILE -print_certs takes the certificate out)",
	},
	{ // PKCS #12: version 3, before the object identifier of PKCS #7 data
		[]byte("\x02\x01\x03\x30"),
		"PKCS #12 (openssl pkcs12 -in FILE -clcerts -nokeys takes the certificate out)",
	},
}

// kind names what a structure is that is no RSA key.
func kind(der []byte) string {
	if _, err := x509.ParseCertificateRequest(der); err == nil {
		return "a certificate request (openssl req -in FILE -pubkey -noout takes the key out)"
	}
	for _, other := range containers {
		if bytes.Contains(der[:min(len(der), 40)], other.id) {
			return other.text
		}
	}
	if _, err := x509.ParseRevocationList(der); err == nil {
		return "a list of revoked certificates"
	}
	key := publicKey(der)
	if key == nil {
		key = privateKey(der)
	}
	switch key.(type) {
	case *ecdsa.PublicKey, *ecdsa.PrivateKey:
		return "an EC key"
	case ed25519.PublicKey, ed25519.PrivateKey:
		return "an Ed25519 key"
	case nil:
		return "DER that is no key"
	}
	return "another kind of key"
}

// isPrivate reports whether DER is a private key in PKCS#1, PKCS#8 or SEC 1, of any algorithm. Each of these
// starts with the version 0 or 1; public keys start with a modulus or the name of an algorithm.
func isPrivate(der []byte) bool {
	var start struct{ Version int }
	_, err := asn1.Unmarshal(der, &start)
	return err == nil && (start.Version == 0 || start.Version == 1)
}

// check returns an error for a key that one of the two sides cannot use.
func check(key *rsa.PublicKey) error {
	bits := key.N.BitLen()
	switch {
	case bits < minBits:
		return fmt.Errorf("RSA key of %d bits, must have at least %d: make a new pair", bits, minBits)
	case bits > maxBits:
		return fmt.Errorf("RSA key of %d bits, must have at most %d: make a new pair", bits, maxBits)
	case key.N.Bit(0) == 0, key.E < 3, key.E%2 == 0, key.E > 1<<31-1: // package rsa refuses larger exponents
		return errors.New("RSA key with an even modulus, or an exponent that is not odd, at least 3 and below 2^31: " +
			"make a new pair")
	}
	return nil
}

// FormatPublicKey returns a key as PEM (PUBLIC KEY), which [ParsePublicKey] reads.
func FormatPublicKey(key *rsa.PublicKey) string {
	der, _ := x509.MarshalPKIXPublicKey(key) // fails only for other types of key
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
