// Function changes follows the stream of the challenges table.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/pkg/changes"
	"countersign/pkg/config"
	"countersign/pkg/dynamostore"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	consumer, err := wire(log)
	if err != nil {
		log.Error("start", "cause", err.Error())
		os.Exit(1)
	}
	lambda.Start(consumer.Handle)
}

func wire(log *slog.Logger) (changes.Consumer, error) {
	cfg, err := config.Load(os.Getenv)
	if err != nil {
		return changes.Consumer{}, err
	}
	table, err := dynamostore.NewClient(dynamostore.Config{Region: os.Getenv("AWS_REGION"), Endpoint: os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")})
	if err != nil {
		return changes.Consumer{}, err
	}
	return changes.Consumer{Ledger: dynamostore.New(table, cfg.Table), Log: log}, nil
}
