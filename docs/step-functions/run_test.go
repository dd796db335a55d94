package stepfunctions

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
	"countersign/pkg/sqlitestore"
)

// world is what an execution meets: the handlers of functions/init and
// functions/verify on a store, the table of tokens, and a person with a phone.
type world struct {
	t        *testing.T
	init     gateway.Handler
	verify   gateway.Handler
	store    *flaky
	now      time.Time
	messages []otp.Message
	waiting  map[string]any // items of the table, by key
	asked    []time.Duration
	// types is the person: what comes back for a token, by how often she was asked.
	// An error is that of SendTaskFailure; errNobody lets the time pass.
	types  func(asked int) (any, error)
	faults map[string][]string // errors of the next calls of a task, by resource or function
}

var errNobody = errors.New("nobody answers")

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := sqlitestore.Open(filepath.Join(t.TempDir(), "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	secret := bytes.Repeat([]byte("k"), otp.MinSecret)
	keys, err := otp.NewKeys(otp.Secrets{1: secret}, 1, otp.Secrets{1: secret})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: &flaky{Store: db}, now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC), waiting: map[string]any{}, faults: map[string][]string{}}
	now := func() time.Time { return w.now }
	log := slog.New(slog.DiscardHandler)
	gate := &ams.Gate{
		Clients: clients.Static{"demo": {ID: "demo", Countries: []string{"MY"}, Policy: otp.DefaultPolicy(), Brand: "Acme"}},
		Now:     now, Log: log,
	}
	w.init = gateway.Handler{Log: log, Serve: (&ams.Init{
		Gate: gate, Lookup: plan.Lookup, Text: message.For,
		Issuer: otp.Issuer{Challenges: w.store, Ledgers: w.store, Sender: w, Keys: keys, Now: now, Rand: rand.Reader},
	}).Serve}
	w.verify = gateway.Handler{Log: log, Serve: (&ams.Verify{
		Gate: gate, Verifier: otp.Verifier{Challenges: w.store, Keys: keys, Now: now, Rand: rand.Reader},
	}).Serve}
	return w
}

// Send makes the world a sender.
func (w *world) Send(_ context.Context, m otp.Message) (otp.Delivery, error) {
	w.messages = append(w.messages, m)
	return otp.Accepted, nil
}

func (w *world) code() string { return string(w.messages[len(w.messages)-1].Code) }

// flaky is a store whose next calls fail, without effect.
type flaky struct {
	*sqlitestore.Store
	reserves, attempts int
}

func (f *flaky) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	if f.reserves > 0 {
		f.reserves--
		return otp.Write{}, errors.New("throttled")
	}
	return f.Store.Reserve(ctx, c, over, now)
}

func (f *flaky) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	if f.attempts > 0 {
		f.attempts--
		return otp.Write{}, errors.New("throttled")
	}
	return f.Store.Attempt(ctx, g)
}

// task does what the machine's tasks ask for.
func (w *world) task(resource string, parameters any, token string, timeout time.Duration) (any, error) {
	p := parameters.(map[string]any)
	name := resource
	if f, ok := p["FunctionName"].(string); ok {
		name = f
	}
	if faults := w.faults[name]; len(faults) > 0 {
		w.faults[name] = faults[1:]
		return nil, &taskError{faults[0], "as the test wants it"}
	}
	switch name {
	case initFunction:
		return w.invoke(w.init, p["Payload"])
	case verifyFunction:
		return w.invoke(w.verify, p["Payload"])
	case "arn:aws:states:::dynamodb:deleteItem":
		delete(w.waiting, key(p["Key"]))
		return map[string]any{}, nil
	case "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken":
		return w.ask(p["Item"].(map[string]any), token, timeout)
	}
	w.t.Fatalf("no task %s", name)
	return nil, nil
}

func (w *world) invoke(h gateway.Handler, payload any) (any, error) {
	out, err := h.Invoke(context.Background(), []byte(asJSON(payload)))
	if err != nil {
		return nil, &taskError{"errorString", err.Error()}
	}
	var answer any
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, err
	}
	return map[string]any{"ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200.0}, nil
}

// ask is the merchant's front end: it reads the token by the name of the execution
// and sends what the person types.
func (w *world) ask(item map[string]any, token string, timeout time.Duration) (any, error) {
	w.waiting[key(item)] = item
	mine := w.waiting["order-4711"].(map[string]any)
	if mine["token"].(map[string]any)["S"] != token || mine["mask"].(map[string]any)["S"] != "+60*****6789" {
		w.t.Errorf("the front end reads %v, want %s", mine, token)
	}
	w.asked = append(w.asked, timeout)
	out, err := w.types(len(w.asked))
	var e *taskError
	switch {
	case err == errNobody:
		w.now = w.now.Add(timeout)
		return nil, &taskError{name: "States.Timeout"}
	case errors.As(err, &e):
		return nil, err
	}
	return out, err
}

func key(item any) string {
	return item.(map[string]any)["pk"].(map[string]any)["S"].(string)
}

func (w *world) run() (*execution, any, *taskError) {
	w.t.Helper()
	x := &execution{
		machine: definition(w.t), name: "order-4711", task: w.task,
		now:  func() time.Time { return w.now },
		pass: func(d time.Duration) { w.now = w.now.Add(d) },
	}
	out, failed, err := x.run(map[string]any{"phone": "60-123456789"})
	if err != nil {
		w.t.Fatalf("%v, after %q", err, x.trail)
	}
	if len(w.waiting) > 0 && !slices.Contains(w.faults["keep"], "the token") {
		w.t.Errorf("tokens stay in the table: %v", w.waiting)
	}
	return x, out, failed
}

func typed(code string) map[string]any { return map[string]any{"code": code} }

// wrong returns a code that is not the one sent.
func (w *world) wrong() string {
	if w.code()[0] == '9' {
		return "0" + w.code()[1:]
	}
	return "9" + w.code()[1:]
}

func TestRight(t *testing.T) {
	w := newWorld(t)
	w.types = func(int) (any, error) { return typed(w.code()), nil }
	x, out, failed := w.run()
	if failed != nil {
		t.Fatal(failed)
	}
	o := out.(map[string]any)
	id, _ := o["authenticationId"].(string)
	if o["passed"] != true || o["phone"] != "60-123456789" || len(id) != 35 || o["at"] != "2026-11-22T08:00:00Z" || len(o) != 4 {
		t.Errorf("the output is %v", out)
	}
	if want := "Begin,Send,Was it sent?,Ask,Forget the token,Was a code typed?,First check,Check,Is it right?,Passed"; strings.Join(x.trail, ",") != want {
		t.Errorf("went through %q", x.trail)
	}
	if len(w.messages) != 1 || w.messages[0].To.E164() != "+60123456789" || w.asked[0] != 5*time.Minute {
		t.Errorf("%d messages, waited for %v", len(w.messages), w.asked)
	}
}

func TestWrongThenRight(t *testing.T) {
	w := newWorld(t)
	w.types = func(asked int) (any, error) {
		return []any{typed(w.wrong()), typed("12 34"), map[string]any{}, typed(w.wrong()), map[string]any{"code": 123456.0}, typed(w.code())}[asked-1], nil
	}
	if _, out, failed := w.run(); failed != nil || out.(map[string]any)["passed"] != true {
		t.Errorf("%v, %v", out, failed)
	}
	if len(w.asked) != 6 || len(w.messages) != 1 {
		t.Errorf("asked %d times, with %d messages", len(w.asked), len(w.messages))
	}
}

func TestLocked(t *testing.T) {
	w := newWorld(t)
	w.types = func(int) (any, error) { return typed(w.wrong()), nil }
	_, out, failed := w.run()
	if out != nil || failed == nil || failed.name != "VERIFY_TIMES_EXCEED_LIMIT" || len(w.asked) != 5 {
		t.Errorf("%v, %v, asked %d times", out, failed, len(w.asked))
	}
}

func TestNobodyAnswers(t *testing.T) {
	w := newWorld(t)
	w.types = func(int) (any, error) { return nil, errNobody }
	if _, out, failed := w.run(); out != nil || failed == nil || failed.name != "States.Timeout" {
		t.Errorf("%v, %v", out, failed)
	}
	w = newWorld(t)
	w.types = func(int) (any, error) { return nil, &taskError{"Cancelled", "the person went away"} }
	if _, out, failed := w.run(); out != nil || failed == nil || failed.name != "Cancelled" {
		t.Errorf("%v, %v", out, failed)
	}
}

// A code that comes after its lifetime, counted over all the times that it was
// asked for, is refused.
func TestExpired(t *testing.T) {
	w := newWorld(t)
	w.types = func(asked int) (any, error) {
		w.now = w.now.Add(4 * time.Minute)
		if asked == 1 {
			return typed(w.wrong()), nil
		}
		return typed(w.code()), nil
	}
	if _, out, failed := w.run(); out != nil || failed == nil || failed.name != "AUTHENTICATION_REQUEST_ID_INVALID" {
		t.Errorf("%v, %v", out, failed)
	}
}

// U is tried again, later and later, and a refusal is not.
func TestUnknownThenSuccess(t *testing.T) {
	w := newWorld(t)
	w.store.reserves, w.store.attempts = 4, 4
	w.types = func(int) (any, error) { return typed(w.code()), nil }
	begun := w.now
	if _, out, failed := w.run(); failed != nil || out.(map[string]any)["passed"] != true {
		t.Fatalf("%v, %v", out, failed)
	}
	if took := w.now.Sub(begun); took != 2*(2+4+8+16)*time.Second || len(w.messages) != 1 || len(w.asked) != 1 {
		t.Errorf("took %v, %d messages, asked %d times", took, len(w.messages), len(w.asked))
	}
}

// Each code has tries of its own: U twice at one and three times at the next are not
// five in a row.
func TestUnknownAtEachCode(t *testing.T) {
	w := newWorld(t)
	w.types = func(asked int) (any, error) {
		w.store.attempts = 4
		if asked < 4 {
			return typed(w.wrong()), nil
		}
		return typed(w.code()), nil
	}
	if _, out, failed := w.run(); failed != nil || out.(map[string]any)["passed"] != true {
		t.Errorf("%v, %v", out, failed)
	}
}

// What is no code is asked for again, and not without end.
func TestNoCode(t *testing.T) {
	for name, answer := range map[string]any{"what verify takes for none": typed("12 34"), "nothing": map[string]any{}} {
		w := newWorld(t)
		w.types = func(asked int) (any, error) {
			w.now = w.now.Add(4 * time.Minute)
			if asked == 1 {
				return typed(w.wrong()), nil
			}
			return answer, nil
		}
		if _, out, failed := w.run(); out != nil || failed == nil || failed.name != "PARAM_ILLEGAL" || len(w.asked) != 6 {
			t.Errorf("%s: %v, %v, asked %d times", name, out, failed, len(w.asked))
		}
	}
}

func TestUnknownForGood(t *testing.T) {
	for name, break_ := range map[string]func(*world){
		"sending":       func(w *world) { w.store.reserves = 5 },
		"checking":      func(w *world) { w.store.attempts = 5 },
		"init's Lambda": func(w *world) { w.faults[initFunction] = slices.Repeat([]string{"Lambda.ServiceException"}, 5) },
		"verify's Lambda": func(w *world) {
			w.faults[verifyFunction] = slices.Repeat([]string{"Lambda.TooManyRequestsException"}, 5)
		},
		"its handler": func(w *world) { w.faults[initFunction] = []string{"errorString"} },
	} {
		w := newWorld(t)
		break_(w)
		w.types = func(int) (any, error) { return typed(w.code()), nil }
		if _, out, failed := w.run(); out != nil || failed == nil || failed.name != "UNKNOWN" {
			t.Errorf("%s: %v, %v", name, out, failed)
		}
	}
}

// Errors of Lambda and DynamoDB are retried; one that keeps the token from being
// forgotten does not matter.
func TestRetries(t *testing.T) {
	w := newWorld(t)
	w.faults = map[string][]string{
		initFunction:   {"Lambda.TooManyRequestsException", "States.Timeout", "Lambda.ServiceException", "Lambda.SdkClientException"},
		verifyFunction: {"Lambda.AWSLambdaException", "Sandbox.Timedout"},
		"arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken": {"DynamoDb.ThrottlingException", "DynamoDb.InternalServerErrorException"},
		"arn:aws:states:::dynamodb:deleteItem":                       {"DynamoDB.AmazonDynamoDBException"},
		"keep":                                                       {"the token"},
	}
	w.types = func(int) (any, error) { return typed(w.code()), nil }
	if _, out, failed := w.run(); failed != nil || out.(map[string]any)["passed"] != true || len(w.messages) != 1 {
		t.Errorf("%v, %v, %d messages", out, failed, len(w.messages))
	}
}

// What is refused for good ends at once, under the contract's own code.
func TestNotSent(t *testing.T) {
	w := newWorld(t)
	w.types = func(int) (any, error) { return typed(w.code()), nil }
	w.run()
	w.types = func(int) (any, error) { t.Error("asked"); return nil, errNobody }
	x := &execution{machine: definition(t), name: "order-4712", task: w.task, now: func() time.Time { return w.now }, pass: func(time.Duration) { t.Error("tried again") }}
	for phone, want := range map[string]string{"60-123456789": "TIMES_EXCEED_LIMIT", "60-12": "INVALID_PHONE_NUMBER", "1-2068800123": "ACCESS_DENIED"} {
		if _, failed, err := x.run(map[string]any{"phone": phone}); err != nil || failed == nil || failed.name != want {
			t.Errorf("%s: %v %v, want %s", phone, failed, err, want)
		}
	}
}

// The same name again is the same challenge, and sends nothing.
func TestSameName(t *testing.T) {
	w := newWorld(t)
	w.types = func(int) (any, error) { return nil, errNobody }
	w.run()
	w.run()
	if len(w.messages) != 1 {
		t.Errorf("%d messages", len(w.messages))
	}
}
