// Function changes follows the stream of the challenges table.
package main

import (
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/pkg/changes"
	"countersign/pkg/changes/stream"
	"countersign/pkg/config"
	"countersign/pkg/dynamostore"
	"countersign/pkg/eventbus"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	handler, err := wire(log)
	if err != nil {
		log.Error("start", "cause", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler.Handle)
}

func wire(log *slog.Logger) (stream.Handler, error) {
	cfg, err := config.Load(os.Getenv)
	if err != nil {
		return stream.Handler{}, err
	}
	region := os.Getenv("AWS_REGION")
	client, err := dynamostore.NewClient(dynamostore.Config{Region: region, Endpoint: os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")})
	if err != nil {
		return stream.Handler{}, err
	}
	bus, err := eventbus.New(eventbus.Config{Region: region, Endpoint: os.Getenv("AWS_ENDPOINT_URL_EVENTBRIDGE")})
	if err != nil {
		return stream.Handler{}, err
	}
	store := dynamostore.New(client, cfg.Table)
	return stream.Handler{Consumer: changes.Consumer{Numbers: store, Counters: store, Events: bus}, Now: time.Now, Log: log}, nil
}
