package secretsmanager

import (
	"errors"
	"net/http"
	"time"

	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"countersign/pkg/awsclient"
)

// A call ends within 3 x 700 + 50 + 100 ms = 2.25 s, whatever the service does. It comes
// before the other calls of a request, which need the rest of its 9 s.
const (
	attemptTimeout = 700 * time.Millisecond
	firstPause     = 50 * time.Millisecond
)

// Config names the secret and its place.
type Config struct {
	// Secret is its ARN or name.
	Secret string
	// Region of the secret, such as "eu-central-1". It is optional with an Endpoint.
	Region string
	// Endpoint of a service with the protocol of Secrets Manager. "" is Secrets Manager
	// itself.
	Endpoint string
	// Transport carries the requests; nil makes one. Tests inject faults with it.
	Transport http.RoundTripper
}

// New returns the secret and makes no request. [awsclient.Configure] documents the source
// of credentials and the retries: every request of [Secret] may be sent twice.
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
