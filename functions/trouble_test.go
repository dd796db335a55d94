package functions

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/standin"

	"countersign/pkg/filetest"

	"countersign/pkg/logtest"
)

// The function that follows the table's stream puts events about what the other functions wrote.
func TestBinariesFollow(t *testing.T) {
	b := newBinaries(t)
	table := dynamotest.StreamTable(t)
	t.Setenv("COUNTERSIGN_TABLE", table)
	begun := invokeBinary(t, b.process(t, "init", "first"), read(t, "init-http-api.json"))
	event := replaced(read(t, "verify-http-api-right.json"), b.begun(t, "init-http-api", begun, ""))
	got := invokeBinary(t, b.process(t, "verify", "second"), event)
	if !bytes.Contains(got, []byte(`\"isPassed\":true`)) {
		t.Fatalf("the right code: %s", got)
	}
	stream, err := json.Marshal(map[string]any{"Records": dynamotest.Records(t, table)})
	if err != nil {
		t.Fatal(err)
	}
	if got := invokeBinary(t, b.process(t, "changes", "third"), stream); string(got) != `{"batchItemFailures":null}` {
		t.Errorf("%s", got)
	}
	b.events.mu.Lock()
	defer b.events.mu.Unlock()
	if got := strings.Join(b.events.kinds, " "); got != "ChallengeSent ChallengePassed" {
		t.Errorf("events %s, want ChallengeSent ChallengePassed", got)
	}
}

// A receipt becomes an event by way of the table's stream, once for each state of its message.
func TestBinariesReport(t *testing.T) {
	b := newBinaries(t)
	table := dynamotest.StreamTable(t)
	t.Setenv("COUNTERSIGN_TABLE", table)
	receipts := b.process(t, "receipts", "first")
	for range 2 {
		event := later(read(t, "receipts-sqs.json"))
		if got := invokeBinary(t, receipts, event); string(got) != `{"batchItemFailures":null}` {
			t.Fatalf("%s", got)
		}
	}
	stream, err := json.Marshal(map[string]any{"Records": dynamotest.Records(t, table)})
	if err != nil {
		t.Fatal(err)
	}
	if got := invokeBinary(t, b.process(t, "changes", "second"), stream); string(got) != `{"batchItemFailures":null}` {
		t.Errorf("%s", got)
	}
	b.events.mu.Lock()
	defer b.events.mu.Unlock()
	if slices.Sort(b.events.kinds); strings.Join(b.events.kinds, " ") != "MessageBlocked MessageDelivered" {
		t.Errorf("events %s, want MessageBlocked MessageDelivered", b.events.kinds)
	}
}

// A function with a wrong setting answers no event, and its log names the setting.
func TestBinariesMiswired(t *testing.T) {
	b := newBinaries(t)
	for _, c := range []struct{ function, name, value, setting string }{
		{"init", "COUNTERSIGN_ATTEMPTS", "6", "COUNTERSIGN_ATTEMPTS"},
		{"init", "COUNTERSIGN_BRAND", "Acme 123456", "COUNTERSIGN_BRAND"},
		{"init", "COUNTERSIGN_KEYS", "", "COUNTERSIGN_KEYS"},
		{"init", "AWS_ENDPOINT_URL_SECRETS_MANAGER", refusing(t), "COUNTERSIGN_KEYS"}, // an operator sets the secret
		{"verify", "COUNTERSIGN_KEYS", "", "COUNTERSIGN_KEYS"},
		{"verify", "COUNTERSIGN_VALIDITY", "1 day", "COUNTERSIGN_VALIDITY"},
		{"otp", "COUNTERSIGN_LANGUAGE", "tlh", "_LANGUAGE"},
		{"cognito", "COUNTERSIGN_COGNITO_CLIENT", "", "COUNTERSIGN_COGNITO_CLIENT"},
		{"changes", "COUNTERSIGN_PER_DAY", "0", "COUNTERSIGN_PER_DAY"},
		{"changes", "COUNTERSIGN_MESSAGE_FEEDBACK", "maybe", "COUNTERSIGN_MESSAGE_FEEDBACK"},
		{"receipts", "COUNTERSIGN_PER_DAY", "0", "COUNTERSIGN_PER_DAY"},
	} {
		t.Run(c.function+" "+c.name, func(t *testing.T) {
			log := &logtest.Buffer{}
			env := append(functionEnvironment(c.function), c.name+"="+c.value)
			p, err := b.runtime.Start(c.function, bootstrap(t, c.function), env, log)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			// A function asks for its first event before it has read the keyring.
			_, err = p.Invoke(ctx, read(t, firstEvents[c.function]))
			if err == nil || !strings.Contains(err.Error(), "exit status 1") ||
				!strings.Contains(log.String(), c.setting) {
				t.Errorf("%v, want an exit with status 1; log, which must name %s:\n%s", err, c.setting, log)
			}
		})
	}
}

// firstEvents has an event of each function that needs the settings and the keys.
var firstEvents = map[string]string{
	"init": "init-http-api.json", "verify": "verify-http-api-right.json", "otp": "otp-http-api-send.json",
	"cognito": "cognito-create-begin.json", "changes": "streams/changes-passed.json",
	"receipts": "receipts-sqs.json",
}

// refusing returns a URL at which nothing listens.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// A function answers in time when a service that it needs hangs (P18).
func TestBinariesHang(t *testing.T) {
	b := newBinaries(t)
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(func() { hang.CloseClientConnections(); hang.Close() })
	var all sync.WaitGroup // each takes seconds, so they run side by side
	for _, c := range []struct{ function, event, service, want string }{
		{"init", "init-http-api", "DYNAMODB", "UNKNOWN_EXCEPTION"},
		{"init", "init-direct", "SNS", "UNKNOWN_EXCEPTION"},
		{"verify", "verify-http-api-right", "DYNAMODB", "UNKNOWN_EXCEPTION"},
		{"otp", "otp-http-api-send", "DYNAMODB", `"body":"{\"code\":\"1`},
		{"otp", "otp-rest-api-send", "SNS", `"body":"{\"code\":\"1`},
	} {
		all.Go(func() {
			t.Run(fmt.Sprint(c.function, " ", c.service), func(t *testing.T) {
				log := &logtest.Buffer{}
				env := append(functionEnvironment(c.function), "AWS_ENDPOINT_URL_"+c.service+"="+hang.URL)
				p, err := b.runtime.Start(c.function+"-"+c.service, bootstrap(t, c.function), env, log)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { p.Stop() })
				begin := time.Now()
				got := invokeBinary(t, p, read(t, c.event+".json"))
				if took := time.Since(begin); took > 9*time.Second || !bytes.Contains(got, []byte(c.want)) {
					t.Errorf("after %v: %s, want %s within 9 s\n%s", took, got, c.want, log)
				}
			})
		})
	}
	all.Wait()
}

// The binaries of the tests are built with the flags of those that are deployed.
func TestBuildFlags(t *testing.T) {
	var flags []string
	for _, f := range standin.BuildFlags {
		if strings.Contains(f, " ") {
			f = "'" + f + "'"
		}
		flags = append(flags, f)
	}
	makefile := filetest.Read(t, "../Makefile")
	if want := "go build " + strings.Join(flags, " ") + " "; !bytes.Contains(makefile, []byte(want)) {
		t.Errorf("make build does not run %q", want)
	}
}
