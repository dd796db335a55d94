// Package functions runs the events in events/ against the handlers, as sam
// local invoke would, and compares each answer with the one beside it:
// NAME.json and NAME.answer.json.
package functions

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/cognito"
	"countersign/pkg/filetest"
	"countersign/pkg/gateway"
	"countersign/pkg/message"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/outbox"
	"countersign/pkg/password"
	"countersign/pkg/phone/plan"
	"countersign/pkg/receipts"
	"countersign/pkg/signature"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
	"countersign/pkg/unimatrix"
	"countersign/pkg/users"
)

var update = flag.Bool("update", false, "write the answers of the handlers as the expected ones")

// service has the functions' handlers on one store. Clock and entropy are the same in each run, and so are the answers.
type service struct {
	init, verify, otp, cognito, receipts lambda.Handler
	passwords                            *password.Accounts
}

// newService empties a store and wires the functions on it. Opening a store would take longer than emptying it.
func newService(t testing.TB, db *sqlitestore.Store, messages otp.Sender) service {
	t.Helper()
	sqlitetest.Sweep(t, db, otp.MillisOf(at.AddDate(10, 0, 0)))
	secret := bytes.Repeat([]byte("k"), otp.MinSecret)
	keys, err := otp.NewKeys(otp.Secrets{1: secret}, 1, otp.Secrets{1: secret})
	if err != nil {
		t.Fatal(err)
	}
	key, err := signature.ParsePublicKey(filetest.Read(t, contracts+"ams-test-client.pub.pem"))
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return at }
	const merchant = "TEST_5X00000000000000"
	log := slog.New(slog.DiscardHandler)
	gate := &ams.Gate{Door: &admission.Door{
		Clients: clients.Static{
			"demo": {
				ID: "demo", Unsigned: true, Unimatrix: "simple", Countries: []string{"*"},
				Policy: otp.DefaultPolicy(), Brand: "Countersign",
			},
			merchant: {
				ID: merchant, Keys: map[string]*rsa.PublicKey{"1": key}, LatestKey: "1", Countries: []string{"*"},
				Policy: otp.DefaultPolicy(), Brand: "Countersign",
			},
		},
		Now: now, Log: log,
	}, Answers: testSigner(t)}
	issuer := otp.Issuer{Challenges: db, Ledgers: db, Sender: flaky{messages}, Keys: keys, Now: now, Rand: &noise{}}
	sends := admission.Messages{Lookup: plan.Lookup, Text: languages.For, Issuer: issuer}
	verifier := otp.Verifier{Challenges: db, Keys: keys, Now: now, Rand: &noise{}}
	passwords := password.New(db.Documents(), plain{}, heldKeys{testKey(t)}, now, &noise{})
	api := &unimatrix.API{
		Door: gate.Door, Messages: sends, Verifier: verifier, SenderName: message.IsSenderID,
		Rand: &twice{},
	}
	init := &ams.Init{Gate: gate, Messages: sends, Users: people{}, Passwords: passwords}
	return service{
		passwords: passwords,
		init:      gateway.Handler{Log: log, Serve: init.Serve},
		verify: gateway.Handler{
			Log: log, Serve: (&ams.Verify{Gate: gate, Verifier: verifier, Passwords: passwords}).Serve,
		},
		otp: gateway.Handler{Log: log, Serve: func(ctx context.Context, r gateway.Request) gateway.Response {
			if ams.Serves(r.Path) {
				return gate.Unserved(ctx, r)
			}
			return api.Serve(ctx, r)
		}},
		cognito: &cognito.Triggers{
			Door: gate.Door, Client: "demo", Messages: sends, Verifier: verifier,
			Rand: &noise{}, Wait: func(context.Context, time.Duration) {},
		},
		receipts: lambda.NewHandler(receipts.Handler{
			Receipts: db, Now: now, Log: log,
			Changed: func(context.Context, otp.Receipt) {}, Unreadable: func(context.Context, error) {},
			Unstored: func(_ context.Context, _, _ int, cause error) { log.Error("receipts", "cause", cause.Error()) },
		}.Handle),
	}
}

// twice gives each value of noise to two reads: a send and its message have the same id.
type twice struct {
	noise noise
	value []byte
}

func (r *twice) Read(p []byte) (int, error) {
	value := r.value
	if r.value = nil; value == nil {
		value = make([]byte, len(p))
		r.noise.Read(value)
		r.value = value
	}
	return copy(p, value), nil
}

// flaky is a sender that gets no clear answer for one number.
type flaky struct{ otp.Sender }

func (s flaky) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	if m.To.E164() == "+606543216359" {
		return otp.MaybeSent, "", errors.New("no answer in time")
	}
	return s.Sender.Send(ctx, m)
}

// people is a directory of one user.
type people struct{}

func (people) Resolve(_ context.Context, client, token string) (users.Person, users.Standing, error) {
	if token != "281010033AB2F588D14B43238637264FCA5AAF35xxxx" {
		return users.Person{Ref: "token#" + client + "#no"}, users.NoToken, nil
	}
	return users.Person{Ref: "token#" + client + "#yes", Number: "1-2068800123"}, users.Good, nil
}

func (people) Check(context.Context, string) (users.Standing, error) { return users.Good, nil }

const contracts = "../pkg/ams/testdata/contracts/"

// testKey is the server key of the contract's test data. Passwords in the samples are encrypted to it, too.
func testKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := signature.ParsePrivateKey(filetest.Read(t, contracts+"ams-test-server.key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// testSigner signs with the test key.
func testSigner(t testing.TB) *ams.Answers { return ams.NewAnswers(signing{testKey(t)}) }

type signing struct{ key *rsa.PrivateKey }

func (s signing) Signing(context.Context) (string, *rsa.PrivateKey, bool) { return "1", s.key, true }

// noise is entropy that is the same in every run.
type noise struct {
	mu sync.Mutex
	n  byte
}

func (e *noise) Read(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.n++
	sum := sha256.Sum256([]byte{e.n})
	return copy(p, sum[:]), nil
}

const folder = "../events/"

func read(t *testing.T, name string) []byte {
	t.Helper()
	return filetest.Read(t, folder+name)
}

// at is the time of the sample events.
var at = time.UnixMilli(frozen)

func TestEvents(t *testing.T) {
	db := sqlitetest.New(t)
	messages, err := outbox.Open(filepath.Join(t.TempDir(), "outbox.jsonl"), func() time.Time { return at },
		func() string { return "id" }, func(outbox.Entry) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { messages.Close() })
	files, err := filepath.Glob(folder + "*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files in %s, %v", len(files), folder, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if strings.HasSuffix(name, ".answer") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := newService(t, db, messages)
			emptyPasswords(t, db.Documents())
			if ofPassword(name) {
				setPIN(t, s.passwords)
			}
			got := answer(t, s.prepared(t, name), read(t, name+".json"))
			filetest.Golden(t, folder+name+".answer.json", got, *update, "go test ./functions -run TestEvents -update")
		})
	}
}

// prepared returns the function of an event, after the calls that it needs before it.
func (s service) prepared(t *testing.T, name string) lambda.Handler {
	t.Helper()
	before := func(h lambda.Handler, event string) {
		if _, err := h.Invoke(context.Background(), read(t, event)); err != nil {
			t.Fatal(err)
		}
	}
	switch kind, _, _ := strings.Cut(name, "-"); kind {
	case "verify", "trigger":
		before(s.init, beforeOf(name)+".json")
		if kind == "verify" {
			return s.verify
		}
	case "set":
		before(s.init, "init-http-api.json")
		before(s.verify, "verify-http-api-right.json")
	case "otp":
		if strings.Contains(name, "verify") {
			before(s.otp, "otp-http-api-send.json")
		}
		return s.otp
	case "cognito":
		if strings.Contains(name, "verify") {
			before(s.cognito, "cognito-create-begin.json")
		}
		return s.cognito
	case "receipts":
		return s.receipts
	}
	return s.init
}

// answer returns the answer of a handler, indented. An error has the form that Lambda gives it.
func answer(t *testing.T, h lambda.Handler, event []byte) []byte {
	t.Helper()
	out, err := h.Invoke(context.Background(), event)
	if err != nil {
		text, _ := json.Marshal(map[string]string{"errorMessage": err.Error(), "errorType": "errorString"})
		out = text
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, out, "", "  "); err != nil {
		t.Fatalf("not JSON: %s", out)
	}
	return append(pretty.Bytes(), '\n')
}
