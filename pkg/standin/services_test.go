package standin_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"countersign/pkg/awsclient"
	"countersign/pkg/changes"
	"countersign/pkg/clients/registry"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/dynamostore/engine"
	"countersign/pkg/eventbus"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/secretsmanager"
	"countersign/pkg/otp"
	"countersign/pkg/smsvoice"
	"countersign/pkg/snssender"
	"countersign/pkg/standin"
)

func services(t *testing.T, o standin.Options) *standin.Services {
	t.Helper()
	o.Now, o.Rand = time.Now, rand.Reader
	s, err := standin.StartServices(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// withoutTables starts the stand-ins of all services but DynamoDB, for clients with the credentials that functions
// have.
func withoutTables(t *testing.T, o standin.Options) *standin.Services {
	t.Helper()
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDOFSOMEBODY")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	o.Data, o.Given = t.TempDir(), map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"}
	return services(t, o)
}

// The functions' client reads the keyring, and its edits are refused: the file has an editor of its own.
func TestSecretsManager(t *testing.T) {
	s := withoutTables(t, standin.Options{})
	secret, err := secretsmanager.New(
		secretsmanager.Config{Secret: "any", Endpoint: s.Environment["AWS_ENDPOINT_URL_SECRETS_MANAGER"]},
	)
	if err != nil {
		t.Fatal(err)
	}
	text, err := secret.Read(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if d, err := keyring.Parse(text); err != nil || len(d.List(time.Now())) != len(keyring.Kinds()) {
		t.Errorf("%v, keyring %v, want a key of each kind", err, d)
	}
	retire := func(d *keyring.Document) error { return d.Retire(keyring.Code, 1, time.Now()) }
	if err := secret.Edit(t.Context(), retire); err == nil {
		t.Error("the stand-in takes edits")
	}
}

// A message that either of the functions' senders sends reaches Sent.
func TestSenders(t *testing.T) {
	var sent []string
	s := withoutTables(t, standin.Options{Sent: func(to, message string) { sent = append(sent, to+" "+message) }})
	from := awsclient.FromEnvironment(os.Getenv)
	sns, err := snssender.New(from, snssender.Config{Endpoint: s.Environment["AWS_ENDPOINT_URL_SNS"]})
	if err != nil {
		t.Fatal(err)
	}
	voice, err := smsvoice.New(from, smsvoice.Config{
		OriginationIdentity: "pool-1", Endpoint: s.Environment["AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"],
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, sender := range []otp.Sender{sns, voice} {
		to := otp.Phone(fmt.Sprint("+60654321635", i))
		if d, _, err := sender.Send(t.Context(), otp.Message{To: to, Text: "123456 is your code"}); d != otp.Accepted ||
			err != nil {
			t.Error(d, err)
		}
	}
	want := []string{"+606543216350 123456 is your code", "+606543216351 123456 is your code"}
	if !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// An event that the functions' bus publishes reaches Put.
func TestEventBridge(t *testing.T) {
	var put []string
	s := withoutTables(t, standin.Options{Put: func(kind, detail string) { put = append(put, kind+" "+detail) }})
	bus, err := eventbus.New(eventbus.Config{Endpoint: s.Environment["AWS_ENDPOINT_URL_EVENTBRIDGE"]})
	if err != nil {
		t.Fatal(err)
	}
	fact := changes.NewUnreadable("arn", "1", "why", time.Unix(0, 0))
	if n, err := bus.Publish(t.Context(), []changes.Fact{fact}); n != 1 || err != nil {
		t.Error(n, err)
	}
	detail, err := json.Marshal(fact)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{string(fact.Kind) + " " + string(detail)}; !slices.Equal(put, want) {
		t.Errorf("put %q, want %q", put, want)
	}
}

// The tables and the client "demo" are made with made-up credentials, and a second start finds them.
func TestTables(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDOFSOMEBODY")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	table := func(kind string) string { return fmt.Sprintf("standin-%s-%d", kind, os.Getpid()) }
	o := standin.Options{
		Data: t.TempDir(), DynamoDB: keyless(t, dynamotest.Endpoint(t)),
		Given: map[string]string{
			"COUNTERSIGN_TABLE":         table("challenges"),
			"COUNTERSIGN_CLIENTS_TABLE": table("clients"),
		},
	}
	s := services(t, o)
	client, err := dynamostore.NewClient(
		dynamostore.Config{Endpoint: s.Environment["AWS_ENDPOINT_URL_DYNAMODB"], Credentials: awsclient.Local()},
	)
	if err != nil {
		t.Fatal(err)
	}
	registry := registry.Registry{Table: dynamostore.NewDocuments(client, table("clients")), Now: time.Now}
	demo, err := registry.Get(t.Context(), standin.DemoClient)
	if err != nil || !demo.Unsigned || demo.Unimatrix != "simple" || !slices.Equal(demo.Countries, []string{"*"}) {
		t.Errorf("%v %+v", err, demo)
	}
	services(t, o)
}

// keyless returns the URL of a proxy of an engine. The proxy fails the test if a request has the credentials of this
// process.
func keyless(t *testing.T, engine string) string {
	t.Helper()
	at, err := url.Parse(engine)
	if err != nil {
		t.Fatal(err)
	}
	next := httputil.NewSingleHostReverseProxy(at)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if signature := r.Header.Get("Authorization"); !strings.Contains(signature, "Credential=local/") {
			t.Errorf("%s is signed by %s", r.Header.Get("X-Amz-Target"), signature)
		}
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// An engine on another machine is refused: it would get a client that needs no signature.
func TestElsewhere(t *testing.T) {
	for _, url := range []string{"https://dynamodb.eu-central-1.amazonaws.com", "http://192.0.2.1:8000",
		"http://localhost.example:8000", "127.0.0.1:8000", "%"} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // no request must leave this machine
		_, err := standin.StartServices(ctx, standin.Options{
			Data: t.TempDir(), DynamoDB: url, Now: time.Now, Rand: rand.Reader,
		})
		if err == nil || !strings.Contains(err.Error(), url+" is not on this machine") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// A stand-in refuses each request that it cannot carry out, and each request to another host name: a web page may have
// a name that leads to this machine.
func TestRefusals(t *testing.T) {
	s := services(t, standin.Options{
		Data: t.TempDir(), Given: map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"},
		Sent: func(to, message string) { t.Errorf("sent %s to %s", message, to) },
		Put:  func(kind, detail string) { t.Errorf("put %s: %s", kind, detail) },
	})
	const (
		form    = "application/x-www-form-urlencoded"
		json10  = "application/x-amz-json-1.0"
		text    = `{"DestinationPhoneNumber":"+606543216353","MessageBody":"hello"}`
		publish = "Action=Publish&Version=2010-03-31&PhoneNumber=%2B606543216353&Message=hello"
	)
	const event = `{"Entries":[{"DetailType":"kind","Detail":"{}"}]}`
	for _, c := range []struct {
		service, host, target, kind, body string
		status                            int
	}{
		{"SNS", "", "", form, strings.Replace(publish, "Publish", "Subscribe", 1), 400},
		{"SNS", "", "", form, "Action=Publish&Version=2010-03-31&TopicArn=arn&Message=hello", 400},
		{"SNS", "", "", form, "Action=Publish&Version=2010-03-31&PhoneNumber=%2B606543216353", 400},
		{"SNS", "attacker.example", "", form, publish, 403},
		{"PINPOINT_SMS_VOICE_V2", "", "PinpointSMSVoiceV2.SendVoiceMessage", json10, text, 400},
		{"PINPOINT_SMS_VOICE_V2", "", "PinpointSMSVoiceV2.SendTextMessage", json10, "{}", 400},
		{"PINPOINT_SMS_VOICE_V2", "attacker.example", "PinpointSMSVoiceV2.SendTextMessage", json10, text, 403},
		{"EVENTBRIDGE", "", "AWSEvents.PutRule", "", event, 400},
		{"EVENTBRIDGE", "", "AWSEvents.PutEvents", "", "{", 400},
		{"EVENTBRIDGE", "attacker.example", "AWSEvents.PutEvents", "", event, 403},
		{"SECRETS_MANAGER", "", "secretsmanager.PutSecretValue", "", "{}", 400},
		{"SECRETS_MANAGER", "attacker.example", "secretsmanager.GetSecretValue", "", "{}", 403},
		// A container of Docker Desktop uses this name.
		{"SECRETS_MANAGER", "host.docker.internal", "secretsmanager.GetSecretValue", "", "{}", 200},
	} {
		req, err := http.NewRequest("POST", s.Environment["AWS_ENDPOINT_URL_"+c.service], strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		req.Header.Set("X-Amz-Target", c.target)
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x")
		req.Header.Set("Content-Type", c.kind)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		secret := strings.Contains(string(text), "SecretString")
		if err != nil || resp.StatusCode != c.status || secret != (c.status == 200) {
			t.Errorf("%+v: HTTP %d %v %s", c, resp.StatusCode, err, text)
		}
	}
}

// A service whose endpoint is given has no stand-in.
func TestGiven(t *testing.T) {
	s := services(t, standin.Options{
		Data: t.TempDir(),
		Given: map[string]string{
			"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
			"AWS_ENDPOINT_URL_SNS":      "http://127.0.0.1:1",

			"AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": "http://127.0.0.1:1",
		},
	})
	if len(s.Environment) != 2 || len(s.Names) != 2 || s.Environment["AWS_ENDPOINT_URL_SECRETS_MANAGER"] == "" ||
		s.Environment["AWS_ENDPOINT_URL_EVENTBRIDGE"] == "" {
		t.Errorf("stand-ins at %v (%q), want Secrets Manager and EventBridge", s.Environment, s.Names)
	}
}

// The engine keeps its tables in the data folder, and ends with the stand-ins. A missing engine is an error that says
// how to get one.
func TestEngine(t *testing.T) {
	binary, data := installed(t), t.TempDir()
	for range 2 {
		s := services(t, standin.Options{Data: data, Engine: binary})
		if len(s.Names) != 5 || !strings.Contains(s.Names[0], data) {
			t.Error(s.Names)
		}
		private(t, data)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := http.Get(s.Environment["AWS_ENDPOINT_URL_DYNAMODB"]); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("the engine lives on, or %v", err)
		}
	}
	broken := standin.Options{Data: data, Engine: "/bin/false", Now: time.Now, Rand: rand.Reader}
	_, err := standin.StartServices(t.Context(), broken)
	if err == nil || !strings.Contains(err.Error(), "before it listened") {
		t.Error(err)
	}
	if _, err := engine.Path(data); err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Error(err)
	}
}

// private checks that no other user can read the tables, nor SQLite's files beside them.
func private(t *testing.T, data string) {
	t.Helper()
	files, err := filepath.Glob(data + "/dynamodb.db*")
	if err != nil || len(files) != 3 {
		t.Errorf("%v %q, want a file, its -wal and its -shm", err, files)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
			t.Errorf("%v %v, want mode 0600", err, info.Mode())
		}
	}
}

func TestIPv6(t *testing.T) {
	o := standin.Options{Data: t.TempDir(), Engine: installed(t), Host: "::1", Now: time.Now, Rand: rand.Reader}
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil { // this machine has no IPv6
		if _, err := standin.StartServices(t.Context(), o); err == nil || !strings.Contains(err.Error(), "[::1]") {
			t.Errorf("%v, want an error that names the address", err)
		}
		return
	} else if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := services(t, o)
	for name, url := range s.Environment {
		resp, err := http.Get(url)
		if err != nil || resp.StatusCode == http.StatusForbidden {
			t.Errorf("%s: %v %v", name, err, resp)
			continue
		}
		resp.Body.Close()
	}
}

// installed returns the path of the engine. Without an engine it skips the test, or fails it with CI=true.
func installed(t *testing.T) string {
	t.Helper()
	root, err := engine.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := engine.Path(root)
	if err != nil && os.Getenv("DYNAMODB_ENDPOINT") == "" && os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	return binary
}
