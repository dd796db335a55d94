package unimatrix

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Replays remembers requests of clients with --once that this process has refused because their nonce came before.
// Such a request is refused again before it is counted: else whoever has read one signed URL could use up the rate of
// its client with copies, so that the client itself is refused, and would cause a write with each copy.
//
// It is safe for concurrent use. A nil one remembers nothing.
type Replays struct {
	mu      sync.Mutex
	refused *simplelru.LRU[signedOnce, struct{}]
}

// signedOnce names a signed request: its client and the parameters that change from one request to the next.
type signedOnce struct {
	client, nonce string
	at            int64
}

// maxReplays is the most requests that are remembered. A copy of a URL that was forgotten is counted once more, so it
// takes more captured URLs than this to use up a rate.
const maxReplays = 1024

// NewReplays returns an empty memory.
func NewReplays() *Replays {
	refused, _ := simplelru.NewLRU[signedOnce, struct{}](maxReplays, nil) // fails only for a size below 1
	return &Replays{refused: refused}
}

// has reports whether a request was refused before, and keeps it among the latest.
func (r *Replays) has(request signedOnce) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.refused.Get(request)
	return ok
}

// add remembers a request that is refused.
func (r *Replays) add(request signedOnce) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused.Add(request, struct{}{})
}
