package signature

import "crypto/sha256"

// Made returns the number of signatures that were computed.
func (s *Signer) Made() int64 { return s.made.Load() }

// Overtaken is [Signer.Sign] of a caller that looks for the text just before another caller remembers it.
func (s *Signer) Overtaken(k Key, text []byte) (string, error) {
	sum := sha256.Sum256(text)
	return s.remember(k.identify(sum), k, sum)()
}
