package main

import (
	"log/slog"
	"testing"

	"countersign/pkg/starttest"
)

// A deployment refuses clients that sign nothing, unless its setting allows them.
func TestUnsignedClients(t *testing.T) {
	sns := starttest.Environment(t).SNS
	t.Setenv("COUNTERSIGN_COOLDOWN", "0s")
	wire := func() (starttest.Invoker, error) { return wire(slog.New(slog.DiscardHandler), starttest.Ignore) }
	starttest.Unsigned(t, wire, "INVALID_ACCESS_TOKEN",
		"init-http-api-users-bad-token")
	starttest.Unsigned(t, wire, "AUTHENTICATION_REQUEST_ID_INVALID",
		"trigger-http-api", "trigger-alb", "trigger-direct")
	if n := len(sns.Requests()); n != 0 {
		t.Errorf("%d messages of requests without a signature, want none", n)
	}
	starttest.Unsigned(t, wire, "SUCCESS",
		"init-http-api", "init-http-api-base64", "init-rest-api", "init-alb", "init-alb-multi-value",
		"init-function-url",
		"init-direct")
}
