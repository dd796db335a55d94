package localserver

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/outbox"
	"countersign/pkg/phone/plan"
	"countersign/pkg/sqlitestore"
)

// handlers are both functions on SQLite on disk, as serve wires them.
func handlers(b *testing.B) (init, verify gateway.Handler, codes *[]string) {
	b.Helper()
	dir := b.TempDir()
	db, err := sqlitestore.Open(filepath.Join(dir, "countersign.db"))
	if err != nil {
		b.Fatal(err)
	}
	codes = new([]string)
	messages, err := outbox.Open(filepath.Join(dir, "outbox.jsonl"), time.Now, rand.Text,
		func(e outbox.Entry) { *codes = append(*codes, e.Code) })
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close(); messages.Close() })
	keys, err := otp.NewKeys(otp.Secrets{1: make([]byte, otp.MinSecret)}, 1,
		otp.Secrets{1: make([]byte, otp.MinSecret)})
	if err != nil {
		b.Fatal(err)
	}
	gate := &ams.Gate{Door: &admission.Door{
		Clients: clients.Static{"demo": {ID: "demo", Unsigned: true, Countries: []string{"*"},
			Policy: otp.DefaultPolicy(), Brand: "Countersign"}},
		Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	}}
	issuer := otp.Issuer{Challenges: db, Ledgers: db, Sender: messages, Keys: keys, Now: time.Now, Rand: rand.Reader}
	verifier := otp.Verifier{Challenges: db, Keys: keys, Now: time.Now, Rand: rand.Reader}
	return gateway.Handler{Serve: (&ams.Init{Gate: gate, Messages: admission.Messages{Lookup: plan.Lookup,
			Text: message.For, Issuer: issuer}}).Serve},
		gateway.Handler{Serve: (&ams.Verify{Gate: gate, Verifier: verifier}).Serve}, codes
}

// event2 is what API Gateway makes of a request of the demo client.
func event2(path, body string) []byte {
	return fmt.Appendf(nil, `{"version":"2.0","routeKey":"$default","rawPath":%q,"rawQueryString":"",`+
		`"headers":{"accept":"*/*","client-id":"demo","content-length":"%d","content-type":"application/json",`+
		`"host":"x","user-agent":"bench"},"requestContext":{"accountId":"1","http":{"method":"POST","path":%q,`+
		`"protocol":"HTTP/1.1","sourceIp":"127.0.0.1","userAgent":"bench"},"stage":"$default"},`+
		`"body":%q,"isBase64Encoded":false}`, path, len(body), path, body)
}

// call invokes a handler and wants a text in its answer.
func call(b *testing.B, h gateway.Handler, event []byte, want string) {
	out, err := h.Invoke(b.Context(), event)
	if err != nil || !strings.Contains(string(out), want) {
		b.Fatalf("%v %s", err, out)
	}
}

var serial atomic.Int64 // numbers are not used twice, whatever b.N

func BenchmarkInit(b *testing.B) {
	init, _, _ := handlers(b)
	b.ReportAllocs()
	for b.Loop() {
		n := serial.Add(1)
		call(b, init, event2(initPath, initBody(fmt.Sprint("bench", n), fmt.Sprintf("60-1%09d", n))), "SUCCESS")
	}
}

func BenchmarkInitReplay(b *testing.B) {
	init, _, _ := handlers(b)
	event := event2(initPath, initBody("bench", "60-1111111111"))
	b.ReportAllocs()
	for b.Loop() {
		call(b, init, event, "SUCCESS")
	}
}

// challenges makes as many as a benchmark of verify may need.
func challenges(b *testing.B, init gateway.Handler, n int) {
	for i := range n {
		call(b, init, event2(initPath, initBody(fmt.Sprint("bench", i), fmt.Sprintf("60-1%09d", i))), "SUCCESS")
	}
}

func BenchmarkVerifyRight(b *testing.B) {
	init, verify, codes := handlers(b)
	challenges(b, init, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		call(b, verify, event2(verifyPath, verifyBody(fmt.Sprint("bench", i), (*codes)[i])), "true")
	}
}

func BenchmarkVerifyWrong(b *testing.B) {
	init, verify, codes := handlers(b)
	const each = 4 // wrong guesses at one challenge
	challenges(b, init, b.N/each+1)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		code := []byte((*codes)[i/each])
		code[0] = '0' + (code[0]-'0'+1)%10
		call(b, verify, event2(verifyPath, verifyBody(fmt.Sprint("bench", i/each), string(code))), "VERIFY_UNMATCHED")
	}
}

func BenchmarkVerifyMalformed(b *testing.B) {
	_, verify, _ := handlers(b)
	event := event2(verifyPath, verifyBody("bench", "12 34"))
	b.ReportAllocs()
	for b.Loop() {
		call(b, verify, event, "PARAM_ILLEGAL")
	}
}
