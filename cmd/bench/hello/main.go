// Command hello is the smallest Lambda function in Go. The report gives the cold starts of the other functions as
// multiples of its own.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context, bool) (string, error) { return "hello", nil })
}
