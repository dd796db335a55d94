package snssender

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// client builds SNS's client by hand. sns.NewFromConfig and the config module
// are not used: they would take over retries, interceptors, body logging and
// environment variables of this machine.
func client(cfg aws.Config, endpoint string, wire http.RoundTripper) *sns.Client {
	o := sns.Options{
		Region:      cfg.Region,
		Credentials: credentials(cfg.Credentials),
		// One attempt. The SDK's default sends a Publish three times on a dropped
		// connection, a 500 or a timeout, and SNS has no deduplication for numbers.
		Retryer: aws.NopRetryer{},
		HTTPClient: &http.Client{
			Transport: wire,
			// A followed redirect is a second request. As an answer it is none that
			// SNS gives, hence unclear.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if endpoint != "" {
		o.BaseEndpoint = aws.String(endpoint)
	}
	return sns.New(o)
}

// transport is net/http's own, kept from repeating a request by itself:
//
//   - HTTP/1.1 only. Over HTTP/2 it repeats a request, also a POST, when the
//     server refuses its stream or shuts the connection down.
//   - Over HTTP/1.1 it repeats a request on a reused connection only when it can
//     be replayed, which a POST without an idempotency key cannot, or when no
//     byte of it was written, which makes the second the only one (see
//     shouldRetryRequest in net/http/transport.go).
//
// What remains is a connection that the server closed while it was idle: such a
// send may fail as unclear. Five seconds are far below what servers wait, and
// net/http compares them with the wall clock, so that a Lambda that was frozen
// for minutes does not thaw with a dead connection. A new handshake every now
// and then is nothing against the seconds that an SMS takes.
func transport() *http.Transport {
	http1 := new(http.Protocols)
	http1.SetHTTP1(true)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		Protocols:           http1,
		IdleConnTimeout:     5 * time.Second,
		MaxIdleConnsPerHost: 64,
	}
}

// errCredentials marks a failure before SNS was asked.
var errCredentials = errors.New("no credentials")

// credentials marks the errors of p, and takes empty keys for an error too:
// unlike SNS's refusal of them, it costs no request.
func credentials(p aws.CredentialsProvider) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := p.Retrieve(ctx)
		switch {
		case err != nil:
			return c, fmt.Errorf("%w: %w", errCredentials, err)
		case !c.HasKeys():
			return c, errCredentials
		}
		return c, nil
	})
}
