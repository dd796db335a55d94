// Function init sends the codes of the AMS/DWS contract. It is the only function of that contract that may publish to
// SNS.
package main

import (
	"crypto/rand"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/run"
	"countersign/functions/internal/senders"
	"countersign/functions/internal/start"
	"countersign/pkg/gateway"
)

func main() { run.Main(wire) }

func wire(log *slog.Logger, fail func(error)) (lambda.Handler, error) {
	s, err := start.Open(os.Getenv, time.Now, rand.Reader, log, fail, 3)
	if err != nil {
		return nil, err
	}
	sends, err := senders.Open(s, os.Getenv)
	if err != nil {
		return nil, err
	}
	return gateway.Handler{Log: log, Prefixes: s.Config.Prefixes, Serve: sends.Init().Serve}, nil
}
