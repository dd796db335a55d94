// Command hello is the least that a Lambda function in Go can be. The functions'
// cold starts are told in multiples of its own.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context, bool) (string, error) { return "hello", nil })
}
