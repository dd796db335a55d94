package main

import (
	"log/slog"
	"testing"

	"countersign/pkg/starttest"
)

// A deployment refuses clients that sign nothing, unless its setting allows them.
func TestUnsignedClients(t *testing.T) {
	starttest.Environment(t)
	wire := func() (starttest.Invoker, error) { return wire(slog.New(slog.DiscardHandler), starttest.Ignore) }
	starttest.Unsigned(t, wire, "AUTHENTICATION_REQUEST_ID_INVALID",
		"verify-http-api-wrong", "verify-http-api-base64", "verify-http-api-security", "verify-rest-api-right",
		"verify-alb", "verify-alb-multi-value", "verify-function-url-right", "verify-direct-right")
}
