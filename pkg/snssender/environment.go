package snssender

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"countersign/pkg/awsclient"
)

// FromEnvironment reads region and credentials for [New] from the variables that
// Lambda sets: AWS_REGION and those of [awsclient.Keys]. getenv is os.Getenv, or a
// test's own. New reports a missing variable. FromEnvironment reads no profile and
// no files.
func FromEnvironment(getenv func(string) string) aws.Config {
	return aws.Config{Region: getenv("AWS_REGION"), Credentials: awsclient.Keys(getenv)}
}
