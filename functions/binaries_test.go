package functions

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/functions/internal/starttest"
	"countersign/pkg/awsfake"
	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
	"countersign/pkg/standin"
	"countersign/pkg/users"
)

// binaries are the functions as they are deployed, but for the processor: built as
// `make build` does, under a stand-in of Lambda's Runtime API, with DynamoDB's
// protocol, SNS's and Secrets Manager's behind them, and IAM between: each function
// has the role that template.yaml gives it.
type binaries struct {
	*starttest.Function
	t       *testing.T
	runtime *standin.Runtime
	guard   *guard
	events  *facts
	warm    map[string]*standin.Process // one of each function, that has worked before
}

// built has each function's binary; the test process builds each once.
var built = struct {
	sync.Mutex
	dir   string
	names map[string]bool
}{names: map[string]bool{}}

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(built.dir)
	os.Exit(code)
}

func newBinaries(t *testing.T) *binaries {
	t.Helper()
	b := &binaries{Function: starttest.Environment(t), t: t, guard: newGuard(t), events: &facts{}, warm: map[string]*standin.Process{}}
	t.Setenv("COUNTERSIGN_COUNTRIES", "*")
	t.Setenv("COUNTERSIGN_COGNITO_CLIENT", "demo")
	t.Setenv("COUNTERSIGN_KEYS", inStack("arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:keyring-AbCdEf"))
	for variable, service := range map[string]http.Handler{
		"AWS_ENDPOINT_URL_DYNAMODB":        behind(t, "AWS_ENDPOINT_URL_DYNAMODB"),
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": behind(t, "AWS_ENDPOINT_URL_SECRETS_MANAGER"),
		"AWS_ENDPOINT_URL_SNS":             &unclear{stub: b.SNS},
		"AWS_ENDPOINT_URL_EVENTBRIDGE":     &awsfake.EventBridge{Put: b.events.add},
	} {
		server := httptest.NewServer(b.guard.before(service))
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

// behind passes requests on to what a variable points at now.
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
	registry := registry.Registry{
		Table: table, Sealer: b.Keys, Now: time.Now,
		Defaults: clients.Defaults{Policy: otp.DefaultPolicy(), Countries: []string{"*"}, Brand: "Countersign"},
	}
	var always clients.Duration // the events were signed in the past
	merchant := clients.Record{
		ID: "TEST_5X00000000000000", Countries: []string{"*"}, Window: &always,
		Keys: []clients.Key{{Version: "1", PEM: string(file(b.t, contracts+"ams-test-client.pub.pem"))}},
	}
	users := users.Directory{Table: table, Sealer: b.Keys, Now: time.Now}
	if err := registry.Add(b.t.Context(), merchant, nil); err != nil {
		b.t.Fatal(err)
	}
	for _, client := range []string{"demo", merchant.ID} {
		if err := users.Add(b.t.Context(), client, "user", "1-2068800123"); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := users.AddToken(b.t.Context(), "demo", "user", "281010033AB2F588D14B43238637264FCA5AAF35xxxx", time.Time{}); err != nil {
		b.t.Fatal(err)
	}
}

// functionNames are the folders that have a function.
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
	built.Lock()
	defer built.Unlock()
	if built.dir == "" {
		var err error
		if built.dir, err = os.MkdirTemp("", "countersign-functions-"); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(built.dir, function)
	if !built.names[function] {
		if err := standin.Build("..", "./functions/"+function, binary); err != nil {
			t.Fatal(err)
		}
		built.names[function] = true
	}
	return binary
}

// output is what a function writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process starts a function. When the test ends it is stopped, which must be the
// whole reason of its end, and it must not have panicked.
func (b *binaries) process(t *testing.T, function, state string) *standin.Process {
	t.Helper()
	log := &output{}
	p, err := b.runtime.Start(function+"-"+state, bootstrap(t, function), functionEnvironment(function), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("%v\n%s", err, log)
		}
		if text := log.String(); strings.Contains(text, "panic") || strings.Contains(text, "goroutine ") || t.Failed() {
			t.Errorf("function %s said:\n%s", function, text)
		}
	})
	return p
}

// functionEnvironment is what the test has set for functions. The id of the access key
// says whose role it is.
func functionEnvironment(role string) (env []string) {
	for _, e := range os.Environ() {
		if strings.HasPrefix(e, "AWS_") || strings.HasPrefix(e, "COUNTERSIGN_") {
			env = append(env, e)
		}
	}
	return append(env, "AWS_ACCESS_KEY_ID="+role)
}

// patience is longer than any answer takes.
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

// wipe forgets all challenges and all that numbers have used up.
func (b *binaries) wipe(t *testing.T) {
	t.Helper()
	client, table := dynamotest.Client(t, nil), os.Getenv("COUNTERSIGN_TABLE")
	all, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil || all.LastEvaluatedKey != nil {
		t.Fatal(err, all)
	}
	for _, item := range all.Items {
		delete := &dynamodb.DeleteItemInput{TableName: &table}
		delete.Key = map[string]types.AttributeValue{"pk": item["pk"]}
		if _, err := client.DeleteItem(t.Context(), delete); err != nil {
			t.Fatal(err)
		}
	}
}

// unclear is SNS, which gives no clear answer about one number, as flaky does.
type unclear struct{ stub *awsfake.SNS }

func (u *unclear) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("PhoneNumber") == "+606543216359" {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	u.stub.ServeHTTP(w, r)
}

// facts are the events that were put on the bus.
type facts struct {
	mu    sync.Mutex
	kinds []string
}

func (f *facts) add(kind, _ string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kinds = append(f.kinds, kind)
}

// sample is one of the events in events/ with the answer beside it.
type sample struct {
	name       string
	function   string // that the event is for
	before, at string // the event that comes before it, at which function
}

func samples(t *testing.T) (all []sample) {
	t.Helper()
	found, err := filepath.Glob(folder + "*.answer.json")
	streams, err2 := filepath.Glob(folder + "streams/*.answer.json")
	if err != nil || err2 != nil || len(found) < 70 || len(streams) < 1 {
		t.Fatal(len(found), len(streams), err, err2)
	}
	for _, path := range append(found, streams...) {
		s := sample{name: strings.TrimSuffix(strings.TrimPrefix(path, folder), ".answer.json")}
		kind, rest, _ := strings.Cut(filepath.Base(s.name), "-")
		s.function = kind
		switch kind {
		case "verify":
			s.before, s.at = "init-http-api", "init"
		case "trigger":
			s.function, s.before, s.at = "init", "init-http-api", "init"
		case "unknown":
			s.function = "init"
		case "otp", "cognito":
			if strings.Contains(rest, "verify") {
				s.before, s.at = map[string]string{"otp": "otp-http-api-send", "cognito": "cognito-create-begin"}[kind], kind
			}
		}
		all = append(all, s)
	}
	return all
}

// play hands a sample's event to a process, and returns the answer and the one that
// should have come.
func (b *binaries) play(t *testing.T, s sample, p *standin.Process) (got, want string) {
	t.Helper()
	b.wipe(t)
	event, answer := later(read(t, s.name+".json")), read(t, s.name+".answer.json")
	if s.before != "" {
		begun := invokeBinary(t, b.warm[s.at], later(read(t, s.before+".json")))
		swap := b.begun(t, s.before, begun)
		event, answer = replaced(event, swap), replaced(answer, swap)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	given, err := p.Invoke(ctx, event)
	if err != nil {
		return err.Error(), unvaried(answer)
	}
	return unvaried(given.Body), unvaried(answer)
}

// Each sample event gets the answer beside it from the built function: as the
// process's first event, and as a later one. All of what the functions' roles allow
// is needed for that, on the very resources that the roles name.
func TestBinaries(t *testing.T) {
	b := newBinaries(t)
	for _, function := range functionNames(t) {
		b.warm[function] = b.process(t, function, "warm")
		for range 3 {
			if got := invokeBinary(t, b.warm[function], []byte(`{"none":"of them"}`)); function != "changes" && !bytes.Contains(got, []byte("errorMessage")) {
				t.Errorf("%s answered %s to an event of no shape", function, got)
			}
		}
	}
	all, played := samples(t), 0
	for _, s := range all {
		for state, process := range map[string]func(*testing.T) *standin.Process{
			"cold": func(t *testing.T) *standin.Process { return b.process(t, s.function, "cold") },
			"warm": func(*testing.T) *standin.Process { return b.warm[s.function] },
		} {
			t.Run(s.name+" "+state, func(t *testing.T) {
				played++
				if got, want := b.play(t, s, process(t)); got != want {
					t.Errorf("answered\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
	if played == 2*len(all) { // and not some that -run chose
		b.guard.allUsed(t)
	}
}

// frozen is when the sample events happen.
const frozen = 1_795_314_808_000

var millis = regexp.MustCompile(`\b1795[0-9]{9}\b`)

// later moves the times that events carry along to the present.
func later(event []byte) []byte {
	return millis.ReplaceAllFunc(event, func(text []byte) []byte {
		if bytes.Contains(event, []byte("signature")) {
			return text // it is signed
		}
		at, _ := strconv.ParseInt(string(text), 10, 64)
		return strconv.AppendInt(nil, at-frozen+time.Now().UnixMilli(), 10)
	})
}

// begun tells the code and the ids of what was begun, by those that stand for them
// in the samples.
func (b *binaries) begun(t *testing.T, before string, answer []byte) map[string]string {
	t.Helper()
	sent := b.SNS.Requests()
	if len(sent) == 0 {
		t.Fatalf("%s sent nothing: %s", before, answer)
	}
	pairs := map[string]string{
		rightCode(t, before): regexp.MustCompile(`\b[0-9]{6}\b`).FindString(sent[len(sent)-1].Message),
	}
	for _, id := range []*regexp.Regexp{
		regexp.MustCompile(`authenticationId[\\": ]+([0-9]+)`), regexp.MustCompile(`"session": ?"([^"]+)"`),
	} {
		if was, is := id.FindSubmatch(read(t, before+".answer.json")), id.FindSubmatch(answer); was != nil && is != nil {
			pairs[string(was[1])] = string(is[1])
		}
	}
	return pairs
}

// rightCode is the code that an init of the samples has sent.
func rightCode(t *testing.T, before string) string {
	t.Helper()
	verify := map[string]string{
		"init-http-api": "verify-http-api-right", "otp-http-api-send": "otp-http-api-verify-right", "cognito-create-begin": "cognito-verify-right",
	}[before]
	code := regexp.MustCompile(`(?:authenticationValue|code|challengeAnswer)[\\": ]+([0-9]{6})`).FindSubmatch(read(t, verify+".json"))
	if code == nil {
		t.Fatalf("%s has no code", verify)
	}
	return string(code[1])
}

// replaced replaces texts in an event, also in a body that is in base64.
func replaced(event []byte, pairs map[string]string) []byte {
	var list []string
	for was, is := range pairs {
		list = append(list, was, is)
	}
	swap := strings.NewReplacer(list...).Replace
	var in struct {
		Body            string
		IsBase64Encoded bool
	}
	if json.Unmarshal(event, &in) == nil && in.IsBase64Encoded {
		if body, err := base64.StdEncoding.DecodeString(in.Body); err == nil {
			return bytes.Replace(event, []byte(in.Body), []byte(base64.StdEncoding.EncodeToString([]byte(swap(string(body))))), 1)
		}
	}
	return []byte(swap(string(event)))
}

// varies has what differs from run to run in an answer.
var varies = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`signature=[A-Za-z0-9%+/=]+`), "signature=S"},
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\+00:00`), "TIME"},
	{regexp.MustCompile(`\b[0-9]{35}\b`), "ID"},
	{regexp.MustCompile(`\b[0-9a-f]{32}\b`), "HEX"},
	{regexp.MustCompile(`\b[0-9]{13}\b`), "MILLIS"},
	{regexp.MustCompile(`("session": ?"|\\"id\\":\\")[A-Za-z0-9_-]{22}`), "${1}SESSION"},
}

// unvaried is an answer, indented, without what varies.
func unvaried(answer []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, answer, "", "  ") != nil {
		return "not JSON: " + string(answer)
	}
	text := strings.TrimSpace(b.String())
	for _, v := range varies {
		text = v.what.ReplaceAllString(text, v.as)
	}
	return text
}

// What the functions wrote is told by the one that follows the table's stream.
func TestBinariesFollow(t *testing.T) {
	b := newBinaries(t)
	table := dynamotest.StreamTable(t)
	t.Setenv("COUNTERSIGN_TABLE", table)
	begun := invokeBinary(t, b.process(t, "init", "first"), read(t, "init-http-api.json"))
	event := replaced(read(t, "verify-http-api-right.json"), b.begun(t, "init-http-api", begun))
	if got := invokeBinary(t, b.process(t, "verify", "second"), event); !bytes.Contains(got, []byte(`\"isPassed\":true`)) {
		t.Fatalf("%s", got)
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
		t.Errorf("told of %s", got)
	}
}

// A function that is told something wrong does not start, and its log names the
// setting.
func TestBinariesMiswired(t *testing.T) {
	b := newBinaries(t)
	for _, c := range []struct{ function, name, value, setting string }{
		{"init", "COUNTERSIGN_ATTEMPTS", "6", "COUNTERSIGN_ATTEMPTS"},
		{"init", "COUNTERSIGN_BRAND", "字", "COUNTERSIGN_BRAND"},
		{"init", "COUNTERSIGN_KEYS", "", "COUNTERSIGN_KEYS"},
		{"init", "AWS_ENDPOINT_URL_SECRETS_MANAGER", refusing(t), "COUNTERSIGN_KEYS"}, // the secret is what people set
		{"verify", "COUNTERSIGN_KEYS", "", "COUNTERSIGN_KEYS"},
		{"verify", "COUNTERSIGN_VALIDITY", "1 day", "COUNTERSIGN_VALIDITY"},
		{"otp", "COUNTERSIGN_LANGUAGE", "tlh", "_LANGUAGE"},
		{"cognito", "COUNTERSIGN_COGNITO_CLIENT", "", "COUNTERSIGN_COGNITO_CLIENT"},
		{"changes", "COUNTERSIGN_PER_DAY", "0", "COUNTERSIGN_PER_DAY"},
	} {
		t.Run(c.function+" "+c.name, func(t *testing.T) {
			log := &output{}
			p, err := b.runtime.Start(c.function, bootstrap(t, c.function), append(functionEnvironment(c.function), c.name+"="+c.value), log)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := p.Ready(ctx); err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(log.String(), c.setting) {
				t.Errorf("%v; log, which must name %s:\n%s", err, c.setting, log)
			}
		})
	}
}

// refusing is an address that nobody listens at.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// A function answers in time when what it needs hangs (P18).
func TestBinariesHang(t *testing.T) {
	b := newBinaries(t)
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(func() { hang.CloseClientConnections(); hang.Close() })
	t.Run("hang", func(t *testing.T) { // together, as each takes seconds
		for _, c := range []struct{ function, event, service, want string }{
			{"init", "init-http-api", "DYNAMODB", "UNKNOWN_EXCEPTION"},
			{"init", "init-direct", "SNS", "UNKNOWN_EXCEPTION"},
			{"verify", "verify-http-api-right", "DYNAMODB", "UNKNOWN_EXCEPTION"},
			{"otp", "otp-http-api-send", "DYNAMODB", `"body":"{\"code\":\"1`},
			{"otp", "otp-rest-api-send", "SNS", `"body":"{\"code\":\"1`},
		} {
			t.Run(fmt.Sprint(c.function, " ", c.service), func(t *testing.T) {
				log := &output{}
				p, err := b.runtime.Start(c.function+"-"+c.service, bootstrap(t, c.function), append(functionEnvironment(c.function), "AWS_ENDPOINT_URL_"+c.service+"="+hang.URL), log)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { p.Stop() })
				event := read(t, c.event+".json")
				t.Parallel()
				begin := time.Now()
				got := invokeBinary(t, p, event)
				if took := time.Since(begin); took > 9*time.Second || !bytes.Contains(got, []byte(c.want)) {
					t.Errorf("after %v: %s, want %s within 9 s\n%s", took, got, c.want, log)
				}
			})
		}
	})
}

// What the tests run is built as what is deployed.
func TestBuildFlags(t *testing.T) {
	var flags []string
	for _, f := range standin.BuildFlags {
		if strings.Contains(f, " ") {
			f = "'" + f + "'"
		}
		flags = append(flags, f)
	}
	if want := "go build " + strings.Join(flags, " ") + " "; !bytes.Contains(file(t, "../Makefile"), []byte(want)) {
		t.Errorf("make build does not say %q", want)
	}
}
