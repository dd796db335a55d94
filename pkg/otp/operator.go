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

// Addressed returns the number of a challenge, and whether its code confirms a payment. The challenge has neither in
// clear. An error means that the challenge has no number, or that its code key is not held.
func (k *Keys) Addressed(c Challenge) (to Phone, pays bool, err error) {
	to, _, payment, err := k.decrypt(c)
	return to, !payment.None(), err
}
