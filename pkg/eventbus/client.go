package eventbus

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"countersign/pkg/awsclient"
)

// A request with its retries ends within 3 x 2 + 0.1 + 0.2 s, whatever the bus does. EventBridge answers in some tens
// of milliseconds.
const (
	attemptTimeout = 2 * time.Second
	firstPause     = 100 * time.Millisecond
)

// Config names the bus and its place.
type Config struct {
	// Region of the bus, such as "eu-central-1". It is optional with an Endpoint.
	Region string
	// Name of the bus; "" is the account's default.
	Name string
	// Endpoint of a server with EventBridge's protocol. "" is EventBridge itself.
	Endpoint string
	// Transport carries the requests; nil makes one. Tests inject faults with it.
	Transport http.RoundTripper
}

// New returns a bus and makes no request. [awsclient.Configure] documents the source of credentials and the retries.
func New(c Config) (*Bus, error) {
	cfg, err := awsclient.Configure(awsclient.Settings{
		Service: "eventbridge", Region: c.Region, Endpoint: c.Endpoint, Transport: c.Transport,
		Attempt: attemptTimeout, Pause: firstPause,
	})
	if err != nil {
		return nil, err
	}
	b := &Bus{client: eventbridge.NewFromConfig(cfg)}
	if c.Name != "" {
		b.name = aws.String(c.Name)
	}
	return b, nil
}
