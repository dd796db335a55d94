package functions

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
	"countersign/pkg/standin"
	"countersign/pkg/starttest"
	"countersign/pkg/users"

	"countersign/pkg/filetest"

	"countersign/pkg/logtest"
)

// binaries has the functions as they are deployed, but for this machine's processor: built as `make build` does, under
// a stand-in of Lambda's Runtime API. They call DynamoDB's engine and fakes of the other services, through a [iam]
// that allows each function its role in template.yaml only.
type binaries struct {
	*starttest.Function
	t       *testing.T
	runtime *standin.Runtime
	iam     *iam
	events  *facts
	warm    map[string]*standin.Process // by function: a process that has answered events before
}

// builtFolder has the binaries of all functions, after build.
var builtFolder string

// build builds all functions once, with one command: it compiles the packages that they share only once.
var build = sync.OnceValue(func() (err error) {
	if builtFolder, err = os.MkdirTemp("", "countersign-functions-"); err != nil {
		return err
	}
	mains, err := filepath.Glob("*/main.go")
	var pkgs []string
	for _, path := range mains {
		pkgs = append(pkgs, "./functions/"+filepath.Dir(path))
	}
	return errors.Join(err, standin.Build("..", builtFolder+string(filepath.Separator), pkgs...))
})

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(builtFolder)
	os.Exit(code)
}

func newBinaries(t *testing.T) *binaries {
	t.Helper()
	b := &binaries{
		Function: starttest.Environment(t), t: t,
		iam: newIAM(t), events: &facts{}, warm: map[string]*standin.Process{},
	}
	t.Setenv("COUNTERSIGN_COUNTRIES", "*")
	t.Setenv("COUNTERSIGN_COGNITO_CLIENT", "demo")
	t.Setenv("COUNTERSIGN_KEYS",
		inStack("arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:keyring-AbCdEf"))
	for variable, service := range map[string]http.Handler{
		"AWS_ENDPOINT_URL_DYNAMODB":        behind(t, "AWS_ENDPOINT_URL_DYNAMODB"),
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": behind(t, "AWS_ENDPOINT_URL_SECRETS_MANAGER"),
		"AWS_ENDPOINT_URL_SNS":             &unclear{stub: b.SNS},
		"AWS_ENDPOINT_URL_EVENTBRIDGE":     &awsfake.EventBridge{Put: b.events.add},
	} {
		server := httptest.NewServer(b.iam.before(service))
		t.Cleanup(server.Close)
		t.Setenv(variable, server.URL)
	}
	var err error
	if b.runtime, err = standin.Listen(time.Now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.runtime.Close() })
	b.addMerchant()
	return b
}

// behind returns a proxy of the service at the present URL in a variable.
func behind(t *testing.T, variable string) http.Handler {
	t.Helper()
	at, err := url.Parse(os.Getenv(variable))
	if err != nil {
		t.Fatal(err)
	}
	return httputil.NewSingleHostReverseProxy(at)
}

// addMerchant adds the client that signs in the sample events, and its user.
func (b *binaries) addMerchant() {
	b.t.Helper()
	table := dynamostore.NewDocuments(dynamotest.Client(b.t, nil), os.Getenv("COUNTERSIGN_CLIENTS_TABLE"))
	callers := registry.Registry{
		Table: table, Sealer: b.Keys, Now: time.Now, Rand: rand.Reader,
		Defaults: clients.Defaults{Policy: otp.DefaultPolicy(), Countries: []string{"*"}, Brand: "Countersign"},
	}
	var always clients.Duration // no limit of age: the events were signed in the past
	merchant := clients.Record{
		ID: "TEST_5X00000000000000", Countries: []string{"*"}, Window: &always,
		Keys: []clients.Key{{Version: "1", PEM: string(filetest.Read(b.t, contracts+"ams-test-client.pub.pem"))}},
	}
	users := registry.Users{Directory: users.Directory{Table: table, Sealer: b.Keys, Now: time.Now}}
	if err := callers.Add(b.t.Context(), merchant, nil); err != nil {
		b.t.Fatal(err)
	}
	for _, client := range []string{"demo", merchant.ID} {
		if err := users.Add(b.t.Context(), client, "user", "1-2068800123"); err != nil {
			b.t.Fatal(err)
		}
	}
	const token = "281010033AB2F588D14B43238637264FCA5AAF35xxxx"
	if err := users.AddToken(b.t.Context(), "demo", "user", token, time.Time{}); err != nil {
		b.t.Fatal(err)
	}
}

// functionNames returns the names of the folders that have a function.
func functionNames(t *testing.T) (names []string) {
	t.Helper()
	found, err := filepath.Glob("*/main.go")
	if err != nil || len(found) < 5 {
		t.Fatal(found, err)
	}
	for _, path := range found {
		names = append(names, filepath.Dir(path))
	}
	return names
}

// bootstrap returns a function's binary.
func bootstrap(t *testing.T, function string) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(builtFolder, function)
}

// process starts a function under a name of its own, until the test ends. The test fails if the process ended before,
// or panicked.
func (b *binaries) process(t *testing.T, function, name string) *standin.Process {
	t.Helper()
	log := &logtest.Buffer{}
	p, err := b.runtime.Start(name, bootstrap(t, function), functionEnvironment(function), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("%v\n%s", err, log)
		}
		if text := log.String(); strings.Contains(text, "panic") || strings.Contains(text, "goroutine ") || t.Failed() {
			t.Errorf("the log of function %s:\n%s", function, text)
		}
	})
	return p
}

// functionEnvironment returns the variables that the test has set for functions, with a role as the id of the access
// key.
func functionEnvironment(role string) (env []string) {
	for _, e := range os.Environ() {
		if strings.HasPrefix(e, "AWS_") || strings.HasPrefix(e, "COUNTERSIGN_") {
			env = append(env, e)
		}
	}
	return append(env, "AWS_ACCESS_KEY_ID="+role)
}

// patience is longer than any answer takes, also on a busy machine.
const patience = time.Minute

func invokeBinary(t *testing.T, p *standin.Process, event []byte) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	answer, err := p.Invoke(ctx, event)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Body
}
