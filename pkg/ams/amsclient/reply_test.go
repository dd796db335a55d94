package amsclient_test

import (
	"crypto/rsa"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"countersign/pkg/ams/amsclient"
	"countersign/pkg/signature"
)

// spoiled is a reply that fails a check.
type spoiled struct {
	spoil  func(*reply)
	check  amsclient.Check
	detail string // a part of the error's Detail
}

func TestRepliesRefused(t *testing.T) {
	for _, replies := range []map[string]spoiled{
		repliesWithoutHeader, repliesForAnother, repliesChanged, repliesOverHTTP, repliesWithBadBody,
	} {
		for name, c := range replies {
			t.Run(name, func(t *testing.T) {
				s := start(func(string) string { return ok })
				defer s.Close()
				s.spoil = c.spoil
				got, err := s.client().Init(t.Context(), amsclient.InitRequest{AuthenticationRequestID: "R1"})
				var refused *amsclient.ReplyError
				failed := errors.As(err, &refused) && refused.Check == c.check
				if !failed || !strings.Contains(refused.Detail, c.detail) {
					t.Fatalf("%v, want a failed check of %s with %q", err, c.check, c.detail)
				}
				if text := err.Error(); strings.Contains(text, "canary") || !strings.Contains(text, string(c.check)) {
					t.Errorf("%v, want the name of the check and nothing of the reply", err)
				}
				if !reflect.DeepEqual(got, amsclient.Answer{}) {
					t.Errorf("returned %+v of a refused reply", got)
				}
				if n := len(s.requests()); n != 1 {
					t.Errorf("%d requests were sent, want 1", n)
				}
			})
		}
	}
}

// The functions below change a reply after the server has signed it.

func without(names ...string) func(*reply) {
	return func(r *reply) {
		for _, name := range names {
			delete(r.header, name)
		}
	}
}

func set(name string, lines ...string) func(*reply) {
	return func(r *reply) { r.header[name] = lines }
}

func twice(name string) func(*reply) {
	return func(r *reply) { r.header[name] = append(r.header[name], "x") }
}

func inSignature(old, new string) func(*reply) {
	return func(r *reply) { r.header["signature"][0] = strings.ReplaceAll(r.header["signature"][0], old, new) }
}

func status(code int, header ...string) func(*reply) {
	return func(r *reply) {
		r.status = code
		if len(header) > 0 {
			r.header[header[0]] = header[1:]
		}
	}
}

// signed makes a change and has the server sign the changed reply.
func signed(change func(*reply)) func(*reply) {
	return func(r *reply) { change(r); r.sign(serverKey, "POST", r.uri) }
}

func body(text string) func(*reply) { return signed(func(r *reply) { r.body = []byte(text) }) }

func flip(index func(*reply) int) func(*reply) {
	return func(r *reply) { r.body[index(r)] ^= 1 }
}

// Client-Id, Response-Time and Signature must each be there once.
var repliesWithoutHeader = map[string]spoiled{
	"nothing signed": {
		without("client-id", "response-time", "signature"), amsclient.Signature, "Client-Id is malformed",
	},
	"no signature":         {without("signature"), amsclient.Signature, "once"},
	"only a signature":     {without("client-id", "response-time"), amsclient.ClientID, "once"},
	"only a client-id":     {without("signature", "response-time"), amsclient.ResponseTime, "once"},
	"only a response-time": {without("signature", "client-id"), amsclient.ClientID, "once"},
	"no client-id":         {without("client-id"), amsclient.ClientID, "once"},
	"no response-time":     {without("response-time"), amsclient.ResponseTime, "once"},
	"empty response-time":  {signed(set("response-time", "")), amsclient.ResponseTime, "once"},
	"empty signature":      {set("signature", ""), amsclient.Signature, "once"},
	"two client-ids":       {set("client-id", clientID, clientID), amsclient.ClientID, "once"},
	"two response-times":   {twice("response-time"), amsclient.ResponseTime, "once"},
	"two signatures":       {twice("signature"), amsclient.Signature, "once"},
}

// A reply must be for this client and this request.
var repliesForAnother = map[string]spoiled{
	"another client's":      {set("client-id", "TEST_other"), amsclient.ClientID, "that was sent"},
	"signed for another":    {signed(set("client-id", "TEST_other")), amsclient.ClientID, "that was sent"},
	"client-id, other case": {set("client-id", strings.ToLower(clientID)), amsclient.ClientID, "that was sent"},
	"for another path": {
		func(r *reply) { r.sign(serverKey, "POST", "/ams/api/v1/users/verifyAuthentication") },
		amsclient.Signature, "does not verify",
	},
	"for another query": {
		func(r *reply) { r.sign(serverKey, "POST", r.uri+"?") }, amsclient.Signature, "does not verify",
	},
	"for another method": {
		func(r *reply) { r.sign(serverKey, "GET", r.uri) }, amsclient.Signature, "does not verify",
	},
}

// The signature must be well formed, by a known key, and over this time and body.
var repliesChanged = map[string]spoiled{
	"time changed": {
		set("response-time", "2023-06-01T06:12:15+00:00"), amsclient.Signature, "does not verify",
	},
	"first bit of the body": {flip(func(*reply) int { return 0 }), amsclient.Signature, "does not verify"},
	"a bit of the body":     {flip(func(*reply) int { return 40 }), amsclient.Signature, "does not verify"},
	"last bit of the body": {
		flip(func(r *reply) int { return len(r.body) - 1 }), amsclient.Signature, "does not verify",
	},
	"a line feed more": {
		func(r *reply) { r.body = append(r.body, '\n') }, amsclient.Signature, "does not verify",
	},
	"no body": {func(r *reply) { r.body = nil }, amsclient.Signature, "does not verify"},
	"by the client's key": {
		func(r *reply) { r.sign(clientKey, "POST", r.uri) }, amsclient.Signature, "does not verify",
	},
	"unknown keyVersion": {
		func(r *reply) { r.sign(signature.Key{Version: "2", Private: serverKey.Private}, "POST", r.uri) },
		amsclient.Signature, "keyVersion",
	},
	"no keyVersion":       {inSignature("keyVersion=1,", ""), amsclient.Signature, "keyVersion"},
	"not percent-encoded": {inSignature("%3D", "="), amsclient.Signature, "percent-encoded"},
	"algorithm none":      {inSignature("RSA256", "none"), amsclient.Signature, "RSA256"},
}

// The API answers every request with status 200, JSON, and at most 64 KiB.
var repliesOverHTTP = map[string]spoiled{
	"status 500":            {status(500), amsclient.Status, "500, expected 200"},
	"status 201":            {status(201), amsclient.Status, "201, expected 200"},
	"redirect that repeats": {status(307, "Location", "/elsewhere"), amsclient.Status, "307, expected 200"},
	"redirect":              {status(302, "Location", "/elsewhere"), amsclient.Status, "302, expected 200"},
	"HTML":                  {set("Content-Type", "text/html"), amsclient.ContentType, "application/json"},
	"no Content-Type":       {set("Content-Type"), amsclient.ContentType, "application/json"},
	"JSON in another type":  {set("Content-Type", "application/jsonp"), amsclient.ContentType, "application/json"},
	"64 KiB and a byte":     {body(padded(64<<10 + 1)), amsclient.Size, "65536 bytes"},
	"1 MB":                  {body(padded(1 << 20)), amsclient.Size, "65536 bytes"},
}

// A signed body must still be one JSON object with a result.
var repliesWithBadBody = map[string]spoiled{
	"signed, empty":     {body(""), amsclient.Body, "resultStatus"},
	"signed, HTML":      {body("<html>canary</html>"), amsclient.Body, "resultStatus"},
	"signed, null":      {body("null"), amsclient.Body, "resultStatus"},
	"signed, no result": {body(`{"isPassed":true}`), amsclient.Body, "resultStatus"},
	"signed, no status": {body(`{"result":{"resultCode":"SUCCESS"}}`), amsclient.Body, "resultStatus"},
	"signed, unknown status": {
		body(`{"result":{"resultCode":"SUCCESS","resultStatus":"canary"}}`), amsclient.Body, "resultStatus",
	},
	"signed, no code": {body(`{"result":{"resultStatus":"S"}}`), amsclient.Body, "resultStatus"},
	"signed, string": {
		body(`{"isPassed":"true","result":{"resultCode":"SUCCESS","resultStatus":"S"}}`),
		amsclient.Body, "resultStatus",
	},
	"signed, two objects": {body(ok + ok), amsclient.Body, "resultStatus"},
}

func padded(size int) string { return ok + strings.Repeat(" ", size-len(ok)) }

// These replies differ from the usual one and pass every check.
func TestRepliesAccepted(t *testing.T) {
	for name, spoil := range map[string]func(*reply){
		"64 KiB": body(padded(64 << 10)),
		"a next key": func(r *reply) {
			r.sign(signature.Key{Version: "next", Private: clientKey.Private}, "POST", r.uri)
		},
		"milliseconds":        signed(set("response-time", "1685599934000")),
		"Content-Type, plain": set("Content-Type", "Application/JSON"),
		"spaces in signature": inSignature(",", ", "),
		"canonical names": func(r *reply) {
			for name, lines := range r.header {
				delete(r.header, name)
				r.header[http.CanonicalHeaderKey(name)] = lines
			}
		},
	} {
		s := start(func(string) string { return ok })
		s.spoil = spoil
		c := s.client()
		c.Servers = map[string]*rsa.PublicKey{"1": serverPublic, "next": clientPublic}
		if got, err := c.Init(t.Context(), amsclient.InitRequest{}); err != nil || got.Result.Code != "SUCCESS" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		s.Close()
	}
}
