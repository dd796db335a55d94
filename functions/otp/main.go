// Function otp serves the Unimatrix contract: otp.send and otp.verify on any path
// that no other function has. It answers for unknown paths of the AMS/DWS
// contract too.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/run"
	"countersign/functions/internal/sender"
	"countersign/functions/internal/start"
	"countersign/pkg/ams"
	"countersign/pkg/gateway"
	"countersign/pkg/message"
	"countersign/pkg/phone/plan"
	"countersign/pkg/snssender"
	"countersign/pkg/unimatrix"
)

// errHTTPOnly answers request objects: they have no query, which has the action and
// the access key of a Unimatrix request.
var errHTTPOnly = errors.New("this function serves HTTP only: request objects, alone or through SQS, SNS or EventBridge, " +
	"go to the function that sends codes or the one that checks them (outputs InitFunction and VerifyFunction of the stack)")

func main() { run.Main(wire) }

func wire(log *slog.Logger) (lambda.Handler, error) {
	s, err := start.Open(os.Getenv, time.Now, rand.Reader, log)
	if err != nil {
		return nil, err
	}
	issuer, err := sender.Issuer(s, os.Getenv)
	if err != nil {
		return nil, err
	}
	api := &unimatrix.API{
		Clients: s.Gate.Clients,
		Traffic: s.Gate.Traffic,
		Lookup:  plan.Lookup,
		Backend: &unimatrix.Challenges{Issuer: issuer, Verifier: s.Verifier(), Text: message.For, SenderName: snssender.ValidSenderID, Rand: s.Rand},
		Now:     s.Now,
		Rand:    s.Rand,
		Log:     log,
		Lines:   s.Gate.Lines,
	}
	return gateway.Handler{Log: log, HTTPOnly: errHTTPOnly, Serve: func(ctx context.Context, r gateway.Request) gateway.Response {
		if ams.Serves(r.Path) {
			return s.Gate.Unserved(ctx, r)
		}
		return api.Serve(ctx, r)
	}}, nil
}
