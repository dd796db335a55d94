// Function otp serves the Unimatrix contract: otp.send and otp.verify on any path that no other function has. It
// answers unknown paths of the AMS/DWS contract too.
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
	"countersign/functions/internal/senders"
	"countersign/functions/internal/start"
	"countersign/pkg/ams"
	"countersign/pkg/gateway"
	"countersign/pkg/service/unimatrixapi"
)

// errHTTPOnly answers request objects. They have no query, and the query of a Unimatrix request has its action and its
// access key.
var errHTTPOnly = errors.New("this function serves HTTP only: send request objects, alone or through SQS, SNS or " +
	"EventBridge, to the function that sends codes or to the one that checks them " +
	"(outputs InitFunction and VerifyFunction of the stack)")

func main() { run.Main(wire) }

func wire(log *slog.Logger, fail func(error)) (lambda.Handler, error) {
	s, err := start.Open(os.Getenv, time.Now, rand.Reader, log, fail, 3)
	if err != nil {
		return nil, err
	}
	sends, err := senders.Open(s, os.Getenv)
	if err != nil {
		return nil, err
	}
	api := unimatrixapi.New(sends)
	serve := func(ctx context.Context, r gateway.Request) gateway.Response {
		if ams.Serves(ams.Path(r)) {
			return s.Gate.Unserved(ctx, r)
		}
		return api.Serve(ctx, r)
	}
	return gateway.Handler{Log: log, HTTPOnly: errHTTPOnly, Prefixes: s.Config.Prefixes, Serve: serve}, nil
}
