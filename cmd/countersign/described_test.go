package main

import (
	"bufio"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign/docs/openapitest"
)

// describedText compares a raw answer to a raw request with docs/openapi.yaml.
func describedText(t testing.TB, request, answer string) {
	t.Helper()
	line, _, _ := strings.Cut(request, "\r\n")
	words := strings.Fields(line)
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil {
		err = openapitest.Answer(words[0], words[1], resp.StatusCode, resp.Header, body)
	}
	if err != nil {
		t.Error(err)
	}
}

// apis are the paths that the subcommands of countersign call post to.
var apis = map[string]string{
	"init": "/v1/customers/initAuthentication", "users-init": "/v1/users/initAuthentication",
	"trigger": "/v1/security/triggerChallenge", "resend": "/v1/security/triggerChallenge",
	"set-password": "/v1/security/setPassword", "verify": "/v1/security/verifyAuthentication",
}

// describedCall compares the answer that countersign call printed with docs/openapi.yaml. The
// command itself has checked the signature.
func describedCall(t testing.TB, args []string, answer string) {
	t.Helper()
	if len(args) < 2 || args[0] != "call" || !strings.HasPrefix(answer, "{") {
		return
	}
	path := apis[args[1]]
	switch {
	case slices.Contains(args, "--users"):
		path = "/v1/users/verifyAuthentication"
	case args[1] == "post":
		path = args[slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "/") })]
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if err := openapitest.Answer("POST", path, 200, header, []byte(answer)); err != nil {
		t.Error(err)
	}
}
