package otp

import (
	"crypto/sha256"
	"strings"
)

// SendsOf returns the counted messages of a challenge's init, newest first: the first part of a [SendID] names the
// challenge by its seed. A re-send has a seed of its own, so nothing stored names the challenge of its send.
func (n Ledger) SendsOf(seed []byte) (all []Send) {
	challenge := sha256.Sum256(seed)
	part := idOf(challenge[:8])[:challengePart]
	for _, s := range n.Sends {
		if strings.HasPrefix(s.ID, part) {
			all = append(all, s)
		}
	}
	return all
}
