package awsclient

import "github.com/aws/aws-sdk-go-v2/aws"

// FromEnvironment reads region and credentials of a sender from the variables that Lambda sets: AWS_REGION and those of
// [Keys]. getenv is os.Getenv, or a test's own. The sender reports a missing variable. FromEnvironment reads no profile
// and no files.
func FromEnvironment(getenv func(string) string) aws.Config {
	return aws.Config{Region: getenv("AWS_REGION"), Credentials: Keys(getenv)}
}
