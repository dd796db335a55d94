package eventbus

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"countersign/pkg/awsclient"
)

// A request, with its repetitions, ends within 3 x 2 + 0.1 + 0.2 s, whatever the bus
// does. EventBridge answers in some tens of milliseconds.
const (
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
	// Transport carries the requests; nil makes one. Tests put faults here.
	Transport http.RoundTripper
}

// New returns a bus and makes no request yet. Where its credentials are from, and
// what it repeats, says [awsclient.Configure]: an event that goes twice has the same
// id.
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
