package stepfunctions

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"countersign/pkg/clients"
	"countersign/pkg/filetest"
	"countersign/pkg/gateway"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/otp"
	"countersign/pkg/service"
	"countersign/pkg/service/sending"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// world is the surroundings of an execution: the two handlers on a store, the table of
// tokens, and a person with a phone.
type world struct {
	*machine
	*sqlitestore.Store
	handlers map[string]gateway.Handler
	throttle int                 // the store refuses this many of the next writes
	unclear  int                 // the answers to this many of the next messages are lost
	faults   map[string][]string // the errors of the next calls of a function
	messages []otp.Message
	asked    int // how often the person was asked
	tokens   int // in the table
	types    person
}

var begin = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// newKeys makes keys once for all executions of a test, as an RSA key takes a while.
func newKeys(t *testing.T) *keyring.Ring {
	t.Helper()
	file := keyfile.New(filepath.Join(t.TempDir(), "keys.json"))
	keys, err := keyring.New(file, func() time.Time { return begin }, time.Hour, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func newWorld(t *testing.T, keys *keyring.Ring) *world {
	t.Helper()
	store := sqlitetest.New(t)
	_, states := definition(t)
	w := &world{
		machine: &machine{t: t, states: states, name: "order-4711", now: begin},
		Store:   store, faults: map[string][]string{},
	}
	w.task = w.answer
	now, log := func() time.Time { return w.now }, slog.New(slog.DiscardHandler)
	demo := &clients.Client{ID: "demo", Countries: []string{"MY"}, Policy: otp.DefaultPolicy(), Brand: "Acme"}
	shared := service.New(service.Ports{
		Store: w, Table: store.Documents(), Keys: keys, Now: now, Rand: rand.Reader, Log: log,
		ClientAge: time.Minute, UnknownAge: time.Minute,
		Find: func(context.Context, string) (*clients.Client, error) { return demo, nil },
	})
	w.handlers = map[string]gateway.Handler{
		"init":   {Log: log, Serve: sending.New(shared, w).Init().Serve},
		"verify": {Log: log, Serve: shared.Verify().Serve},
	}
	return w
}

// Send makes the world a sender.
func (w *world) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	w.messages = append(w.messages, m)
	if len(w.messages) <= w.unclear {
		return otp.MaybeSent, "", errors.New("no answer")
	}
	return otp.Accepted, "", nil
}

func (w *world) throttled() error {
	if w.throttle > 0 {
		w.throttle--
		return errors.New("throttled")
	}
	return nil
}

func (w *world) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	if err := w.throttled(); err != nil {
		return otp.Write{}, err
	}
	return w.Store.Reserve(ctx, c, over, now)
}

func (w *world) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	if err := w.throttled(); err != nil {
		return otp.Write{}, err
	}
	return w.Store.Attempt(ctx, g)
}

// answer does what a task asks for: invokes a function, or keeps a token and waits for the
// person, or deletes the token.
func (w *world) answer(resource string, parameters object, timeout time.Duration) (any, string) {
	switch resource {
	case "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken":
		w.asked, w.tokens = w.asked+1, 1
		item, _ := json.Marshal(parameters["Item"])
		for _, part := range []string{`"order-4711"`, `"token-`, `"+60*****6789"`} {
			if !strings.Contains(string(item), part) {
				w.t.Errorf("the front end reads %s, want %s in it", item, part)
			}
		}
		if timeout != 5*time.Minute {
			w.t.Errorf("waits for %v, want a code's lifetime", timeout)
		}
		typed, failure := w.types(w)
		if failure == "States.Timeout" {
			w.now = w.now.Add(timeout)
		}
		return typed, failure
	case "arn:aws:states:::dynamodb:deleteItem":
		w.tokens = 0
		return object{}, ""
	}
	name := parameters["FunctionName"].(string)
	if faults := w.faults[name]; len(faults) > 0 {
		w.faults[name] = faults[1:]
		return nil, faults[0]
	}
	payload, _ := json.Marshal(parameters["Payload"])
	out, err := w.handlers[name].Invoke(w.t.Context(), payload)
	var answer any
	if err != nil || json.Unmarshal(out, &answer) != nil {
		return nil, "errorString"
	}
	return object{"Payload": answer}, ""
}

func (w *world) code() string { return string(w.messages[0].Code) }

// person answers the machine when it waits for a code: with the output of SendTaskSuccess, or
// with the error of SendTaskFailure or of the time-out.
type person func(w *world) (typed any, failure string)

func right(w *world) (any, string) { return object{"code": w.code()}, "" }

func wrong(w *world) (any, string) {
	first := string('0' + (w.code()[0]-'0'+1)%10)
	return object{"code": first + w.code()[1:]}, ""
}

func nothing(*world) (any, string) { return object{}, "" }

func typed(code any) person {
	return func(*world) (any, string) { return object{"code": code}, "" }
}

func fails(failure string) person { return func(*world) (any, string) { return nil, failure } }

// then is a person who answers in each of these ways in turn, and goes on with the last one.
func then(ways ...person) person {
	return func(w *world) (any, string) { return ways[min(w.asked, len(ways))-1](w) }
}

// late takes four minutes for each answer.
func late(p person) person {
	return func(w *world) (any, string) { w.now = w.now.Add(4 * time.Minute); return p(w) }
}

// throttled meets a store that refuses the next n writes.
func throttled(n int, p person) person {
	return func(w *world) (any, string) { w.throttle = n; return p(w) }
}

// busy returns n errors of Lambda at init, and two at verify.
func busy(n int) map[string][]string {
	return map[string][]string{
		"init":   slices.Repeat([]string{"Lambda.TooManyRequestsException"}, n),
		"verify": {"Lambda.Unknown", "States.Timeout"},
	}
}

var broken = map[string][]string{"verify": {"errorString"}}

// run is a way through the machine, and its end.
type run struct {
	name     string
	types    person
	throttle int                 // of the writes of init
	unclear  int                 // answers to messages
	faults   map[string][]string // of functions
	failure  string              // "": the number is proved
	asked    int
}

var runs = []run{
	{name: "right", types: right, asked: 1},
	{name: "wrong, then no code", types: then(wrong, typed("12 34"), nothing, typed(123456.0), right), asked: 5},
	{name: "locked", types: wrong, failure: "VERIFY_TIMES_EXCEED_LIMIT", asked: 5},
	{name: "never a code", types: typed("12 34"), failure: "PARAM_ILLEGAL", asked: 5},
	{name: "expired", types: late(then(wrong, right)), failure: "AUTHENTICATION_REQUEST_ID_INVALID", asked: 2},
	{name: "nobody answers", types: fails("States.Timeout"), failure: "States.Timeout", asked: 1},
	{name: "the front end ends it", types: fails("Cancelled"), failure: "Cancelled", asked: 1},
	{name: "U four times each", throttle: 4, types: then(throttled(4, wrong), throttled(4, right)), asked: 2},
	{name: "the sender's answer is lost", unclear: 1, types: right, asked: 1},
	{name: "U for good when sending", throttle: 5, failure: "UNKNOWN"},
	{name: "U for good when checking", types: throttled(5, right), failure: "UNKNOWN", asked: 1},
	{name: "Lambda answers at the last try", types: right, faults: busy(4), asked: 1},
	{name: "Lambda fails for good", faults: busy(5), failure: "UNKNOWN"},
	{name: "verify's handler fails", types: right, faults: broken, failure: "UNKNOWN", asked: 1},
}

func TestRuns(t *testing.T) {
	keys := newKeys(t)
	for _, c := range runs {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, keys)
			w.types, w.throttle, w.unclear = c.types, c.throttle, c.unclear
			maps.Copy(w.faults, c.faults)
			output, failure := w.run(object{"phone": "60-123456789"})
			if failure != c.failure || w.asked != c.asked || len(w.messages) != min(c.asked, 1)+c.unclear {
				t.Errorf("ended with %q, asked %d times, %d messages; want %q, asked %d times\n%q",
					failure, w.asked, len(w.messages), c.failure, c.asked, w.trail)
			}
			if w.tokens != 0 {
				t.Error("the token stays in the table")
			}
			if c.failure != "" {
				return
			}
			proved := output.(object)
			id, _ := proved["authenticationId"].(string)
			if len(id) != 35 {
				t.Errorf("authenticationId %q", id)
			}
			at := w.now.Format(time.RFC3339)
			want := object{"passed": true, "phone": "60-123456789", "authenticationId": id, "at": at}
			if !maps.Equal(proved, want) {
				t.Errorf("the output is %v, want %v", proved, want)
			}
		})
	}
}

// A message that may not be sent ends the execution with the contract's own code.
func TestNotSent(t *testing.T) {
	keys := newKeys(t)
	for phone, want := range map[string]string{"60-12": "INVALID_PHONE_NUMBER", "1-2068800123": "ACCESS_DENIED"} {
		w := newWorld(t, keys)
		if _, failure := w.run(object{"phone": phone}); failure != want || len(w.messages) != 0 {
			t.Errorf("%s ended with %q and %d messages, want %q and none", phone, failure, len(w.messages), want)
		}
	}
}

// A second execution of the same name is the same challenge: it sends nothing. A new name
// meets the number's cooldown.
func TestAgain(t *testing.T) {
	w := newWorld(t, newKeys(t))
	w.types = fails("Cancelled")
	again := []struct{ name, failure string }{
		{"order-4711", "Cancelled"}, {"order-4711", "Cancelled"}, {"order-4712", "TIMES_EXCEED_LIMIT"},
	}
	for _, c := range again {
		w.name, w.trail = c.name, nil
		if _, failure := w.run(object{"phone": "60-123456789"}); failure != c.failure || len(w.messages) != 1 {
			t.Errorf("%s ended with %q, %d messages in all; want %q, 1", c.name, failure, len(w.messages), c.failure)
		}
	}
}

// The template fills every placeholder of the definition, makes a machine that can wait for a
// token, and keeps numbers and codes out of logs.
func TestTemplate(t *testing.T) {
	file := filetest.Read(t, "../../template.yaml")
	var template struct {
		Resources map[string]struct {
			Properties map[string]any `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(file, &template); err != nil {
		t.Fatal(err)
	}
	p := template.Resources["ProveNumber"].Properties
	const path = "docs/step-functions/prove-number.asl.json"
	if p["DefinitionUri"] != path || p["Type"] != "STANDARD" || p["Logging"] != nil {
		t.Errorf("definition %v, type %v, logging %v", p["DefinitionUri"], p["Type"], p["Logging"])
	}
	text, _ := definition(t)
	open := map[string]bool{}
	for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
		open[found[1]] = true
	}
	given, _ := p["DefinitionSubstitutions"].(map[string]any)
	for _, names := range [][]string{slices.Sorted(maps.Keys(given)), slices.Sorted(maps.Keys(substitutions))} {
		if want := slices.Sorted(maps.Keys(open)); !slices.Equal(names, want) {
			t.Errorf("filled are %v, the definition has %v", names, want)
		}
	}
}
