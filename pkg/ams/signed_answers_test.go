package ams_test

import (
	"strings"
	"testing"

	"countersign/pkg/ams"
	"countersign/pkg/gateway"
	"countersign/pkg/signature"
)

// Answers are signed, including refusals, faults, and answers to unknown clients.
func TestAnswersAreSigned(t *testing.T) {
	s := trusted(t)
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	query := func(query string) edit { return func(r *gateway.Request) { r.Query = query } }
	get := func(r *gateway.Request) { r.Method = "GET" }
	s.signedAnswer("success", merchant, "POST", initPath, s.post(initPath, docRequest, sign))
	s.signedAnswer("a query", merchant, "POST", initPath+"?a=%20b&c",
		s.post(initPath, docRequest, query("a=%20b&c"), sign))
	s.signedAnswer("a query in UTF-8", merchant, "POST", initPath+"?a=é",
		s.post(initPath, docRequest, query("a=é"), sign))
	s.signedAnswer("unsigned client", "demo", "POST", initPath, s.post(initPath, docRequest))
	s.signedAnswer("refused", merchant, "POST", initPath, s.post(initPath, docRequest, sign, header("signature")))
	s.signedAnswer("unknown client", "nobody", "POST", initPath, s.post(initPath, docRequest, client("nobody")))
	s.signedAnswer("no such path", "demo", "POST", "/ams/nothing", s.post("/ams/nothing", docRequest))
	s.signedAnswer("another method", "demo", "GET", initPath, s.post(initPath, "", get))
	s.broken.Store(true)
	s.signedAnswer("fault", "demo", "POST", verifyPath, s.post(verifyPath, docVerify))
}

// signedAnswer checks the signature of an answer, and the three headers that carry it.
func (s *service) signedAnswer(name, client, method, target string, r gateway.Response) {
	s.t.Helper()
	server := &privateKey(s.t, "ams-test-server.key.pem").PublicKey
	header, at := r.Headers["signature"], r.Headers["response-time"]
	h, err := signature.Parse(header)
	if err != nil || !h.Verify(server, signature.Text(method, target, client, at, r.Body)) {
		s.t.Errorf("%s: the signature does not verify: %v, headers %v", name, err, r.Headers)
	}
	if r.Headers["client-id"] != client {
		s.t.Errorf("%s: client-id %s, want %s", name, r.Headers["client-id"], client)
	}
	if want := s.now.UTC().Format("2006-01-02T15:04:05+00:00"); at != want {
		s.t.Errorf("%s: response-time %s, want %s", name, at, want)
	}
	if !strings.HasPrefix(header, "algorithm=RSA256,keyVersion=1,signature=") || strings.ContainsAny(header, " +/") {
		s.t.Errorf("%s: signature %s, want it percent-encoded under version 1", name, header)
	}
}

// The answer has none of the three headers if the Client-Id is malformed, if the request line could not be signed
// safely, or if the request is an object without headers.
func TestUnsignableRequests(t *testing.T) {
	s := trusted(t)
	for name, edit := range map[string]edit{
		"no client":                 header("client-id"),
		"two clients":               header("client-id", "demo", "demo"),
		"malformed client":          header("client-id", "a.b"),
		"a line feed in the path":   func(r *gateway.Request) { r.Path = "/ams/x HTTP\nVICTIM.1685599933871.{}" },
		"a line feed in the query":  func(r *gateway.Request) { r.Query = "a\nb" },
		"a space in the path":       func(r *gateway.Request) { r.Path = "/ams/x y" },
		"a line feed in the method": func(r *gateway.Request) { r.Method = "POST /x\ny" },
	} {
		resp := s.post(verifyPath, docVerify, edit)
		for _, header := range []string{"client-id", "response-time", "signature"} {
			if resp.Headers[header] != "" {
				t.Errorf("%s: the answer has %s", name, header)
			}
		}
	}
	s.broken.Store(true) // a request object passes the gate without a signature and reaches the store
	resp := s.direct(merchant, docRequest)
	if got := parse(t, resp).Result.Code; got != "UNKNOWN_EXCEPTION" || resp.Headers["signature"] != "" {
		t.Errorf("a request object: %s, headers %v", got, resp.Headers)
	}
}

// If the signer fails, the answer is unsigned and the log has the cause: the message is sent already.
func TestUnsignedAnswer(t *testing.T) {
	s := trusted(t)
	s.init.Answers = ams.NewAnswers(signing{})
	resp := s.post(initPath, docRequest)
	signed := resp.Headers["signature"] != "" || resp.Headers["client-id"] != ""
	if parse(t, resp).Result.Code != "SUCCESS" || signed {
		t.Errorf("answered %s with %v, want SUCCESS unsigned", resp.Body, resp.Headers)
	}
	if log := s.log.String(); !strings.Contains(log, "no key to sign") {
		t.Errorf("logged %s", log)
	}
}
