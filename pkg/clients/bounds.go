package clients

import "time"

// Bounds are the lifetime and the length of codes that an operator has set, for the
// deployment or for a client. No request weakens them. A field that is 0 was not set:
// then a request may ask for all that its contract allows.
type Bounds struct {
	Validity time.Duration // the longest lifetime
	Digits   int           // the least length
}

// bounds returns the client's bounds under those of the deployment.
func (l Limits) bounds(deployment Bounds) Bounds {
	override(&deployment.Digits, l.Digits)
	override((*Duration)(&deployment.Validity), l.Validity)
	return deployment
}

// Lifetime returns the lifetime that a code gets if a request asks for this one.
func (b Bounds) Lifetime(asked time.Duration) time.Duration {
	if b.Validity == 0 {
		return asked
	}
	return min(asked, b.Validity)
}

// Length returns the length that a code gets if a request asks for this one.
func (b Bounds) Length(asked int) int { return max(asked, b.Digits) }
