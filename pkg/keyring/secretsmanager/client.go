package secretsmanager

import (
	"errors"
	"net/http"
	"time"

	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"countersign/pkg/awsclient"
)

// A call ends within 3 x 700 + 50 + 100 ms = 2.25 s, whatever the service does. It
// stands before a request's own calls, which need the rest of the 9 s.
const (
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

// New makes no request yet. Where the credentials are from, and what is repeated,
// says [awsclient.Configure]: every request of [Secret] may come twice.
func New(c Config) (*Secret, error) {
	if c.Secret == "" {
		return nil, errors.New("secretsmanager: no secret: give its ARN or name")
	}
	cfg, err := awsclient.Configure(awsclient.Settings{
		Service: "secretsmanager", Region: c.Region, Endpoint: c.Endpoint, Transport: c.Transport,
		Attempt: attemptTimeout, Pause: firstPause,
	})
	if err != nil {
		return nil, err
	}
	return &Secret{id: c.Secret, api: api.NewFromConfig(cfg)}, nil
}
