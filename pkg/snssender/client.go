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

// client makes SNS's client by hand. sns.NewFromConfig and the config module would take retries, interceptors, logging
// of bodies and environment variables from this machine.
func client(cfg aws.Config, endpoint string, wire http.RoundTripper) *sns.Client {
	o := sns.Options{
		Region:      cfg.Region,
		Credentials: credentials(cfg.Credentials),
		// One attempt. The SDK's default sends a Publish three times on a dropped
		// connection, a 500 or a timeout, and SNS has no deduplication for numbers.
		Retryer: aws.NopRetryer{},
		HTTPClient: &http.Client{
			Transport: wire,
			// A redirect that is followed is a second request. SNS sends none, so the answer is unclear.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if endpoint != "" {
		o.BaseEndpoint = aws.String(endpoint)
	}
	return sns.New(o)
}

// transport is net/http's own, set so that it never repeats a request:
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

// credentials marks the errors of p. Empty keys are an error too: it costs no request, unlike SNS's refusal.
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
