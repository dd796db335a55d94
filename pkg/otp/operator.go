package otp

import (
	"crypto/sha256"
	"strings"
)

// KeyOfAuthID returns the primary key of the challenge with an authenticationId, for an operator. It returns "" for a
// text that is not an authenticationId.
func KeyOfAuthID(client, authID string) string { return keyOfAuthID(client, authID) }

// Ended returns why no guess at the code can pass any more: Unknown if no message was sent, else Used, Expired or
// Locked. It returns "" for a live code.
func (c Challenge) Ended(now Millis) Outcome { return c.ended(now) }

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
