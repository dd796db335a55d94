package otp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
)

// macKey computes keyed digests (HMAC-SHA256). It is safe for concurrent use. It keeps
// hashes that have taken in the key: that is half the work of a short digest, and a
// kilobyte of garbage.
type macKey struct {
	key    []byte
	hashes sync.Pool
}

func newMACKey(key []byte) *macKey { return &macKey{key: key} }

// sum returns the digest of text.
func (k *macKey) sum(text []byte) []byte {
	h, ok := k.hashes.Get().(hash.Hash)
	if !ok {
		h = hmac.New(sha256.New, k.key)
	}
	defer k.hashes.Put(h)
	h.Reset()
	h.Write(text)
	return h.Sum(make([]byte, 0, sha256.Size))
}

// of returns the digest of parts.
func (k *macKey) of(parts ...string) []byte { return k.sum(fields(parts...)) }

// fields joins parts. No two lists give the same bytes.
func fields(parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += 4 + len(p)
	}
	out := make([]byte, 0, n)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p))) // #nosec G115 -- no field is 4 GB long
		out = append(out, p...)
	}
	return out
}
