package snssender

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// FromEnvironment reads region and credentials for [New] from the variables that
// Lambda sets, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
// AWS_SESSION_TOKEN, with a getenv such as os.Getenv. They are read once: Lambda
// replaces the process before its keys expire. What is missing is reported by
// New. Nothing else is read, no profile and no files.
func FromEnvironment(getenv func(string) string) aws.Config {
	cfg := aws.Config{Region: getenv("AWS_REGION")}
	keys := aws.Credentials{
		AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	if keys.HasKeys() {
		cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil })
	}
	return cfg
}
