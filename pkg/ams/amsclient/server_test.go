package amsclient_test

import (
	"crypto/rand"
	"crypto/rsa"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"time"

	"countersign/pkg/ams/amsclient"
	"countersign/pkg/signature"
)

const (
	contracts = "../testdata/contracts/"
	clientID  = "TEST_5X00000000000000"
)

// must is for files and keys of the test data, which cannot fail.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func file(name string) []byte { return must(os.ReadFile(contracts + name)) }

var (
	clientKey = signature.Key{
		Version: "1", Private: must(signature.ParsePrivateKey(file("ams-test-client.key.pem"))),
	}
	clientPublic = must(signature.ParsePublicKey(file("ams-test-client.pub.pem")))
	serverKey    = signature.Key{
		Version: "1", Private: must(signature.ParsePrivateKey(file("ams-test-server.key.pem"))),
	}
	serverPublic = must(signature.ParsePublicKey(file("ams-test-server.pub.pem")))
)

// clock is the time of the worked example.
func clock() time.Time { return time.UnixMilli(1685599933871) }

// server stands in for the service: it records each request and signs its answers with the published test key.
type server struct {
	*httptest.Server
	base   string                   // the part of each path that the server does not see
	answer func(path string) string // the body for a path with its query
	spoil  func(*reply)             // changes the reply after it was signed; nil for none

	mu  sync.Mutex
	got []received
}

// received is a request as it arrived.
type received struct {
	method, uri, body string
	header            http.Header
	signed            []byte // the text that its signature must cover
	verifies          bool
}

// reply is the reply that the server is about to send.
type reply struct {
	status int
	header map[string][]string
	body   []byte

	uri string // of the request, to sign again
}

func start(answer func(path string) string) *server {
	s := &server{answer: answer}
	s.Server = httptest.NewServer(s)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := must(io.ReadAll(r.Body))
	r.RequestURI = strings.TrimPrefix(r.RequestURI, s.base)
	in := received{method: r.Method, uri: r.RequestURI, body: string(body), header: r.Header}
	in.signed = signature.Text(r.Method, r.RequestURI, r.Header.Get("Client-Id"), r.Header.Get("Request-Time"), body)
	if h, err := signature.Parse(r.Header.Get("Signature")); err == nil {
		in.verifies = h.Version == "1" && h.Verify(clientPublic, in.signed)
	}
	s.mu.Lock()
	s.got = append(s.got, in)
	s.mu.Unlock()

	out := &reply{status: 200, body: []byte(s.answer(r.RequestURI)), uri: r.RequestURI, header: map[string][]string{
		"Content-Type": {"application/json; charset=UTF-8"}, "client-id": {r.Header.Get("Client-Id")},
		"response-time": {"2023-06-01T06:12:14+00:00"},
	}}
	out.sign(serverKey, r.Method, r.RequestURI)
	if s.spoil != nil {
		s.spoil(out)
	}
	for name, lines := range out.header {
		w.Header()[name] = lines // as it is spelled
	}
	w.WriteHeader(out.status)
	w.Write(out.body)
}

func (r *reply) sign(k signature.Key, method, uri string) {
	r.header["signature"] = []string{
		must(k.Sign(signature.Text(method, uri, r.header["client-id"][0], r.header["response-time"][0], r.body))),
	}
}

// requests returns the requests so far.
func (s *server) requests() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

// client returns a client that signs its requests and knows the server's key.
func (s *server) client() *amsclient.Client {
	return &amsclient.Client{
		URL: s.URL, ID: clientID, Key: clientKey, Servers: map[string]*rsa.PublicKey{"1": serverPublic},
		HTTP: s.Client(), Now: clock, Rand: rand.Reader,
	}
}

// bodyOf returns the body of an HTTP message in the test data.
func bodyOf(name string) string {
	_, body, _ := strings.Cut(string(file(name)), "\r\n\r\n")
	return body
}
