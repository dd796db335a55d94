// Function cognito serves the three triggers of a user pool that signs users in with a code by SMS.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/run"
	"countersign/functions/internal/senders"
	"countersign/functions/internal/start"
	"countersign/pkg/clients"
	"countersign/pkg/cognito"
	"countersign/pkg/config"
)

func main() {
	run.Main(func(log *slog.Logger, fail func(error)) (lambda.Handler, error) { return wire(log, fail, wait) })
}

func wire(log *slog.Logger, fail func(error), wait func(context.Context, time.Duration)) (lambda.Handler, error) {
	s, err := start.Open(os.Getenv, time.Now, rand.Reader, log, fail, 3)
	if err != nil {
		return nil, err
	}
	client := config.Get(os.Getenv, "COGNITO_CLIENT")
	if !clients.ValidID(client) {
		return nil, fmt.Errorf("%sCOGNITO_CLIENT is %q, must be the id of a client in the clients table",
			config.Prefix, client)
	}
	sends, err := senders.Open(s, os.Getenv)
	if err != nil {
		return nil, err
	}
	return &cognito.Triggers{
		Door:     s.Gate.Door,
		Client:   client,
		Messages: sends.Messages,
		Verifier: s.Verifier(),
		Rand:     s.Rand,
		Wait:     wait,
	}, nil
}

// wait returns after d, or when ctx is done.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
