// Function verify checks codes: one write to the table, whatever the outcome. It
// links neither SNS nor phone metadata, and answers for unknown paths too.
package main

import (
	"crypto/rand"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/run"
	"countersign/functions/internal/start"
	"countersign/pkg/ams"
	"countersign/pkg/gateway"
)

func main() { run.Main(wire) }

func wire(log *slog.Logger) (lambda.Handler, error) {
	s, err := start.Open(os.Getenv, time.Now, rand.Reader, log)
	if err != nil {
		return nil, err
	}
	verifier := s.Verifier()
	verifier.Users = ams.Standings{Users: s.Users}
	api := &ams.Verify{Gate: s.Gate, Verifier: verifier}
	return gateway.Handler{Log: log, Serve: api.Serve}, nil
}
