// Function changes follows the stream of the challenges table.
package main

import (
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/run"
	"countersign/pkg/changes"
	"countersign/pkg/changes/stream"
	"countersign/pkg/config"
	"countersign/pkg/dynamostore"
	"countersign/pkg/eventbus"
	"countersign/pkg/smsvoice/feedback"
)

func main() { run.Main(wire) }

func wire(log *slog.Logger, _ func(error)) (lambda.Handler, error) {
	cfg, err := config.Load(os.Getenv)
	if err != nil {
		return nil, err
	}
	region := os.Getenv("AWS_REGION")
	endpoint := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")
	client, err := dynamostore.NewClient(dynamostore.Config{Region: region, Endpoint: endpoint})
	if err != nil {
		return nil, err
	}
	bus, err := eventbus.New(eventbus.Config{Region: region, Endpoint: os.Getenv("AWS_ENDPOINT_URL_EVENTBRIDGE")})
	if err != nil {
		return nil, err
	}
	table := dynamostore.New(client, cfg.Table)
	consumer := changes.Consumer{Numbers: table, Events: bus, Credits: table}
	if cfg.MessageFeedback {
		reporter, err := feedback.New(feedback.Config{
			Region: region, Endpoint: os.Getenv("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"),
			Log: log, Now: time.Now,
		})
		if err != nil {
			return nil, err
		}
		consumer.Feedback = reporter
	}
	follower := stream.Handler{Consumer: consumer, Now: time.Now, Log: log}
	return lambda.NewHandler(follower.Handle), nil
}
