// Package siegetest plays days of attackers and owners of phone numbers against the real
// handlers of all contracts, in virtual time.
package siegetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/changes"
	"countersign/pkg/clients"
	"countersign/pkg/cognito"
	"countersign/pkg/gateway"
	"countersign/pkg/guard"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/phone/plan"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
	"countersign/pkg/unimatrix"

	"countersign/pkg/clocktest"
)

// world is all contracts on one store, with one clock and one phone network.
type world struct {
	t     testing.TB
	store *sqlitestore.Store // nil: the tables are those of DynamoDB
	clock *clocktest.Clock
	inbox *storetest.Inbox

	init     *ams.Init
	check    *ams.Verify
	api      *unimatrix.API
	triggers *cognito.Triggers

	evaluated map[string][]time.Time // guesses, by client
	meanwhile func()                 // runs while a person waits to ask again
	stream    func()                 // follows the tables of DynamoDB
	log       bytes.Buffer
	ids       int
}

// begin is midnight, UTC.
var begin = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func newWorld(t testing.TB, policy otp.Policy) *world { return newGuarded(t, policy, guard.Policy{}) }

// newGuarded is newWorld with a guard for each client.
func newGuarded(t testing.TB, policy otp.Policy, g guard.Policy) *world {
	w := &world{t: t, store: sqlitetest.New(t), clock: clocktest.New(begin)}
	w.open(w.store, policy, g)
	return w
}

// newOnTable is newGuarded on DynamoDB's protocol.
func newOnTable(t testing.TB, policy otp.Policy, g guard.Policy) *world {
	w := &world{t: t, clock: clocktest.New(begin)}
	store, follow := dynamoTable(t, w.clock)
	w.stream = follow
	w.open(store, policy, g)
	return w
}

// tables are those of a service.
type tables interface {
	otp.Challenges
	otp.Ledgers
	guard.Reader
}

// open makes the service on tables.
func (w *world) open(on tables, policy otp.Policy, g guard.Policy) {
	w.inbox, w.evaluated = &storetest.Inbox{}, map[string][]time.Time{}
	known := clients.Static{}
	for _, id := range []string{"ams", "unimatrix", "cognito"} {
		known[id] = &clients.Client{
			ID: id, Unsigned: true, Unimatrix: "simple", Countries: []string{"*"}, Policy: policy, Brand: "Acme",
			Guard: g, CustomCodes: true,
			Sources: clients.Sources{Env: "clientIp", Header: "x-end-user", Metadata: "device"},
		}
	}
	door := &admission.Door{Clients: known, Now: w.clock.Now, Log: slog.New(slog.NewJSONHandler(&w.log, nil))}
	keys := storetest.Keys()
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For, Issuer: otp.Issuer{
		Challenges: on, Ledgers: on, Sender: w.inbox, Keys: keys, Now: w.clock.Now, Rand: rand.Reader,
	}}
	messages.Issuer.Ahead, _ = on.(otp.Ahead) // DynamoDB alone
	verifier := otp.Verifier{Challenges: counting{on, w}, Keys: keys, Now: w.clock.Now, Rand: rand.Reader}
	gate := &ams.Gate{Door: door}
	w.init = &ams.Init{Gate: gate, Messages: messages}
	w.check = &ams.Verify{Gate: gate, Verifier: verifier}
	w.api = &unimatrix.API{
		Door: door, Messages: messages, Verifier: verifier, Rand: rand.Reader,
		SenderName: func(string) bool { return false },
	}
	w.triggers = &cognito.Triggers{
		Door: door, Client: "cognito", Messages: messages, Verifier: verifier, Rand: rand.Reader,
		Wait: func(context.Context, time.Duration) {},
	}
}

// counting notes the guesses that the store evaluates.
type counting struct {
	tables
	w *world
}

func (c counting) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	got, err := c.tables.Attempt(ctx, g)
	if err == nil && got.Applied {
		client := got.Item.Client
		c.w.evaluated[client] = append(c.w.evaluated[client], c.w.clock.Now())
	}
	return got, err
}

// follow does what the follower of the store does: it marks numbers as answered.
func (w *world) follow() {
	w.t.Helper()
	if w.stream != nil {
		w.stream()
		return
	}
	for {
		p, err := w.store.Feed().Next(w.t.Context(), 100, w.clock.Now())
		if err != nil || len(p.List) == 0 {
			if err != nil {
				w.t.Fatal(err)
			}
			return
		}
		var facts []changes.Fact
		for _, c := range p.List {
			facts = append(facts, changes.Facts(c)...)
		}
		consumer := changes.Consumer{Numbers: &p, Events: nowhere{}, Credits: &p}
		if _, err = consumer.Work(w.t.Context(), facts); err == nil {
			err = w.store.Feed().Finish(w.t.Context(), p)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// followUnless follows at once, unless the stream follows later.
func (w *world) followUnless(late bool) {
	if !late {
		w.follow()
	}
}

type nowhere struct{}

func (nowhere) Publish(_ context.Context, facts []changes.Fact) (int, error) { return len(facts), nil }

// sent counts the messages that do sends.
func (w *world) sent(do func()) int {
	before := len(w.inbox.Messages())
	do()
	return len(w.inbox.Messages()) - before
}

// code returns the code of the latest message.
func (w *world) code() string {
	all := w.inbox.Messages()
	return string(all[len(all)-1].Code)
}

func (w *world) id() string {
	w.ids++
	return fmt.Sprint("id-", w.ids)
}

// object is one of JSON.
type object = map[string]any

func text(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// fields reads an answer.
func fields(t testing.TB, body []byte) object {
	t.Helper()
	var o object
	if err := json.Unmarshal(body, &o); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return o
}

// post is a request of a client of the AMS contract.
func (w *world) post(serve func(context.Context, gateway.Request) gateway.Response, path string, body object) object {
	w.t.Helper()
	return fields(w.t, serve(w.t.Context(), gateway.Request{
		Method: "POST", Path: path, Body: text(body),
		Headers: map[string][]string{"client-id": {"ams"}, "content-type": {"application/json"}},
	}).Body)
}

// query is a request of a client of the Unimatrix contract.
func (w *world) query(action, source string, body object) object {
	w.t.Helper()
	headers := map[string][]string{"content-type": {"application/json"}}
	if source != "" {
		headers["x-end-user"] = []string{source}
	}
	return fields(w.t, w.api.Serve(w.t.Context(), gateway.Request{
		Method: "POST", Path: "/", Query: "accessKeyId=unimatrix&action=" + action, Body: text(body), Headers: headers,
	}).Body)
}

// trigger is an event of a user pool, and returns the response.
func (w *world) trigger(name, number string, metadata, request object) object {
	w.t.Helper()
	request["userAttributes"] = object{"phone_number": number, "phone_number_verified": "true"}
	if metadata != nil {
		request["clientMetadata"] = metadata
	}
	out, err := w.triggers.Invoke(w.t.Context(), text(object{
		"version": "1", "region": "ap-southeast-1", "userPoolId": "ap-southeast-1_EXAMPLE", "userName": number,
		"triggerSource": name + "_Authentication", "callerContext": object{"clientId": "57cbishk4j24pabc1234567890"},
		"request": request, "response": object{},
	}))
	if err != nil {
		w.t.Fatal(err)
	}
	response, _ := fields(w.t, out)["response"].(object)
	return response
}
