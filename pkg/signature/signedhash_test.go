package signature_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"countersign/pkg/signature"
)

// The sum in a signature is that of the text that was signed, and only the key that signed gives it back.
func TestSignedHash(t *testing.T) {
	key, other := private(t, "ams-test-client.key.pem"), private(t, "ams-test-server.key.pem")
	header, err := signature.Key{Version: "1", Private: key}.Sign([]byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := signature.Parse(header)
	if err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256([]byte("text"))
	if sum, made := h.SignedHash(&key.PublicKey); !made || !bytes.Equal(sum, want[:]) {
		t.Errorf("%x, %t, want %x", sum, made, want)
	}
	flipped := bytes.Clone(h.Signature)
	flipped[100] ^= 1
	for name, h := range map[string]signature.Header{
		"another key": h, "none": {}, "short": {Signature: h.Signature[1:]}, "zeros": {Signature: make([]byte, 256)},
		"one": {Signature: append(make([]byte, 255), 1)}, "ones": {Signature: bytes.Repeat([]byte{255}, 256)},
		"flipped": {Signature: flipped},
	} {
		public := &key.PublicKey
		if name == "another key" {
			public = &other.PublicKey
		}
		if sum, made := h.SignedHash(public); made || sum != nil {
			t.Errorf("%s: %x, %t", name, sum, made)
		}
	}
	if _, made := h.SignedHash(nil); made {
		t.Error("a nil key signed")
	}
}
