package eventbus

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/smithy-go"
)

// A request is tried up to three times, with a pause between that doubles, and ends
// within 3 x 2 + 0.1 + 0.2 s, whatever the bus does. EventBridge answers in some
// tens of milliseconds.
const (
	attempts       = 3
	attemptTimeout = 2 * time.Second
	firstPause     = 100 * time.Millisecond
)

// Config says where the bus is.
type Config struct {
	// Region of the bus, such as "eu-central-1". It may be left out with an
	// Endpoint.
	Region string
	// Name of the bus; "" is the account's default.
	Name string
	// Endpoint of something that speaks EventBridge's protocol. "" is EventBridge
	// itself.
	Endpoint string
	// Transport carries the requests; nil makes one.
	Transport http.RoundTripper
}

// New returns a bus. Its credentials are those in the environment
// (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), as Lambda sets
// them, read once. The SDK's other settings are not read.
func New(c Config) (*Bus, error) {
	keys := aws.Credentials{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	switch {
	case !keys.HasKeys():
		return nil, errors.New("eventbridge: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case c.Region == "" && c.Endpoint == "":
		return nil, errors.New("eventbridge: no region: set AWS_REGION, or give an endpoint")
	}
	o := eventbridge.Options{
		Region:      c.Region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil }),
		HTTPClient:  httpClient(c.Transport),
		Retryer:     newRetryer(),
	}
	if c.Endpoint != "" {
		o.BaseEndpoint = aws.String(c.Endpoint)
		if o.Region == "" {
			o.Region = "us-east-1" // part of the signature, which such engines do not check
		}
	}
	b := &Bus{client: eventbridge.New(o)}
	if c.Name != "" {
		b.name = aws.String(c.Name)
	}
	return b, nil
}

// httpClient bounds each attempt, the reading of the answer included.
func httpClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &http.Client{
		Transport: transport,
		Timeout:   attemptTimeout,
		// EventBridge never redirects, and events must not follow whoever does.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newRetryer repeats what the SDK repeats, and answers that broke off half-way:
// an event that goes twice has the same id.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.Backoff = retry.BackoffDelayerFunc(func(n int, _ error) (time.Duration, error) { return pause(n), nil })
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(brokeOff))
	})
}

// pause returns how long to wait after the n-th attempt, counted from 1.
func pause(n int) time.Duration { return firstPause << (n - 1) }

func brokeOff(err error) aws.Ternary {
	var unread *smithy.DeserializationError
	if errors.As(err, &unread) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}
