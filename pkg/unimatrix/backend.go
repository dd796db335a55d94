package unimatrix

import (
	"context"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// Backend does what the two actions ask for. Nothing reaches it that is not
// authenticated, well formed, and allowed to the client. It is called concurrently
// and gives up when ctx is done.
type Backend interface {
	// Send sends a code by SMS and counts it. What stands against that is an
	// outcome; an error means that what became of it is not known. Neither a code
	// nor a number may be in the error or in Sent.Cause: they are logged.
	Send(ctx context.Context, c *clients.Client, r SendRequest, n phone.Number) (Sent, error)
	// Verify reports whether a code is right and live, and uses it up if so. Why it
	// is not is nobody's business. An error means that it could not be decided.
	Verify(ctx context.Context, c *clients.Client, r VerifyRequest) (valid bool, err error)
}

// Sent is what became of a send.
type Sent struct {
	Outcome otp.Outcome   // otp.Sent, TooSoon, TooMany or Undeliverable; any other is answered as not known
	ID      string        // of the message, with otp.Sent: 32 lower-case hex digits
	Parts   int           // SMS that the message was billed as, with otp.Sent
	Wait    time.Duration // with TooSoon and TooMany: until the next send may pass
	Cause   error         // with any but otp.Sent: what the sender said, for the log
}

// sendResults puts what stood against a send into the contract's words. What is
// not here is not known: the code may be live.
var sendResults = map[otp.Outcome]result{
	otp.TooSoon:       limitExceed,
	otp.TooMany:       limitExceed,
	otp.Undeliverable: noUpstreamAvailable,
}
