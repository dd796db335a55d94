package snssender

import (
	"net/http"

	"countersign/pkg/awsclient"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// client makes SNS's client by hand. sns.NewFromConfig and the config module would take retries, interceptors, logging
// of bodies and environment variables from this machine.
func client(cfg aws.Config, endpoint string, wire http.RoundTripper) *sns.Client {
	o := sns.Options{
		Region:      cfg.Region,
		Credentials: awsclient.MarkedKeys(cfg.Credentials),
		// One attempt. The SDK's default sends a Publish three times on a dropped
		// connection, a 500 or a timeout, and SNS has no deduplication for numbers.
		Retryer:    aws.NopRetryer{},
		HTTPClient: awsclient.OnceClient(wire),
	}
	if endpoint != "" {
		o.BaseEndpoint = aws.String(endpoint)
	}
	return sns.New(o)
}
