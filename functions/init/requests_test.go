package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"countersign/pkg/starttest"
)

// An init of a known client makes three writes and one read, and to a new number those of the guard, which
// TestRequestsOfTheGuard of package dynamostore has one by one. A request that is refused before a challenge exists
// makes no write, and reads at most its client (P7).
func TestRequests(t *testing.T) {
	starttest.Environment(t)
	call := costing(t)
	none := map[string]int{}
	init := map[string]int{"BatchGetItem": 1, "PutItem": 1, "UpdateItem": 2}
	// The first one reads the client, and reserves messages of its day: the deployment's first one begins the day. It
	// makes the budgets of a country and of a block, and the second one that of all new countries.
	first := map[string]int{"BatchGetItem": 1, "GetItem": 1, "PutItem": 3, "UpdateItem": 4}
	call("demo", "1", "60-6543216353", "SUCCESS", first)
	call("demo", "2", "60-6543216354", "SUCCESS", map[string]int{"BatchGetItem": 1, "PutItem": 2, "UpdateItem": 4})
	sent := map[string]int{"BatchGetItem": 1, "PutItem": 1, "UpdateItem": 5}
	call("demo", "2b", "60-6543216356", "SUCCESS", sent)
	call("demo", "2b", "60-6543216356", "SUCCESS", map[string]int{"BatchGetItem": 1, "PutItem": 1})
	call("demo", "3", "60-6543216354", "TIMES_EXCEED_LIMIT", init)
	call("demo", "4", "60-1", "INVALID_PHONE_NUMBER", none)
	call("demo", "5", "44-2044555666", "ACCESS_DENIED", none)
	call("nobody", "6", "60-6543216355", "INVALID_CLIENT", map[string]int{"GetItem": 1})
	call("nobody", "7", "60-6543216355", "INVALID_CLIENT", none)
	call("no body", "8", "60-6543216355", "INVALID_CLIENT", none)
}

// With a limit of all clients together, a message takes one request more. A refused one takes requests to give it back
// to its number and to each budget.
func TestRequestsOfAllClients(t *testing.T) {
	starttest.Environment(t)
	t.Setenv("COUNTERSIGN_NUMBER_PER_DAY", "1")
	t.Setenv("COUNTERSIGN_COOLDOWN", "0s")
	call := costing(t)
	sent := map[string]int{"BatchGetItem": 1, "GetItem": 1, "PutItem": 3, "UpdateItem": 5}
	call("demo", "1", "60-6543216353", "SUCCESS", sent)
	refused := map[string]int{"BatchGetItem": 1, "PutItem": 2, "UpdateItem": 9}
	call("demo", "2", "60-6543216353", "SEND_TIMES_EXCEED_LIMIT", refused)
	call("demo", "2", "60-6543216353", "SEND_TIMES_EXCEED_LIMIT", map[string]int{"BatchGetItem": 1, "PutItem": 1})
}

// costing returns a call of the function, which must have an answer and take so many requests.
func costing(t *testing.T) func(client, id, number, want string, cost map[string]int) {
	t.Helper()
	count := starttest.Count(t)
	handler, err := wire(slog.New(slog.DiscardHandler), starttest.Ignore)
	if err != nil {
		t.Fatal(err)
	}
	return func(client, id, number, want string, cost map[string]int) {
		t.Helper()
		body := fmt.Sprintf(`{"authenticationRequestId":%q,"authenticationMethod":"OTP","authenticationType":"SMS",`+
			`"identityType":"MOBILENO","identityValue":%q}`, id, number)
		event := fmt.Appendf(nil, `{"version":"2.0","rawPath":"/v1/customers/initAuthentication",`+
			`"headers":{"client-id":%q},"requestContext":{"http":{"method":"POST"}},"body":%q}`, client, body)
		out, err := handler.Invoke(context.Background(), event)
		var answer struct{ Body string }
		if err != nil || json.Unmarshal(out, &answer) != nil || !strings.Contains(answer.Body, `"`+want+`"`) {
			t.Errorf("%v %s, want %s", err, out, want)
		}
		if got := count.Take(); !maps.Equal(got, cost) {
			t.Errorf("%s for %s took %v, want %v", want, client, got, cost)
		}
	}
}
