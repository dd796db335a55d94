package localserver

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/gateway"
	"countersign/pkg/service"
)

// unsigned is a keyring without a key that signs answers. A signature takes ten times as long
// as all the rest of an init.
type unsigned struct{ service.Keyring }

func (unsigned) Signing(context.Context) (string, *rsa.PrivateKey, bool) { return "", nil, false }

// functions returns handlers of events, wired as those of the server on SQLite on disk.
func functions(b *testing.B) (s *scene, init, verify gateway.Handler) {
	b.Helper()
	s = stage(b, captures{})
	s.ports.Defaults.Unsigned = true
	demo := clients.Record{ // as the built-in one, with room for all that nobody answers
		ID: demoID, Unsigned: true, Countries: []string{"*"},
		Guard: clients.Guard{NewCountries: clients.MaxNewCountries},
	}
	to := registry.Registry{
		Table: s.users.Table, Sealer: s.users.Sealer, Defaults: s.ports.Defaults, Now: s.now, Rand: rand.Reader,
	}
	if err := to.Add(b.Context(), demo, nil); err != nil {
		b.Fatal(err)
	}
	s.ports.Keys = unsigned{s.ports.Keys}
	local := newServer(s.store, s.outbox, s.outbox, s.ports)
	return s, gateway.Handler{Serve: local.init}, gateway.Handler{Serve: local.verify}
}

// apiEvent is the event that API Gateway makes of a request of client demo.
func apiEvent(path, body string) []byte {
	return fmt.Appendf(nil, `{"version":"2.0","routeKey":"$default","rawPath":%q,"rawQueryString":"",`+
		`"headers":{"accept":"*/*","client-id":"demo","content-length":"%d","content-type":"application/json",`+
		`"host":"x","user-agent":"bench"},"requestContext":{"accountId":"1","http":{"method":"POST","path":%q,`+
		`"protocol":"HTTP/1.1","sourceIp":"127.0.0.1","userAgent":"bench"},"stage":"$default"},`+
		`"body":%q,"isBase64Encoded":false}`, path, len(body), path, body)
}

// call invokes a handler, and fails if its answer does not have a text.
func call(b *testing.B, h gateway.Handler, event []byte, want string) {
	out, err := h.Invoke(b.Context(), event)
	if err != nil || !strings.Contains(string(out), want) {
		b.Fatalf("answered %s, %v, want %s", out, err, want)
	}
}

// benchInit is the event of init for the n-th of all numbers. Each is in another block than the one before: the guard
// allows eight messages to one that nobody answers.
func benchInit(n int64) []byte {
	const blocks = 100_000
	return apiEvent(initPath, initBody(fmt.Sprint("bench", n), fmt.Sprintf("60-3%05d%04d", n%blocks, n/blocks)))
}

// benchVerify is the event that checks a code of the n-th challenge.
func benchVerify(n int, code string) []byte {
	return apiEvent(verifyPath, verifyBody(fmt.Sprint("bench", n), code))
}

// serial counts the numbers, so that no run of a benchmark uses a number twice.
var serial atomic.Int64

func BenchmarkInit(b *testing.B) {
	_, init, _ := functions(b)
	b.ReportAllocs()
	for b.Loop() {
		call(b, init, benchInit(serial.Add(1)), "SUCCESS")
	}
}

func BenchmarkInitReplay(b *testing.B) {
	_, init, _ := functions(b)
	event := benchInit(1)
	b.ReportAllocs()
	for b.Loop() {
		call(b, init, event, "SUCCESS")
	}
}

// challenges sends n codes and returns them in order.
func challenges(b *testing.B, s *scene, init gateway.Handler, n int) []string {
	b.Helper()
	for i := range n {
		call(b, init, benchInit(int64(i)), "SUCCESS")
	}
	entries, err := s.outbox.List("")
	if err != nil || len(entries) != n {
		b.Fatalf("%d messages, %v, want %d", len(entries), err, n)
	}
	codes := make([]string, n)
	for i, e := range entries { // the newest is the first
		codes[n-1-i] = e.Code
	}
	return codes
}

func BenchmarkVerifyRight(b *testing.B) {
	s, init, verify := functions(b)
	codes := challenges(b, s, init, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		call(b, verify, benchVerify(i, codes[i]), "true")
	}
}

func BenchmarkVerifyWrong(b *testing.B) {
	s, init, verify := functions(b)
	const each = 4 // wrong guesses at one challenge
	codes := challenges(b, s, init, b.N/each+1)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		code := []byte(codes[i/each])
		code[0] = '0' + (code[0]-'0'+1)%10
		call(b, verify, benchVerify(i/each, string(code)), "VERIFY_UNMATCHED")
	}
}

func BenchmarkVerifyMalformed(b *testing.B) {
	_, _, verify := functions(b)
	event := benchVerify(0, "12 34")
	b.ReportAllocs()
	for b.Loop() {
		call(b, verify, event, "PARAM_ILLEGAL")
	}
}
