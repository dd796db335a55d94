package awsclient

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Keys returns the credentials in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, which Lambda sets. It
// is nil where one of the first two is missing. getenv is os.Getenv, or a test's own. The credentials are read once:
// Lambda replaces the process before they expire.
func Keys(getenv func(string) string) aws.CredentialsProvider {
	c := aws.Credentials{
		AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	if !c.HasKeys() {
		return nil
	}
	return provider(c)
}

// Local returns made-up credentials for engines on a laptop, which do not check them.
func Local() aws.CredentialsProvider {
	return provider(aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local", Source: "made up for an endpoint"})
}

func provider(c aws.Credentials) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}
