// Package run is what the main of each function does: a log, and what is wired by
// it for as long as Lambda wants it.
package run

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/pkg/version"
)

// Main runs a function, and does not return. Where it cannot be wired, the log says
// why: a setting by its name.
func Main(wire func(log *slog.Logger) (lambda.Handler, error)) {
	log := Log(os.Stderr)
	handler, err := wire(log)
	if err != nil {
		log.Error("start", "cause", err.Error())
		os.Exit(1)
	}
	log.Info("started", "version", version.Current)
	lambda.Start(handler)
}
