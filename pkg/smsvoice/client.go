package smsvoice

import (
	"net/http"

	"countersign/pkg/awsclient"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
)

// client makes the service's client by hand. NewFromConfig and the config module would take retries, interceptors,
// logging of bodies and environment variables from this machine.
func client(cfg aws.Config, endpoint string, wire http.RoundTripper) *pinpointsmsvoicev2.Client {
	o := pinpointsmsvoicev2.Options{
		Region:      cfg.Region,
		Credentials: awsclient.MarkedKeys(cfg.Credentials),
		// One attempt. The SDK's default sends a message three times on a dropped connection, a 500 or a timeout, and
		// the service has no deduplication: SendTextMessage has no token for it.
		Retryer:    aws.NopRetryer{},
		HTTPClient: awsclient.OnceClient(wire),
	}
	if endpoint != "" {
		o.BaseEndpoint = aws.String(endpoint)
	}
	return pinpointsmsvoicev2.New(o)
}
