// Package run is the main of each function: it makes the log, wires the handler, and serves events for as long as
// Lambda sends them.
package run

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/pkg/version"
)

// Main runs a function, and does not return. A function that cannot be wired ends, and so does one that calls fail
// later: the line in the log has the cause, with the setting that is wrong.
func Main(wire func(log *slog.Logger, fail func(error)) (lambda.Handler, error)) {
	log := Log(os.Stderr)
	fail := func(err error) {
		log.Error("start", "cause", err.Error())
		os.Exit(1)
	}
	handler, err := wire(log, fail)
	if err != nil {
		fail(err)
	}
	log.Info("started", "version", version.Current)
	lambda.Start(handler)
}
