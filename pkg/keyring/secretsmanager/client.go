package secretsmanager

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
)

// A call is tried up to three times, with a pause between that doubles, and ends
// within 3 x 700 + 50 + 100 ms = 2.25 s, whatever the service does. It stands
// before a request's own calls, which need the rest of the 9 s.
const (
	attempts       = 3
	attemptTimeout = 700 * time.Millisecond
	firstPause     = 50 * time.Millisecond
)

// Config says where the secret is.
type Config struct {
	// Secret is its ARN or name.
	Secret string
	// Region of the secret, such as "eu-central-1". It may be left out with an
	// Endpoint.
	Region string
	// Endpoint of something that speaks Secrets Manager's protocol. "" is Secrets
	// Manager itself.
	Endpoint string
	// Transport carries the requests; nil makes one. Tests put faults here.
	Transport http.RoundTripper
}

// New makes no request yet. The credentials are those in the environment
// (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), as Lambda sets
// them, read once. With an endpoint they may be missing. The SDK's other settings
// are not read: its loader costs start time, and a stray profile must not decide
// where keys come from.
func New(c Config) (*Secret, error) {
	if c.Secret == "" {
		return nil, errors.New("secretsmanager: no secret: give its ARN or name")
	}
	credentials, err := fromEnvironment(c.Endpoint != "")
	if err != nil {
		return nil, err
	}
	cfg := aws.Config{
		Region:      c.Region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
		HTTPClient:  httpClient(c.Transport),
		Retryer:     newRetryer,
	}
	switch {
	case c.Endpoint != "":
		cfg.BaseEndpoint = aws.String(c.Endpoint)
		if cfg.Region == "" {
			cfg.Region = "us-east-1" // part of the signature, which such engines do not check
		}
	case c.Region == "":
		return nil, errors.New("secretsmanager: no region: set AWS_REGION, or give an endpoint")
	}
	return &Secret{id: c.Secret, api: api.NewFromConfig(cfg)}, nil
}

func fromEnvironment(optional bool) (aws.Credentials, error) {
	c := aws.Credentials{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	switch {
	case c.HasKeys():
		return c, nil
	case optional:
		return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local", Source: "made up for an endpoint"}, nil
	}
	return c, errors.New("secretsmanager: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give an endpoint")
}

// httpClient bounds each attempt, the reading of the answer included.
func httpClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		// One secret, one call at a time, and connections die while a Lambda is
		// frozen.
		t.Protocols = new(http.Protocols)
		t.Protocols.SetHTTP1(true)
		transport = t
	}
	return &http.Client{
		Transport: transport,
		Timeout:   attemptTimeout,
		// Secrets Manager never redirects, and keys must not go to whoever does.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newRetryer repeats what the SDK repeats, and answers that broke off half-way.
// Every request of [Secret] may come twice.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.Backoff = retry.BackoffDelayerFunc(pause)
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(brokeOff))
	})
}

// pause returns how long to wait after the n-th attempt, counted from 1. Without
// jitter: callers do not fail in step, and the sum has to stay within its bound.
func pause(n int, _ error) (time.Duration, error) {
	return firstPause << (n - 1), nil
}

func brokeOff(err error) aws.Ternary {
	var unread *smithy.DeserializationError
	if errors.As(err, &unread) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}
