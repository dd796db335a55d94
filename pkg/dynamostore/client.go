package dynamostore

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"countersign/pkg/awsclient"
)

// A call ends within 3 x 700 + 50 + 100 ms = 2.25 s, also if the table never answers. An
// init makes three calls and one to the sender, and must answer within 9 s. DynamoDB
// answers in a few milliseconds; 700 ms are enough for a first TLS handshake on a small
// Lambda.
const (
	attemptTimeout = 700 * time.Millisecond
	firstPause     = 50 * time.Millisecond
)

// connections bounds the connections of a client. Further calls of the local server wait
// for a free one: hundreds of handshakes at once would take longer.
const connections = 64

// Config has the place of the tables and the settings of the connection.
type Config struct {
	// Region of the tables, such as "eu-central-1". It is optional with an Endpoint.
	Region string
	// Endpoint is the URL of another server with DynamoDB's protocol, such as
	// "http://127.0.0.1:8000". "" is DynamoDB itself.
	Endpoint string
	// Credentials sign the requests; nil means those of this process, see
	// [awsclient.Configure].
	Credentials aws.CredentialsProvider
	// OpenAhead is how many connections are opened now, see [awsclient.Ahead].
	OpenAhead int
	// ReadOnly refuses each call that does not read, without a request.
	ReadOnly bool
	// Transport carries the requests; nil makes one. Tests inject faults with it.
	Transport http.RoundTripper
}

// NewClient makes a client whose calls end within 2.4 s. It is safe for concurrent use.
// See [awsclient.Configure] for its credentials and for the requests that it repeats:
// [Store] recognises a write that comes twice.
func NewClient(c Config) (*dynamodb.Client, error) {
	cfg, err := awsclient.Configure(awsclient.Settings{
		Service: "dynamodb", Region: c.Region, Endpoint: c.Endpoint, Credentials: c.Credentials, Transport: c.Transport,
		Attempt: attemptTimeout, Pause: firstPause, Connections: connections, OpenAhead: c.OpenAhead,
	})
	if err != nil {
		return nil, err
	}
	return dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		// One more request in the background for an address that never differs.
		o.EndpointDiscovery.EnableEndpointDiscovery = aws.EndpointDiscoveryDisabled
		if c.ReadOnly {
			o.APIOptions = append(o.APIOptions, onlyReads)
		}
	}), nil
}
