package main

import (
	"log/slog"
	"testing"

	"countersign/pkg/starttest"
)

// The function serves its paths behind a gateway that adds a prefix.
func TestPrefix(t *testing.T) {
	starttest.Environment(t)
	wire := func() (starttest.Invoker, error) { return wire(slog.New(slog.DiscardHandler), starttest.Ignore) }
	starttest.Prefix(t, wire, "/", "", "104110", "104002")
}
