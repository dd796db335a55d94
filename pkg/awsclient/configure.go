package awsclient

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Settings are what clients differ in.
type Settings struct {
	// Service is what errors call the service, such as "dynamodb".
	Service string
	// Region of the service, such as "eu-central-1". It may be left out with an
	// Endpoint.
	Region string
	// Endpoint of something that speaks the service's protocol, such as
	// "http://127.0.0.1:8000". "" is the service itself.
	Endpoint string
	// Credentials of the requests; nil takes those of this process, see [Configure].
	Credentials aws.CredentialsProvider
	// Attempt bounds one attempt, from the connection to the last byte of the
	// answer.
	Attempt time.Duration
	// Pause comes after the first attempt. It doubles after each further one.
	Pause time.Duration
	// Connections are the most that are open at a time, and stay so when they are
	// idle. A call that finds all of them busy waits for one, within its Attempt. 0
	// opens as many as calls want, and keeps two.
	Connections int
	// OpenAhead opens the first connection now, see [Ahead].
	OpenAhead bool
	// Transport carries the requests; nil makes one. Tests put faults here.
	Transport http.RoundTripper
}

// Configure returns what the NewFromConfig of a service's SDK package makes a client
// from, that is safe for concurrent use:
//
//   - A call is tried up to [Attempts] times: after what the SDK repeats, and after
//     answers that broke off half-way. Each request must be one that may come twice.
//     A call ends within 3 Attempts and 3 Pauses, whatever the service does.
//   - Its credentials are [Keys] of this process, where none are given. With an
//     Endpoint they may be missing, and are [Local] then.
//   - No redirect is followed: AWS gives none, and keys and codes must not go to
//     whoever does.
//   - It speaks HTTP/1.1, see [Settings].Connections. A connection that dies, as
//     they do while a Lambda is frozen, takes one attempt of one call with it; over
//     HTTP/2 it would take those of all calls, and the attempts that follow.
//
// The SDK's other settings are not read: its loader costs start time, and a stray
// profile must not decide where codes and keys are kept. No request is made yet.
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
		return cfg, fmt.Errorf(
			"%s: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give an endpoint",
			s.Service,
		)
	case cfg.Region == "":
		return cfg, fmt.Errorf("%s: no region: set AWS_REGION, or give an endpoint", s.Service)
	}
	cfg.HTTPClient = httpClient(s)
	return cfg, nil
}
