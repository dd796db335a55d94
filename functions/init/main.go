// Function init sends codes: the only function that may publish to SNS.
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
	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
	"countersign/pkg/snssender"
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
	text, err := message.Text(cfg.Brand)
	if err != nil {
		return nil, fmt.Errorf("%sBRAND: %w", config.Prefix, err)
	}
	keys, err := keyring.Parse([]byte(cfg.Keys))
	if err != nil {
		return nil, fmt.Errorf("%sKEYS: %w", config.Prefix, err)
	}
	table, err := dynamostore.NewClient(dynamostore.Config{Region: os.Getenv("AWS_REGION"), Endpoint: os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")})
	if err != nil {
		return nil, err
	}
	sender, err := snssender.New(snssender.FromEnvironment(os.Getenv), snssender.Config{
		SenderID:          os.Getenv(config.Prefix + "SENDER_ID"),
		OriginationNumber: os.Getenv(config.Prefix + "ORIGINATION_NUMBER"),
		MaxPrice:          os.Getenv(config.Prefix + "MAX_PRICE"),
		EntityID:          os.Getenv(config.Prefix + "ENTITY_ID"),
		TemplateID:        os.Getenv(config.Prefix + "TEMPLATE_ID"),
		Endpoint:          os.Getenv("AWS_ENDPOINT_URL_SNS"),
	})
	if err != nil {
		return nil, err
	}
	store := dynamostore.New(table, cfg.Table)
	return gateway.Handler{Serve: (&ams.Init{
		Clients: clients.Of(cfg.Clients, cfg.Countries, cfg.Policy),
		Issuer:  otp.Issuer{Challenges: store, Ledger: store, Sender: sender, Keys: keys, Now: time.Now, Rand: rand.Reader},
		Lookup:  plan.Lookup,
		Text:    text,
		Log:     log,
	}).Serve}, nil
}
