package awsclient

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Settings are the parts in which clients differ.
type Settings struct {
	// Service is its name in errors and in addresses, such as "dynamodb".
	Service string
	// Region of the service, such as "eu-central-1". It is optional with an Endpoint.
	Region string
	// Endpoint of a server with the protocol of the service, such as "http://127.0.0.1:8000". "" is the service itself.
	Endpoint string
	// Credentials of the requests; nil takes those of this process, see [Configure].
	Credentials aws.CredentialsProvider
	// Attempt bounds one attempt, from the connection to the last byte of the answer.
	Attempt time.Duration
	// Pause is the time between the first attempt and the second. It doubles after each further attempt.
	Pause time.Duration
	// Connections is the most that are open at a time; idle ones stay open. A call that finds all of them busy waits
	// for one, within its Attempt. 0 opens as many as calls need, and keeps two.
	Connections int
	// OpenAhead is how many connections are opened now, see [Ahead].
	OpenAhead int
	// Transport carries the requests; nil makes one. Tests inject faults with it.
	Transport http.RoundTripper
}

// Configure returns the configuration for the NewFromConfig of a service's SDK package. The client is safe for
// concurrent use:
//
//   - A call is tried up to [Attempts] times: the SDK's own retries, and one after an answer that broke off. So each
//     request must be one that may arrive twice. A call ends within 3 Attempts and 3 Pauses, whatever the service does.
//   - Its credentials are the [Keys] of this process unless others are given. With an Endpoint they may be missing;
//     then they are [Local].
//   - It follows no redirect. AWS sends none, and keys and codes must not go to a server that does.
//   - It uses HTTP/1.1, see [Settings].Connections. A connection that dies, as connections do while a Lambda is frozen,
//     costs one attempt of one call. Over HTTP/2 it would cost the attempts of all calls.
//
// It reads no other settings of the SDK: the SDK's loader costs start time, and a stray profile must not decide where
// codes and keys are kept. It makes no request.
//
// The error names the service and what to set.
func Configure(s Settings) (aws.Config, error) {
	cfg := aws.Config{
		Region:      s.Region,
		Credentials: s.Credentials,
		Retryer:     func() aws.Retryer { return retryer(s.Pause) },
	}
	if cfg.Credentials == nil {
		cfg.Credentials = Keys(os.Getenv)
	}
	if s.Endpoint != "" {
		cfg.BaseEndpoint = aws.String(s.Endpoint)
		if cfg.Region == "" {
			cfg.Region = "us-east-1" // part of the signature, which such engines do not check
		}
		if cfg.Credentials == nil {
			cfg.Credentials = Local()
		}
	}
	switch {
	case cfg.Credentials == nil:
		return cfg, fmt.Errorf("%s: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "+
			"or give an endpoint", s.Service)
	case cfg.Region == "":
		return cfg, fmt.Errorf("%s: no region: set AWS_REGION, or give an endpoint", s.Service)
	}
	cfg.HTTPClient = httpClient(s)
	return cfg, nil
}
