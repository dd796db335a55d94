package ams_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/docs/openapitest"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// vault is a service with passwords, whose writes of documents are counted too.
type vault struct {
	*service
	users    registry.Users
	accounts *password.Accounts
	keys     *passwordKeys
	proofs   int
}

// passwordKeys are keys of passwords of which a test has each version.
type passwordKeys struct {
	peppers map[int][]byte
	pepper  int
	encrypt map[string]*rsa.PrivateKey
	newest  string
}

func (k *passwordKeys) Pepper(context.Context) (int, []byte)           { return k.pepper, k.peppers[k.pepper] }
func (k *passwordKeys) PepperOf(_ context.Context, version int) []byte { return k.peppers[version] }
func (k *passwordKeys) Encryption(context.Context) (string, *rsa.PrivateKey) {
	return k.newest, k.encrypt[k.newest]
}
func (k *passwordKeys) EncryptionOf(_ context.Context, version string) *rsa.PrivateKey {
	return k.encrypt[version]
}

// rsaKeys are made once, as that takes long.
var rsaKeys = sync.OnceValue(func() (keys [3]*rsa.PrivateKey) {
	for i := range keys {
		keys[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return keys
})

// written is a table of documents that counts writes.
type written struct {
	documents.Table
	s *service
}

func (w written) Put(ctx context.Context, key string, text []byte, was int64) (bool, error) {
	w.s.writes.Add(1)
	return w.Table.Put(ctx, key, text, was)
}

// encoding is a sealer that writes base64, for texts that are random bytes.
type encoding struct{}

func (encoding) Seal(_ context.Context, text []byte, _ string) (string, error) {
	return base64.StdEncoding.EncodeToString(text), nil
}

func (encoding) Open(_ context.Context, sealed, _ string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(sealed)
}

const (
	pin   = "482915"
	login = "correct horse"
)

// newVault has the second version of each key in force, and the client's limits of messages do not matter.
func newVault(t *testing.T) *vault {
	t.Helper()
	s, directory := withUsers(t)
	c := s.clients["demo"]
	c.Policy.Cooldown, c.Policy.PerHour, c.Policy.PerDay, c.Policy.Unanswered = 0, 100, 100, 100
	v := &vault{service: s, users: directory, keys: &passwordKeys{
		peppers: map[int][]byte{1: []byte(strings.Repeat("a", 32)), 2: []byte(strings.Repeat("b", 32))}, pepper: 2,
		encrypt: map[string]*rsa.PrivateKey{"1": rsaKeys()[1], "2": rsaKeys()[2]}, newest: "2",
	}}
	clock := func() time.Time { return s.now }
	v.accounts = password.New(written{directory.Table, s}, encoding{}, v.keys, clock, rand.Reader)
	v.accounts.Cost = password.Cost{Memory: 8, Passes: 1, Lanes: 1}
	s.init.Passwords, s.verify.Passwords = v.accounts, v.accounts
	return v
}

// described posts a body and wants the answer in the description.
func (v *vault) described(path, body string, edit ...edit) gateway.Response {
	v.t.Helper()
	resp := v.post(path, body, edit...)
	header := http.Header{}
	for name, value := range resp.Headers {
		header.Set(name, value)
	}
	if err := openapitest.Answer("POST", path, resp.Status, header, resp.Body); err != nil {
		v.t.Error(err)
	}
	return resp
}

// wants is [service.expect] with a described answer.
func (v *vault) wants(code, path, body string, edit ...edit) reply {
	v.t.Helper()
	resp := v.described(path, body, edit...)
	got := parse(v.t, resp)
	if got.Result.Code != code {
		v.t.Errorf("%s %s\nanswered %s, want %s", path, clip(body), resp.Body, code)
	}
	return got
}

// unwritten is wants for a request that changes nothing.
func (v *vault) unwritten(code, path, body string, edit ...edit) reply {
	v.t.Helper()
	writes, sends := v.writes.Load(), v.sends.Load()
	got := v.wants(code, path, body, edit...)
	if v.writes.Load() != writes || v.sends.Load() != sends {
		v.t.Errorf("%s %s wrote %d times and sent %d messages", path, clip(body), v.writes.Load()-writes,
			v.sends.Load()-sends)
	}
	return got
}

// box encrypts a text for a version of the key.
func (v *vault) box(version, text string) string {
	v.t.Helper()
	box, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &v.keys.encrypt[version].PublicKey, []byte(text), nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(box)
}

// seal encrypts a password for a challenge, to the key in force.
func (v *vault) seal(authID, typed string) string { return v.box(v.keys.newest, authID+"."+typed) }

// sentTo sends a code to a number, and returns both ids and the code.
func (v *vault) sentTo(number string) (id, authID, code string) {
	v.t.Helper()
	v.proofs++
	id = fmt.Sprint("proof", v.proofs)
	body := strings.Replace(initBody(id), "60-6543216353", number, 1)
	authID = v.wants("SUCCESS", initPath, body).AuthID
	return id, authID, v.code.Load().(string)
}

// proof returns the authenticationId of a code that was typed for a number.
func (v *vault) proof(number string) (authID string) {
	v.t.Helper()
	id, authID, code := v.sentTo(number)
	v.wants("SUCCESS", verifyPath, verifyBody(id, code))
	return authID
}

const number = "60-6543216353"

// set sets a password of the number.
func (v *vault) set(kind, typed string) {
	v.t.Helper()
	proof := v.proof(number)
	v.wants("SUCCESS", setPath, settingBody(proof, kind, v.seal(proof, typed)))
}

// ask asks for a password, and returns the authenticationId.
func (v *vault) ask(id, kind string) (authID string) {
	v.t.Helper()
	return v.wants("SUCCESS", initPath, askBody(id, kind)).AuthID
}

// guess types a password.
func (v *vault) guess(want, id, authID, kind, typed string) {
	v.t.Helper()
	body := guessBody(id, authID, kind, v.seal(authID, typed))
	resp := v.described(securityPath, body)
	reply := parse(v.t, resp)
	got := reply.Result.Code + " " + reply.Result.Status + " " + reply.Result.Message
	if reply.IsPassed != nil {
		got = fmt.Sprintf("isPassed=%v ", *reply.IsPassed) + got
	}
	if got != want {
		v.t.Errorf("a guess at %s answered %s\nwant %s", id, got, want)
	}
}

// stored is the challenge under an id as it is stored.
func (v *vault) stored(id string) otp.Challenge {
	v.t.Helper()
	c, err := v.init.Messages.Issuer.Challenges.Challenge(v.t.Context(), otp.ChallengeKey("demo", id))
	if err != nil || c == nil {
		v.t.Fatal(c, err)
	}
	return *c
}

// wrong is how many guesses at a password of the number are counted.
func (v *vault) wrong(kind password.Kind) int {
	v.t.Helper()
	states, err := v.accounts.States(v.t.Context(), "demo", "+606543216353")
	if err != nil {
		v.t.Fatal(err)
	}
	i := slices.IndexFunc(states, func(s password.State) bool { return s.Kind == kind })
	if i < 0 {
		return -1
	}
	return states[i].Wrong
}

const passed = "isPassed=true " + success
