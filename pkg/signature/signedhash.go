package signature

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
)

// SignedHash returns the SHA-256 sum of the text that key signed, for the operator's log line; it accepts nothing.
// made reports whether key made the signature at all. Without a sum, key signed with another hash.
//
// An RSA signature is the padded sum under the private key, so the public key gives the sum back (RFC 8017, section
// 9.2). A request that is refused can so be compared with the texts that its client may have signed, at the price of
// one sum each.
func (h Header) SignedHash(key *rsa.PublicKey) (sum []byte, made bool) {
	if key == nil || len(h.Signature) != key.Size() {
		return nil, false
	}
	s := new(big.Int).SetBytes(h.Signature)
	if s.Cmp(key.N) >= 0 {
		return nil, false
	}
	padded := s.Exp(s, big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, key.Size()))
	rest, ok := bytes.CutPrefix(padded, []byte{0, 1})
	if !ok {
		return nil, false
	}
	rest = bytes.TrimLeft(rest, "\xff")
	rest, ok = bytes.CutPrefix(rest, []byte{0})
	if !ok || len(padded)-len(rest) < 11 {
		return nil, false
	}
	sum, _ = bytes.CutPrefix(rest, sha256Prefix)
	if len(rest) != len(sha256Prefix)+32 || len(sum) != 32 {
		return nil, true
	}
	return sum, true
}

// sha256Prefix is the DER before a SHA-256 sum in a signature (RFC 8017, section 9.2, note 1).
var sha256Prefix = []byte{
	0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
}

// SignedPSS reports whether key made the signature over text with the other padding of RSA, PSS. It accepts nothing.
func (h Header) SignedPSS(key *rsa.PublicKey, text []byte) bool {
	sum := sha256.Sum256(text)
	return key != nil && rsa.VerifyPSS(key, crypto.SHA256, sum[:], h.Signature, nil) == nil
}
