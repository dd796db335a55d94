package ams_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/filetest"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/signature"
)

// contract reads a file of the contract's test data.
func contract(t testing.TB, name string) []byte {
	t.Helper()
	return filetest.Read(t, "testdata/contracts/"+name)
}

func privateKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	key, err := signature.ParsePrivateKey(contract(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// merchant is the client of the contract's test data.
const merchant = "TEST_5X00000000000000"

// trusted returns a service that has the merchant's public key and signs its answers.
func trusted(t testing.TB) *service {
	t.Helper()
	s := newService(t)
	key := privateKey(t, "ams-test-client.key.pem")
	s.clients[merchant] = &clients.Client{
		ID: merchant, Keys: map[string]*rsa.PublicKey{"1": &key.PublicKey}, LatestKey: "1", Window: 10 * time.Minute,
		Countries: []string{"*"}, Policy: otp.DefaultPolicy(), Brand: "Acme",
	}
	s.init.Answers = ams.NewAnswers(signing{privateKey(t, "ams-test-server.key.pem")})
	return s
}

type signing struct{ key *rsa.PrivateKey }

func (s signing) Signing(context.Context) (string, *rsa.PrivateKey, bool) {
	return "1", s.key, s.key != nil
}

// signed makes a request one of the merchant's and signs it. A later edit makes the signature wrong.
func signed(t testing.TB, s *service, key *rsa.PrivateKey) edit {
	return func(r *gateway.Request) {
		now := fmt.Sprint(s.now.UnixMilli())
		target := r.Path
		if r.Query != "" {
			target += "?" + r.Query
		}
		header, err := signature.Key{Version: "1", Private: key}.Sign(signature.Text(
			r.Method, target, merchant, now, r.Body,
		))
		if err != nil {
			t.Fatal(err)
		}
		r.Headers["client-id"], r.Headers["request-time"], r.Headers["signature"] =
			[]string{merchant}, []string{now}, []string{header}
	}
}

// Each vector of the contract has its result.
func TestSignatureVectors(t *testing.T) {
	var file struct {
		Vectors []struct {
			Name, Method, URI, ClientID, RequestTime, Body, SignatureHeader, Expect string
			Clock                                                                   int64
		}
	}
	if err := json.Unmarshal(contract(t, "ams-signature-vectors.json"), &file); err != nil || len(file.Vectors) < 30 {
		t.Fatal(err, len(file.Vectors))
	}
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			s := trusted(t)
			s.now = time.Unix(v.Clock, 0)
			s.clients["TEST_5X00000000000001"] = s.clients[merchant] // of the vector with another id
			path, query, _ := strings.Cut(v.URI, "?")
			got := s.refusedOrPast(path, v.Body, func(r *gateway.Request) {
				r.Method, r.Query = v.Method, query
				r.Headers = map[string][]string{
					"client-id": {v.ClientID}, "request-time": {v.RequestTime},
					"signature": {v.SignatureHeader},
				}
			})
			if v.Expect == "ok" != past(got) || v.Expect != "ok" && got != v.Expect {
				t.Errorf("answered %s, want %s", got, v.Expect)
			}
		})
	}
}

// past reports whether a result code comes from an API, not from a check before it.
func past(code string) bool {
	switch code {
	case "CLIENT_INVALID", "INVALID_CLIENT", "KEY_NOT_FOUND", "SIGNATURE_INVALID", "INVALID_SIGNATURE",
		"ACCESS_DENIED", "REQUEST_TRAFFIC_EXCEED_LIMIT",
		"INVALID_API", "API_INVALID", "METHOD_NOT_SUPPORTED", "PARAM_ILLEGAL":
		return false
	}
	return true
}

// refusedOrPast posts a body and returns the result code. A request that the gate refuses must write nothing.
func (s *service) refusedOrPast(path, body string, edits ...edit) string {
	s.t.Helper()
	writes, sends := s.writes.Load(), s.sends.Load()
	got := parse(s.t, s.post(path, body, edits...)).Result.Code
	if !past(got) && (s.writes.Load() != writes || s.sends.Load() != sends) {
		s.t.Errorf("%s after %d writes and %d messages", got, s.writes.Load()-writes, s.sends.Load()-sends)
	}
	return got
}

// tampered is a change of a signed request, and the result code in the older spelling.
type tampered struct {
	want string
	edit edit
}

const (
	badSignature = "SIGNATURE_INVALID"
	noKey        = "KEY_NOT_FOUND"
	badTime      = "PARAM_ILLEGAL"
	noClient     = "CLIENT_INVALID"
)

// newerCode is the result code of an answer on the newer paths.
var newerCode = map[string]string{
	badSignature: "INVALID_SIGNATURE", noKey: "INVALID_SIGNATURE", badTime: badTime, noClient: "INVALID_CLIENT",
}

// A signature cannot be stripped, downgraded, or moved to another body, path, method, client or time (P20). A refused
// request writes nothing.
func TestSignatureMatrix(t *testing.T) {
	s := trusted(t)
	second := *s.clients[merchant]
	second.ID = "SECOND"
	s.clients["SECOND"] = &second
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	for _, cases := range []map[string]tampered{
		tamperedSignatures, tamperedRequests, tamperedTimes, signedByOthers(t, s),
	} {
		for name, c := range cases {
			for path, body := range map[string]string{
				"/ams/api/v1/users/verifyAuthentication": docVerify, initPath: docRequest, securityPath: docVerify,
			} {
				want := c.want
				if !strings.Contains(path, "/users/") {
					want = newerCode[want]
				}
				t.Run(name+" "+path, func(t *testing.T) {
					s.t = t
					s.refused(want, path, body, sign, c.edit)
				})
			}
		}
	}
	s.t = t
	put := func(r *gateway.Request) { r.Method = "PUT" }
	s.refused("METHOD_NOT_SUPPORTED", initPath, docRequest, sign, put)
	s.expect("SUCCESS", initPath, docRequest, sign)
}

// changed edits a header that was sent once.
func changed(name string, change func(string) string) edit {
	return func(r *gateway.Request) { r.Headers[name] = []string{change(r.Headers[name][0])} }
}

func replaced(old, new string) edit {
	return changed("signature", func(h string) string { return strings.Replace(h, old, new, 1) })
}

// repeated sends a header twice.
func repeated(name string) edit {
	return func(r *gateway.Request) { r.Headers[name] = append(r.Headers[name], r.Headers[name][0]) }
}

// joined sends a header twice in one line, as payload 2.0 has repeated lines.
func joined(name string) edit {
	return changed(name, func(h string) string { return h + "," + h })
}

var tamperedSignatures = map[string]tampered{
	"stripped":                  {badSignature, header("signature")},
	"empty":                     {badSignature, header("signature", "")},
	"blank":                     {badSignature, header("signature", " ")},
	"malformed":                 {badSignature, header("signature", "x")},
	"only an algorithm":         {badSignature, header("signature", "algorithm=RSA256,keyVersion=1")},
	"twice":                     {badSignature, repeated("signature")},
	"twice, joined by commas":   {badSignature, joined("signature")},
	"algorithm none":            {badSignature, replaced("RSA256", "none")},
	"no algorithm, empty":       {badSignature, replaced("RSA256", "")},
	"another algorithm":         {badSignature, replaced("RSA256", "HS256")},
	"unknown version":           {noKey, replaced("keyVersion=1", "keyVersion=2")},
	"version with a zero":       {noKey, replaced("keyVersion=1", "keyVersion=01")},
	"version that is no number": {noKey, replaced("keyVersion=1", "keyVersion=a")},
	"raw base64":                {badSignature, replaced("%3D%3D", "==")},
	"truncated":                 {badSignature, changed("signature", func(h string) string { return h[:len(h)-10] })},
	"100 KB": {badSignature, changed("signature", func(h string) string {
		return h + strings.Repeat("A", 100<<10)
	})},
	"100 KB of other parts": {badSignature, changed("signature", func(h string) string {
		return strings.Repeat("x=y,", 25<<10) + h
	})},
	"100 KB that is none": {badSignature, header("signature", strings.Repeat("A", 100<<10))},
}

var tamperedRequests = map[string]tampered{
	"another body": {badSignature, func(r *gateway.Request) { r.Body = append(r.Body, ' ') }},
	"no body":      {badSignature, func(r *gateway.Request) { r.Body = nil }},
	"another prefix": {badSignature, func(r *gateway.Request) {
		r.Path = "/ams/sandbox/api" + strings.TrimPrefix(r.Path, "/ams/api")
	}},
	"a query":           {badSignature, func(r *gateway.Request) { r.Query = "a=1" }},
	"another client":    {badSignature, header("client-id", "SECOND")},
	"an unknown client": {noClient, header("client-id", "nobody")},
}

var tamperedTimes = map[string]tampered{
	"another time": {badSignature, changed("request-time", func(h string) string {
		ms, _ := strconv.Atoi(h)
		return strconv.Itoa(ms + 1)
	})},
	"time twice":         {badTime, repeated("request-time")},
	"time twice, joined": {badTime, joined("request-time")},
	"no time":            {badTime, header("request-time")},
	"empty time":         {badTime, header("request-time", "")},
}

// signedByOthers signs with keys that the merchant does not have, or has no longer.
func signedByOthers(t *testing.T, s *service) map[string]tampered {
	t.Helper()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	retired, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]tampered{
		"another key": {badSignature, signed(t, s, stranger)},
		"retired key": {badSignature, func(r *gateway.Request) {
			s.clients[merchant].Keys["3"] = &retired.PublicKey
			delete(s.clients[merchant].Keys, "3")
			signed(t, s, retired)(r)
		}},
		"the server's own key": {badSignature, signed(t, s, privateKey(t, "ams-test-server.key.pem"))},
	}
}

// No request passes with one bit of its body, path, time, client or signature flipped.
func TestFlippedBits(t *testing.T) {
	s := trusted(t)
	key := privateKey(t, "ams-test-client.key.pem")
	for id := range len(merchant) * 8 { // each id that differs by one bit is a client with the same key
		b := []byte(merchant)
		b[id/8] ^= 1 << (id % 8)
		if clients.ValidAMSID(string(b)) {
			s.clients[string(b)] = s.clients[merchant]
		}
	}
	flip := func(text string, bit int) string {
		b := []byte(text)
		b[bit/8] ^= 1 << (bit % 8)
		return string(b)
	}
	path := "/ams/api/v1/users/verifyAuthentication"
	var headers map[string][]string
	keep := func(r *gateway.Request) { headers = r.Headers }
	if got := s.refusedOrPast(path, docVerify, signed(t, s, key), keep); got != "AUTHENTICATION_REQUEST_ID_INVALID" {
		t.Fatalf("unchanged: %s", got)
	}
	try := func(part string, bits int, edit func(r *gateway.Request, bit int)) {
		for bit := range bits {
			got := s.refusedOrPast(path, docVerify, func(r *gateway.Request) {
				r.Headers = maps.Clone(headers) // signed once: a signature takes most of the time
				edit(r, bit)
			})
			if past(got) {
				t.Errorf("bit %d of the %s: %s", bit, part, got)
			}
		}
	}
	header := func(name string) func(*gateway.Request, int) {
		return func(r *gateway.Request, bit int) { r.Headers[name] = []string{flip(r.Headers[name][0], bit)} }
	}
	try("body", len(docVerify)*8, func(r *gateway.Request, bit int) { r.Body = []byte(flip(string(r.Body), bit)) })
	try("path", len(path)*8, func(r *gateway.Request, bit int) { r.Path = flip(r.Path, bit) })
	try("time", 13*8, header("request-time"))
	try("client", len(merchant)*8, header("client-id"))
	try("signature", 256*8, func(r *gateway.Request, bit int) {
		h, err := signature.Parse(r.Headers["signature"][0])
		if err != nil {
			t.Fatal(err)
		}
		value := base64.StdEncoding.EncodeToString([]byte(flip(string(h.Signature), bit)))
		r.Headers["signature"] = []string{"algorithm=RSA256,keyVersion=1,signature=" + url.QueryEscape(value)}
	})
}

// direct sends a request object to the function of init.
func (s *service) direct(client, body string) gateway.Response {
	return s.init.Serve(
		context.Background(), gateway.Request{Method: "POST", Direct: true, Client: client, Body: []byte(body)},
	)
}
