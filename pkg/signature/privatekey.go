package signature

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// ParsePrivateKey reads an RSA private key of 2048 to 8192 bits: PEM (PRIVATE KEY or RSA PRIVATE KEY), or
// the same DER, in the forms of [ParsePublicKey]. The text must have one key, which is not encrypted.
//
// No error quotes the text.
func ParsePrivateKey(text []byte) (*rsa.PrivateKey, error) {
	text = plain(text)
	if bytes.Contains(text, []byte("ENCRYPTED")) {
		return nil, errors.New("private key: it is encrypted, must be plain: decrypt it first (openssl pkey -in KEY)")
	}
	der, err := unarmour(text)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	if publicKey(der) != nil {
		return nil, errors.New("private key: this is a public key, give the private half of the pair")
	}
	key, ok := privateKey(der).(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("private key: %s, not an RSA key that is whole, "+
			"expected PEM of PRIVATE KEY (PKCS#8) or RSA PRIVATE KEY (PKCS#1), or base64 of its DER", kind(der))
	}
	if err := check(&key.PublicKey); err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	return key, nil
}

// privateKey reads DER of either format. Package x509 checks that the parts of a key belong together; its
// errors are not passed on.
func privateKey(der []byte) any {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	return nil
}

// FormatPrivateKey returns a key as PEM (PRIVATE KEY, PKCS#8), which [ParsePrivateKey] reads. It fails for a
// key whose parts do not belong together.
func FormatPrivateKey(key *rsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", errors.New("private key: its parts do not belong together, make a new pair")
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}
