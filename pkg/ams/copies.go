package ams

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Copies bounds how often one signed request is served. A client that repeats a request sends a few copies. Whoever
// has captured one could send thousands: each would count against the client's rate, so that the client itself is
// refused, and take a write.
//
// It is safe for concurrent use. A nil one bounds nothing.
type Copies struct {
	mu   sync.Mutex
	seen *simplelru.LRU[[sha256.Size]byte, copies] // by digests of signatures
}

// copies is how often a request came in a minute since 1970.
type copies struct {
	minute int64
	n      int
}

// tooManyCopies is the detail of the log line of a copy that is refused.
const tooManyCopies = "copies: one signed request may come at most 10 times in a minute"

const (
	// maxCopies is how often a process serves one signed request in a minute.
	maxCopies = 10
	// maxSigned is the number of requests in memory. An attacker's copies come too often to be forgotten.
	maxSigned = 4096
)

// NewCopies returns an empty memory.
func NewCopies() *Copies {
	seen, _ := simplelru.NewLRU[[sha256.Size]byte, copies](maxSigned, nil) // fails only for a size below 1
	return &Copies{seen: seen}
}

// few counts a request by its signature, which no other spelling of the same request changes, and reports whether it
// may be served.
func (c *Copies) few(signature []byte, now time.Time) bool {
	if c == nil {
		return true
	}
	id, minute := sha256.Sum256(signature), now.Unix()/60
	c.mu.Lock()
	defer c.mu.Unlock()
	seen, _ := c.seen.Get(id)
	if seen.minute != minute {
		seen = copies{minute: minute}
	}
	seen.n++
	c.seen.Add(id, seen)
	return seen.n <= maxCopies
}
