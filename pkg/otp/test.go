package otp

import "cmp"

// Test makes the number of a [Start] a test number: nothing is sent and no message is
// counted, and its code is Code. Attempts, expiry, idempotency and single use are those of
// any challenge. The challenge keeps the mark for its life: a re-send of it sends nothing
// either, whatever became of the test number.
type Test struct {
	Code  Code   // "" for an ordinary number
	Until Millis // the code ends with the test number, unless its lifetime is over before
}

// Is reports whether the number is a test number.
func (t Test) Is() bool { return t.Code != "" }

// given returns the code of a [Start] that the service does not make, "" if it makes one.
func (r Start) given() Code { return cmp.Or(r.Test.Code, r.Code) }

// mark makes c the challenge of a test number. It has no ledger, and so no count of
// unanswered messages and no known source.
func (t Test) mark(c *Challenge) {
	c.Test, c.ExpiresAt = true, min(c.ExpiresAt, t.Until)
	c.LedgerKey, c.Source = "", nil
}
