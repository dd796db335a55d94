package signature

import (
	"crypto/sha256"
	"sync"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Signer signs as [Key.Sign] does, and remembers what it has signed. PKCS#1 v1.5
// is deterministic and response-time has whole seconds, so that all answers of one
// second to one client with the same body are one text and need one signature:
// most answers to verify.
//
// It is safe for concurrent use; a text that several callers want at once is
// signed once.
type Signer struct {
	memory *lru.Cache[digest, signed]
	made   atomic.Int64 // signatures computed; the tests look at it
}

// digest tells texts and keys apart.
type digest [sha256.Size]byte

// signed computes a header value when it is first called, and returns it from
// then on.
type signed func() (string, error)

// NewSigner returns a Signer that remembers up to size header values (at least
// one), those that were used last. A value takes about 0.7 KB with RSA-2048.
func NewSigner(size int) *Signer {
	memory, _ := lru.New[digest, signed](max(size, 1)) // fails for a size below 1 alone
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

// remember returns what the memory has under id, and puts it there first if need
// be.
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

// identify hashes the key's version and modulus and the digest of a text. A
// version has no zero byte and a digest has one length, so no two triples run
// into the same bytes.
func (k Key) identify(sum [sha256.Size]byte) digest {
	var space [64 + 1 + maxBits/8 + sha256.Size]byte
	b := append(space[:0], k.Version...)
	b = append(b, 0)
	n := len(b) + k.Private.Size()
	k.Private.N.FillBytes(b[len(b):n])
	return sha256.Sum256(append(b[:n], sum[:]...))
}
