// Function init sends codes: the only function of the AMS/DWS contract that may
// publish to SNS.
package main

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/sender"
	"countersign/functions/internal/start"
	"countersign/pkg/ams"
	"countersign/pkg/config"
	"countersign/pkg/gateway"
	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
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
	if _, err := message.Text(s.Config.Brand, s.Config.Language); err != nil {
		return nil, fmt.Errorf("%sBRAND, _LANGUAGE: %w", config.Prefix, err)
	}
	sms, err := sender.Open(os.Getenv)
	if err != nil {
		return nil, err
	}
	store := telemetry.Store{Challenges: s.Store, Ledger: s.Store, Now: time.Now}
	return gateway.Handler{Log: log, Serve: (&ams.Init{
		Gate:   s.Gate,
		Issuer: otp.Issuer{Challenges: store, Ledger: store, Sender: telemetry.Sender{Sender: sms, Now: time.Now}, Keys: s.Keys, Now: time.Now, Rand: rand.Reader},
		Lookup: plan.Lookup,
		Users:  s.Users,
		Text:   message.For,
	}).Serve}, nil
}
