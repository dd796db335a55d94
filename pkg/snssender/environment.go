package snssender

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"countersign/pkg/awsclient"
)

// FromEnvironment reads region and credentials for [New] from the variables that
// Lambda sets, AWS_REGION and those of [awsclient.Keys], with a getenv such as
// os.Getenv. What is missing is reported by New. Nothing else is read, no profile
// and no files.
func FromEnvironment(getenv func(string) string) aws.Config {
	return aws.Config{Region: getenv("AWS_REGION"), Credentials: awsclient.Keys(getenv)}
}
