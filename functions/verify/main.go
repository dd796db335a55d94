// Function verify checks codes: one write to the table, whatever the outcome. It
// links neither SNS nor phone metadata, and answers for unknown paths too.
package main

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/config"
	"countersign/pkg/dynamostore"
	"countersign/pkg/gateway"
	"countersign/pkg/keyring"
	"countersign/pkg/otp"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	handler, err := wire(log)
	if err != nil {
		log.Error("start", "cause", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler)
}

func wire(log *slog.Logger) (lambda.Handler, error) {
	cfg, err := config.Load(os.Getenv)
	if err != nil {
		return nil, err
	}
	keys, err := keyring.Parse([]byte(cfg.Keys))
	if err != nil {
		return nil, fmt.Errorf("%sKEYS: %w", config.Prefix, err)
	}
	table, err := dynamostore.NewClient(dynamostore.Config{Region: os.Getenv("AWS_REGION"), Endpoint: os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")})
	if err != nil {
		return nil, err
	}
	return gateway.Handler{Serve: (&ams.Verify{
		Clients:  clients.Of(cfg.Clients, cfg.Countries, cfg.Policy),
		Verifier: otp.Verifier{Challenges: dynamostore.New(table, cfg.Table), Keys: keys, Now: time.Now, Rand: rand.Reader},
		Log:      log,
	}).Serve}, nil
}
