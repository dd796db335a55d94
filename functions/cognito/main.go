// Function cognito serves the three triggers of a user pool that signs users in by
// a code over SMS.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/sender"
	"countersign/functions/internal/start"
	"countersign/pkg/clients"
	"countersign/pkg/cognito"
	"countersign/pkg/config"
	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	handler, err := wire(log, wait)
	if err != nil {
		log.Error("start", "cause", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler)
}

func wire(log *slog.Logger, wait func(context.Context, time.Duration)) (lambda.Handler, error) {
	s, err := start.Open(os.Getenv, time.Now, log)
	if err != nil {
		return nil, err
	}
	client := os.Getenv(config.Prefix + "COGNITO_CLIENT")
	if !clients.ValidID(client) {
		return nil, fmt.Errorf("%sCOGNITO_CLIENT is %q, must be the id of a client in the clients table", config.Prefix, client)
	}
	if _, err := message.Text(s.Config.Brand, s.Config.Language); err != nil {
		return nil, fmt.Errorf("%sBRAND, _LANGUAGE: %w", config.Prefix, err)
	}
	sms, err := sender.Open(os.Getenv)
	if err != nil {
		return nil, err
	}
	return &cognito.Triggers{
		Client:   client,
		Clients:  s.Gate.Clients,
		Traffic:  s.Gate.Traffic,
		Lookup:   plan.Lookup,
		Issuer:   otp.Issuer{Challenges: s.Store, Ledger: s.Store, Sender: sms, Keys: s.Keys, Now: time.Now, Rand: rand.Reader},
		Verifier: otp.Verifier{Challenges: s.Store, Keys: s.Keys, Now: time.Now, Rand: rand.Reader},
		Text:     message.For,
		Now:      time.Now,
		Rand:     rand.Reader,
		Wait:     wait,
		Log:      log,
	}, nil
}

// wait returns after d, or when ctx is done.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
