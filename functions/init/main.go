// Function init sends codes: the only function of the AMS/DWS contract that may
// publish to SNS.
package main

import (
	"crypto/rand"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/run"
	"countersign/functions/internal/sender"
	"countersign/functions/internal/start"
	"countersign/pkg/ams"
	"countersign/pkg/gateway"
	"countersign/pkg/message"
	"countersign/pkg/phone/plan"
)

func main() { run.Main(wire) }

func wire(log *slog.Logger) (lambda.Handler, error) {
	s, err := start.Open(os.Getenv, time.Now, rand.Reader, log)
	if err != nil {
		return nil, err
	}
	issuer, err := sender.Issuer(s, os.Getenv)
	if err != nil {
		return nil, err
	}
	api := &ams.Init{Gate: s.Gate, Issuer: issuer, Lookup: plan.Lookup, Users: s.Users, Text: message.For}
	return gateway.Handler{Log: log, Serve: api.Serve}, nil
}
