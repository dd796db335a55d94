// Function receipts stores what became of messages.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/run"
	"countersign/pkg/config"
	"countersign/pkg/dynamostore"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
	"countersign/pkg/receipts"
	"countersign/pkg/telemetry"
)

func main() { run.Main(wire) }

func wire(log *slog.Logger, _ func(error)) (lambda.Handler, error) {
	cfg, err := config.Load(os.Getenv)
	if err != nil {
		return nil, err
	}
	client, err := dynamostore.NewClient(dynamostore.Config{
		Region: os.Getenv("AWS_REGION"), Endpoint: os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"),
	})
	if err != nil {
		return nil, err
	}
	lines := &telemetry.Lines{Stack: config.Get(os.Getenv, "STACK")}
	return lambda.NewHandler(receipts.Handler{
		Country: func(number string) string {
			n, _ := plan.Lookup(number)
			return n.Region
		},
		Receipts: dynamostore.New(client, cfg.Table), Now: time.Now, Log: log,
		Changed:    func(ctx context.Context, r otp.Receipt) { lines.Receipt(ctx, log, r, time.Now()) },
		Unreadable: func(ctx context.Context, cause error) { lines.Unreadable(ctx, log, cause, time.Now()) },
		Unstored: func(ctx context.Context, failed, of int, cause error) {
			lines.Unstored(ctx, log, failed, of, cause, time.Now())
		},
	}.Handle), nil
}
