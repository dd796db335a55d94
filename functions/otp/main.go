// Function otp serves the Unimatrix contract: otp.send and otp.verify on any path
// that no other function has. It answers for unknown paths of the AMS/DWS
// contract too.
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
	"countersign/pkg/ams"
	"countersign/pkg/config"
	"countersign/pkg/gateway"
	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
	"countersign/pkg/snssender"
	"countersign/pkg/telemetry"
	"countersign/pkg/unimatrix"
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
	api := &unimatrix.API{
		Clients: s.Gate.Clients,
		Traffic: s.Gate.Traffic,
		Lookup:  plan.Lookup,
		Backend: &unimatrix.Challenges{
			Issuer:     otp.Issuer{Challenges: store, Ledger: store, Sender: telemetry.Sender{Sender: sms, Now: time.Now}, Keys: s.Keys, Now: time.Now, Rand: rand.Reader},
			Verifier:   otp.Verifier{Challenges: store, Keys: s.Keys, Now: time.Now, Rand: rand.Reader},
			Text:       message.For,
			SenderName: snssender.ValidSenderID,
			Rand:       rand.Reader,
		},
		Now:   time.Now,
		Rand:  rand.Reader,
		Log:   log,
		Lines: s.Gate.Lines,
	}
	return gateway.Handler{Log: log, Serve: func(ctx context.Context, r gateway.Request) gateway.Response {
		if ams.Serves(r.Path) {
			return s.Gate.Unserved(ctx, r)
		}
		return api.Serve(ctx, r)
	}}, nil
}
