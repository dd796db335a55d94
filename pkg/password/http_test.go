package password_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/service"
	"countersign/pkg/service/sending"
	"countersign/pkg/telemetry"
	"countersign/pkg/users"
)

const (
	initPath    = "/ams/api/v1/customers/initAuthentication"
	triggerPath = "/ams/api/v1/security/triggerChallenge"
	verifyPath  = "/ams/api/v1/security/verifyAuthentication"
	setPath     = "/ams/api/v1/security/setPassword"
	dashed      = "60-6543216353" // the number, as callers write it
	token       = "canary-wallet-token-0123456789abcdef"
)

// door is both handlers of a deployment.
type door struct {
	*world
	init   *ams.Init
	verify *ams.Verify
	calls  *counting
	code   otp.Code // of the latest message
	broken atomic.Bool
	log    bytes.Buffer
	seen   bytes.Buffer // all answers
}

// counting counts what a request takes.
type counting struct {
	documents.Table
	reads, writes atomic.Int64
	broken        *atomic.Bool
}

func (c *counting) Get(ctx context.Context, key string) ([]byte, int64, error) {
	c.reads.Add(1)
	if c.broken.Load() {
		return nil, 0, errLost
	}
	return c.Table.Get(ctx, key)
}

func (c *counting) Put(ctx context.Context, key string, text []byte, was int64) (bool, error) {
	c.writes.Add(1)
	return c.Table.Put(ctx, key, text, was)
}

// countedStore is the store of challenges, whose requests are counted too.
type countedStore struct {
	service.Store
	c *counting
}

func (s countedStore) Challenge(ctx context.Context, key string) (*otp.Challenge, error) {
	s.c.reads.Add(1)
	return s.Store.Challenge(ctx, key)
}

func (s countedStore) Reserve(
	ctx context.Context, c otp.Challenge, was *otp.Challenge, now otp.Millis,
) (otp.Write, error) {
	s.c.writes.Add(1)
	return s.Store.Reserve(ctx, c, was, now)
}

// Send implements [otp.Sender].
func (d *door) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	d.code = m.Code
	return otp.Accepted, "0123abcd-89ef-4000-8000-000000000001", nil
}

func newDoor(t testing.TB, s stores, cost password.Cost) *door {
	t.Helper()
	d := &door{world: newWorld(t, s, 1)}
	d.calls = &counting{Table: s.table, broken: &d.broken}
	named := map[string]*clients.Client{}
	for _, id := range []string{client, "clear"} {
		named[id] = &clients.Client{
			ID: id, Unsigned: true, Countries: []string{"*"}, Policy: otp.DefaultPolicy(), Brand: "Acme",
			ClearPasswords: id == "clear",
		}
	}
	shared := service.New(service.Ports{
		Store: countedStore{s.challenges.(service.Store), d.calls}, Table: d.calls, Keys: d.keys,
		Find: func(_ context.Context, name string) (*clients.Client, error) {
			if c := named[name]; c != nil {
				return c, nil
			}
			return nil, documents.ErrNotFound
		},
		ClientAge: minute, UnknownAge: minute, Now: d.clock.Now, Rand: rand.Reader,
		Log:   slog.New(slog.NewJSONHandler(&d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Lines: &telemetry.Lines{Stack: "canary-test"},
	})
	shared.Passwords.Cost = cost
	d.init, d.verify = sending.New(shared, d).Init(), shared.Verify()
	return d
}

// reply is what the tests read of an answer.
type reply struct {
	Result struct {
		Code string `json:"resultCode"`
	} `json:"result"`
	AuthID string `json:"authenticationId"`
}

// post makes a request of a client. Its answer must have the code.
func (d *door) post(id, code, path string, fields map[string]any) (r reply) {
	d.t.Helper()
	body, err := json.Marshal(fields)
	if err != nil {
		d.t.Fatal(err)
	}
	request := gateway.Request{Method: "POST", Path: path, Body: body, Headers: map[string][]string{
		"client-id": {id}, "content-type": {"application/json"},
	}}
	serve := d.verify.Serve
	if ams.Sends(ams.Path(request)) {
		serve = d.init.Serve
	}
	resp := serve(d.t.Context(), request)
	fmt.Fprintf(&d.seen, "%s %v\n", resp.Body, resp.Headers)
	if err := json.Unmarshal(resp.Body, &r); err != nil || r.Result.Code != code {
		d.t.Fatalf("%s of %s answered %s, %v, want %s", path, fields["authenticationType"], resp.Body, err, code)
	}
	return r
}

// prove types a code from a message, and returns the challenge.
func (d *door) prove(id, requestID string) (authID string) {
	return d.proveOf(id, requestID, dashed, nil)
}

// proveOf is prove for another number, and for a payment.
func (d *door) proveOf(id, requestID, line string, payment any) (authID string) {
	d.t.Helper()
	d.clock.Advance(10 * minute) // no limit of messages is meant here
	authID = d.send(id, requestID, line, payment)
	d.post(id, "SUCCESS", verifyPath, map[string]any{
		"authenticationRequestId": requestID, "authenticationId": authID, "payment": payment,
		"challengeData": map[string]any{"challengeType": "sms", "otpValue": string(d.code)},
	})
	return authID
}

// send sends a code.
func (d *door) send(id, requestID, line string, payment any) (authID string) {
	d.t.Helper()
	return d.post(id, "SUCCESS", initPath, map[string]any{
		"authenticationRequestId": requestID, "authenticationMethod": "OTP", "authenticationType": "SMS",
		"identityType": "MOBILENO", "identityValue": line, "payment": payment,
	}).AuthID
}

// seal encrypts a password as a caller does.
func (d *door) seal(authID string, typed password.Clear) string {
	d.t.Helper()
	der, err := base64.StdEncoding.DecodeString(d.processes[0].ChallengeKey(d.t.Context()).PublicKey)
	if err != nil {
		d.t.Fatal(err)
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		d.t.Fatal(err)
	}
	box, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, key.(*rsa.PublicKey), []byte(authID+"."+string(typed)), nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(box)
}

// start asks for a password.
func (d *door) start(id, code, requestID string, k password.Kind, line string) (authID string) {
	d.t.Helper()
	return d.post(id, code, initPath, map[string]any{
		"authenticationRequestId": requestID, "authenticationMethod": "PASSWORD", "authenticationType": k,
		"identityType": "MOBILENO", "identityValue": line,
	}).AuthID
}

// enter types a password, in the form in which it is sent.
func (d *door) enter(id, code, requestID, authID string, k password.Kind, value string) {
	d.t.Helper()
	d.post(id, code, verifyPath, map[string]any{
		"authenticationRequestId": requestID, "authenticationId": authID,
		"challengeData": map[string]any{"challengeType": k.ChallengeType(), "passwordValue": value},
	})
}

// choose sets a password by a proof.
func (d *door) choose(id, code, authID string, k password.Kind, value string) {
	d.t.Helper()
	d.chooseFor(id, code, authID, k, dashed, value)
}

// chooseFor is choose for another number.
func (d *door) chooseFor(id, code, authID string, k password.Kind, line, value string) {
	d.t.Helper()
	d.post(id, code, setPath, map[string]any{
		"authenticationId": authID, "authenticationType": k, "identityType": "MOBILENO", "identityValue": line,
		"passwordValue": value,
	})
}

// directory is the users of the client, of whom "canary" has the number and the wallet token.
func (d *door) directory() registry.Users {
	d.t.Helper()
	list := registry.Users{Directory: users.Directory{Table: d.table, Sealer: d.keys, Now: d.clock.Now}}
	_, err := d.table.Put(d.t.Context(), clients.DocumentKey(client), []byte("{}"), 0)
	if err := errors.Join(err,
		list.Add(d.t.Context(), client, "someone", dashed),
		list.AddToken(d.t.Context(), client, "someone", token, time.Time{}),
	); err != nil {
		d.t.Fatal(err)
	}
	return list
}
