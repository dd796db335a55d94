// Function verify checks the codes of the AMS/DWS contract, with one write to the table for each. It answers unknown
// paths of that contract too. It links neither SNS nor phone metadata.
package main

import (
	"crypto/rand"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/run"
	"countersign/functions/internal/start"
	"countersign/pkg/gateway"
)

func main() { run.Main(wire) }

func wire(log *slog.Logger, fail func(error)) (lambda.Handler, error) {
	s, err := start.Open(os.Getenv, time.Now, rand.Reader, log, fail, 1)
	if err != nil {
		return nil, err
	}
	return gateway.Handler{Log: log, Prefixes: s.Config.Prefixes, Serve: s.Verify().Serve}, nil
}
