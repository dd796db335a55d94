package awsclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"countersign/pkg/pattern"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// OnceTransport is net/http's own transport, set so that it never repeats a request. It is for requests that may not
// arrive twice, such as a message to a phone:
//
//   - HTTP/1.1 only. Over HTTP/2 it repeats a request, also a POST, when the
//     server refuses its stream or shuts the connection down.
//   - Over HTTP/1.1 it repeats a request on a reused connection only when it can
//     be replayed, which a POST without an idempotency key cannot, or when no
//     byte of it was written, which makes the second the only one (see
//     shouldRetryRequest in net/http/transport.go).
//
// One case remains: the server closed an idle connection, and the send on it fails as unclear. So idle connections are
// closed after five seconds, long before servers close them. net/http compares with the wall clock, so that a Lambda
// that was frozen for minutes does not use a dead connection. A new handshake now and then is short beside the seconds
// that an SMS takes.
func OnceTransport() *http.Transport {
	http1 := new(http.Protocols)
	http1.SetHTTP1(true)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		Protocols:           http1,
		IdleConnTimeout:     5 * time.Second,
		MaxIdleConnsPerHost: 64,
	}
}

// OnceClient is an HTTP client that follows no redirect: one that is followed is a second request. AWS sends none, so
// the answer is unclear.
func OnceClient(wire http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     wire,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// errKeys marks a failure before the service was asked.
var errKeys = errors.New("no credentials")

// MarkedKeys marks the errors of p for [Unanswered]. Empty keys are an error too: it costs no request, unlike the
// service's refusal.
func MarkedKeys(p aws.CredentialsProvider) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := p.Retrieve(ctx)
		switch {
		case err != nil:
			return c, fmt.Errorf("%w: %w", errKeys, err)
		case !c.HasKeys():
			return c, errKeys
		}
		return c, nil
	})
}

// Unanswered returns the reason why a message got no answer with an error code. service is its name in the text, limit
// the time that a call gets, and status that of the answer, 0 for none. The text has types and numbers of err, never
// its text, which may quote the message. operator is true where every message fails alike.
func Unanswered(service string, limit time.Duration, err error, status int) (reason string, operator bool) {
	var dial *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer in time, which is %v at most; the message may have gone out", limit), false
	case errors.Is(err, context.Canceled):
		return "given up by the caller; the message may have gone out", false
	case errors.Is(err, errKeys):
		return fmt.Sprintf("no AWS credentials, %s was not asked; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
			service), true
	case status != 0:
		return fmt.Sprintf("an answer that is cut short or is not %s's; check endpoint and proxy", service), false
	case errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Sprintf("no connection to %s, which was not asked; check network, region and endpoint %s",
			service, kind(err)), false
	}
	return "the connection broke; the message may have gone out " + kind(err), false
}

// kind returns the type of the innermost error of err. The text is only that of the system's own errors.
func kind(err error) string {
	err = root(err)
	if errno, ok := err.(syscall.Errno); ok {
		return "[" + errno.Error() + "]"
	}
	return fmt.Sprintf("[%T]", err)
}

// isRequestID matches the form of AWS's request ids.
var isRequestID = pattern.Matches(`\A[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z`)

// RequestID returns the request id of an answer, or "" if it lacks the form of AWS's ids. It comes from outside, and
// must carry no number and no code.
func RequestID(id string) string {
	if !isRequestID(id) {
		return ""
	}
	return id
}
