package signature

import (
	"crypto/sha256"
	"sync"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Signer signs like [Key.Sign], and remembers its signatures. PKCS#1 v1.5 is deterministic and response-time
// has whole seconds. So all answers with the same body to one client within a second are the same text and
// need one signature, which is most answers to verify.
//
// It is safe for concurrent use. A text that several callers sign at once is signed once.
type Signer struct {
	memory *lru.Cache[digest, signed]
	made   atomic.Int64 // signatures computed, for the tests
}

// digest identifies a text with a key.
type digest [sha256.Size]byte

// signed computes a header value in its first call, and returns the same in later calls.
type signed func() (string, error)

// NewSigner returns a Signer that remembers the latest header values, up to size (at least one). A value
// takes about 0.7 KB with RSA-2048.
func NewSigner(size int) *Signer {
	memory, _ := lru.New[digest, signed](max(size, 1)) // fails only for a size below 1
	return &Signer{memory: memory}
}

// Sign returns the header value of k over text.
func (s *Signer) Sign(k Key, text []byte) (string, error) {
	if err := k.check(); err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	id := k.identify(sum)
	value, ok := s.memory.Get(id)
	if !ok {
		value = s.remember(id, k, sum)
	}
	header, err := value()
	if err != nil {
		s.memory.Remove(id)
	}
	return header, err
}

// remember returns the value in the memory under id, after putting one there if there is none.
func (s *Signer) remember(id digest, k Key, sum [sha256.Size]byte) signed {
	value := signed(sync.OnceValues(func() (string, error) {
		s.made.Add(1)
		return k.sign(sum)
	}))
	if first, ok, _ := s.memory.PeekOrAdd(id, value); ok {
		return first
	}
	return value
}

// identify hashes the key's version and modulus and the digest of a text. A version has no zero byte and a digest has a
// fixed length, so two different triples never give the same bytes.
func (k Key) identify(sum [sha256.Size]byte) digest {
	var space [64 + 1 + maxBits/8 + sha256.Size]byte
	b := append(space[:0], k.Version...)
	b = append(b, 0)
	n := len(b) + k.Private.Size()
	k.Private.N.FillBytes(b[len(b):n])
	return sha256.Sum256(append(b[:n], sum[:]...))
}
