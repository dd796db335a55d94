// Function verify checks codes: one write to the table, whatever the outcome. It
// links neither SNS nor phone metadata, and answers for unknown paths too.
package main

import (
	"crypto/rand"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/start"
	"countersign/pkg/ams"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

func main() {
	log := start.Log(os.Stderr)
	handler, err := wire(log)
	if err != nil {
		log.Error("start", "cause", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler)
}

func wire(log *slog.Logger) (lambda.Handler, error) {
	s, err := start.Open(os.Getenv, time.Now, log)
	if err != nil {
		return nil, err
	}
	store := telemetry.Store{Challenges: s.Store, Now: time.Now}
	return gateway.Handler{Log: log, Serve: (&ams.Verify{
		Gate:     s.Gate,
		Verifier: otp.Verifier{Challenges: store, Keys: s.Keys, Users: ams.Standings{Users: s.Users}, Now: time.Now, Rand: rand.Reader},
	}).Serve}, nil
}
