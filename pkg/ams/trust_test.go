package ams_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/signature"
)

// contract reads a file of the contract's test data.
func contract(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/contracts/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
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

// trusted is a service that knows the merchant by its key, and signs its answers
// with the server's.
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

// signed makes a request one of the merchant's, signed as it is so far; edits
// after it spoil the signature.
func signed(t testing.TB, s *service, key *rsa.PrivateKey) func(*gateway.Request) {
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

// Each vector of the contract, through the gate.
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

// past reports whether a code is not one of the gate's.
func past(code string) bool {
	switch code {
	case "CLIENT_INVALID", "INVALID_CLIENT", "KEY_NOT_FOUND", "SIGNATURE_INVALID", "INVALID_SIGNATURE",
		"ACCESS_DENIED", "REQUEST_TRAFFIC_EXCEED_LIMIT",
		"INVALID_API", "API_INVALID", "METHOD_NOT_SUPPORTED", "PARAM_ILLEGAL":
		return false
	}
	return true
}

// refusedOrPast posts and makes sure that what the gate refuses writes nothing.
func (s *service) refusedOrPast(path, body string, edits ...func(*gateway.Request)) string {
	s.t.Helper()
	writes, sends := s.writes.Load(), s.sends.Load()
	got := parse(s.t, s.post(path, body, edits...)).Result.Code
	if !past(got) && (s.writes.Load() != writes || s.sends.Load() != sends) {
		s.t.Errorf("%s after %d writes and %d messages", got, s.writes.Load()-writes, s.sends.Load()-sends)
	}
	return got
}

// A signature cannot be stripped, downgraded, or moved to another body, path,
// method, client or time (P20). Nothing is written.
func TestSignatureMatrix(t *testing.T) {
	s := trusted(t)
	key := privateKey(t, "ams-test-client.key.pem")
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	retired, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	second := *s.clients[merchant]
	second.ID = "SECOND"
	s.clients["SECOND"] = &second
	set := func(name string, lines ...string) func(*gateway.Request) {
		return func(r *gateway.Request) { r.Headers[name] = lines }
	}
	replace := func(old, new string) func(*gateway.Request) {
		return func(r *gateway.Request) {
			r.Headers["signature"] = []string{strings.Replace(r.Headers["signature"][0], old, new, 1)}
		}
	}
	const bad, gone = "SIGNATURE_INVALID", "KEY_NOT_FOUND"
	for name, c := range map[string]struct {
		want string // in the older family; "" is that of an unknown client
		edit func(*gateway.Request)
	}{
		"stripped":          {bad, set("signature")},
		"empty":             {bad, set("signature", "")},
		"blank":             {bad, set("signature", " ")},
		"malformed":         {bad, set("signature", "x")},
		"only an algorithm": {bad, set("signature", "algorithm=RSA256,keyVersion=1")},
		"twice": {bad, func(r *gateway.Request) {
			r.Headers["signature"] = append(r.Headers["signature"], r.Headers["signature"][0])
		}},
		"twice, joined by commas": {bad, func(r *gateway.Request) {
			h := r.Headers["signature"][0]
			r.Headers["signature"] = []string{h + "," + h}
		}},
		"algorithm none":            {bad, replace("RSA256", "none")},
		"no algorithm, empty":       {bad, replace("RSA256", "")},
		"another algorithm":         {bad, replace("RSA256", "HS256")},
		"unknown version":           {gone, replace("keyVersion=1", "keyVersion=2")},
		"version with a zero":       {gone, replace("keyVersion=1", "keyVersion=01")},
		"version that is no number": {gone, replace("keyVersion=1", "keyVersion=a")},
		"raw base64":                {bad, func(r *gateway.Request) { replace("%3D%3D", "==")(r) }},
		"truncated": {bad, func(r *gateway.Request) {
			h := r.Headers["signature"][0]
			r.Headers["signature"] = []string{h[:len(h)-10]}
		}},
		"100 KB": {
			bad,
			func(r *gateway.Request) { set("signature", r.Headers["signature"][0]+strings.Repeat("A", 100<<10))(r) },
		},
		"100 KB of other parts": {bad, func(r *gateway.Request) {
			set("signature", strings.Repeat("x=y,", 25<<10)+r.Headers["signature"][0])(r)
		}},
		"100 KB that is none": {bad, set("signature", strings.Repeat("A", 100<<10))},
		"another body":        {bad, func(r *gateway.Request) { r.Body = append(r.Body, ' ') }},
		"no body":             {bad, func(r *gateway.Request) { r.Body = nil }},
		"another prefix": {
			bad,
			func(r *gateway.Request) { r.Path = "/ams/sandbox/api" + strings.TrimPrefix(r.Path, "/ams/api") },
		},
		"a query":        {bad, func(r *gateway.Request) { r.Query = "a=1" }},
		"another client": {bad, set("client-id", "SECOND")},
		"another time": {
			bad, func(r *gateway.Request) { set("request-time", fmt.Sprint(s.now.UnixMilli()+1))(r) },
		},
		"time twice": {"PARAM_ILLEGAL", func(r *gateway.Request) {
			r.Headers["request-time"] = append(r.Headers["request-time"], r.Headers["request-time"][0])
		}},
		"time twice, joined": {
			"PARAM_ILLEGAL",
			func(r *gateway.Request) { h := r.Headers["request-time"][0]; set("request-time", h+","+h)(r) },
		},
		"no time":     {"PARAM_ILLEGAL", set("request-time")},
		"empty time":  {"PARAM_ILLEGAL", set("request-time", "")},
		"another key": {bad, signed(t, s, stranger)},
		"retired key": {bad, func(r *gateway.Request) {
			s.clients[merchant].Keys["3"] = &retired.PublicKey
			delete(s.clients[merchant].Keys, "3")
			signed(t, s, retired)(r)
		}},
		"the server's own key":   {bad, signed(t, s, privateKey(t, "ams-test-server.key.pem"))},
		"the demo client's name": {"", func(r *gateway.Request) { set("client-id", "nobody")(r) }},
	} {
		for path, body := range map[string]string{
			"/ams/api/v1/users/verifyAuthentication": docVerify, initPath: docRequest,
			securityPath: docVerify,
		} {
			want := c.want
			older := strings.Contains(path, "/users/")
			switch {
			case want == "":
				want = map[bool]string{true: "CLIENT_INVALID", false: "INVALID_CLIENT"}[older]
			case !older && want != "PARAM_ILLEGAL":
				want = "INVALID_SIGNATURE"
			}
			t.Run(name+" "+path, func(t *testing.T) {
				s.t = t
				s.refused(want, path, body, signed(t, s, key), c.edit)
			})
		}
	}
	s.t = t
	s.refused(
		"METHOD_NOT_SUPPORTED", initPath, docRequest, signed(t, s, key),
		func(r *gateway.Request) { r.Method = "PUT" },
	)
	s.expect("SUCCESS", initPath, docRequest, signed(t, s, key))
}

// One flipped bit of body, path, time, client or signature, and none passes.
func TestFlippedBits(t *testing.T) {
	s := trusted(t)
	key := privateKey(t, "ams-test-client.key.pem")
	for id := range len(merchant) * 8 { // every id that one bit makes of the merchant's is known, with the same key
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
	try := func(what string, bits int, edit func(r *gateway.Request, bit int)) {
		for bit := range bits {
			got := s.refusedOrPast(path, docVerify, signed(t, s, key), func(r *gateway.Request) { edit(r, bit) })
			if past(got) {
				t.Errorf("bit %d of the %s: %s", bit, what, got)
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
	if got := s.refusedOrPast(path, docVerify, signed(t, s, key)); got != "AUTHENTICATION_REQUEST_ID_INVALID" {
		t.Errorf("unchanged: %s", got)
	}
}

// A whole request that comes again does no harm: an init answers as before, and a
// verify has been used up.
func TestReplays(t *testing.T) {
	s := trusted(t)
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	var taken gateway.Request
	keep := func(r *gateway.Request) { taken = *r }
	first := s.post(initPath, docRequest, sign, keep)
	again := func(r *gateway.Request) { *r = taken }
	if got := s.post(initPath, "", again); string(got.Body) != string(first.Body) || s.sends.Load() != 1 {
		t.Errorf("a replayed init: %s, %d messages", got.Body, s.sends.Load())
	}
	right := verifyBody(docID, s.code.Load().(string))
	path := "/ams/api" + verifyPath
	s.expect("SUCCESS", path, right, sign, keep)
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", path, "", again)
	s.now = s.now.Add(10*time.Minute + time.Millisecond)
	s.refused("PARAM_ILLEGAL", path, "", again)
}

// The window has the width in the client's record, and can be switched off.
func TestTimeWindow(t *testing.T) {
	s := trusted(t)
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	now := s.now
	for _, c := range []struct {
		window, off time.Duration
		ok          bool
	}{
		{10 * time.Minute, 10 * time.Minute, true}, {10 * time.Minute, -10 * time.Minute, true},
		{10 * time.Minute, 10*time.Minute + 1, false}, {10 * time.Minute, -10*time.Minute - 1, false},
		{time.Second, time.Second, true}, {time.Second, 2 * time.Second, false},
		{0, 1000 * time.Hour, true}, {0, -1000 * time.Hour, true},
	} {
		s.clients[merchant].Window = c.window
		s.now = now
		got := s.refusedOrPast(
			"/ams/api"+verifyPath, docVerify, sign, func(*gateway.Request) { s.now = now.Add(c.off) },
		)
		if past(got) != c.ok {
			t.Errorf("window %v, off by %v: %s", c.window, c.off, got)
		}
	}
}

// Answers are signed, errors and unknown clients included; without a well-formed
// Client-Id there is none of the three headers.
func TestAnswersAreSigned(t *testing.T) {
	s := trusted(t)
	server := &privateKey(t, "ams-test-server.key.pem").PublicKey
	check := func(name string, r gateway.Response, method, target, client string) {
		t.Helper()
		h, err := signature.Parse(r.Headers["signature"])
		if err != nil || r.Headers["client-id"] != client ||
			!h.Verify(server, signature.Text(method, target, client, r.Headers["response-time"], r.Body)) {
			t.Errorf("%s: %v, headers %v", name, err, r.Headers)
		}
		if want := s.now.UTC().Format("2006-01-02T15:04:05+00:00"); r.Headers["response-time"] != want {
			t.Errorf("%s: response-time %s, want %s", name, r.Headers["response-time"], want)
		}
		if !strings.HasPrefix(r.Headers["signature"], "algorithm=RSA256,keyVersion=1,signature=") ||
			strings.ContainsAny(r.Headers["signature"], " +/") {
			t.Errorf("%s: %s", name, r.Headers["signature"])
		}
	}
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	edit := func(f func(*gateway.Request)) func(*gateway.Request) { return f }
	check("success", s.post(initPath, docRequest, sign), "POST", initPath, merchant)
	check(
		"a query",
		s.post(initPath, docRequest, edit(func(r *gateway.Request) { r.Query = "a=%20b&c" }), sign), "POST",
		initPath+"?a=%20b&c", merchant,
	)
	check(
		"a query in UTF-8",
		s.post(initPath, docRequest, edit(func(r *gateway.Request) { r.Query = "a=é" }), sign), "POST",
		initPath+"?a=é", merchant,
	)
	check("unsigned client", s.post(initPath, docRequest), "POST", initPath, "demo")
	check(
		"refused",
		s.post(initPath, docRequest, sign, func(r *gateway.Request) { delete(r.Headers, "signature") }),
		"POST", initPath, merchant,
	)
	check("unknown client", s.post(initPath, docRequest, client("nobody")), "POST", initPath, "nobody")
	check("no such path", s.post("/ams/nothing", docRequest), "POST", "/ams/nothing", "demo")
	check(
		"another method", s.post(initPath, "", func(r *gateway.Request) { r.Method = "GET" }), "GET",
		initPath, "demo",
	)
	s.broken.Store(true)
	check("unknown", s.post(verifyPath, docVerify), "POST", verifyPath, "demo")
	for name, edit := range map[string]func(*gateway.Request){
		"no client":        func(r *gateway.Request) { delete(r.Headers, "client-id") },
		"two clients":      func(r *gateway.Request) { r.Headers["client-id"] = []string{"demo", "demo"} },
		"malformed client": func(r *gateway.Request) { r.Headers["client-id"] = []string{"a.b"} },
		"a line feed in the path": func(r *gateway.Request) {
			r.Path = "/ams/x HTTP\nVICTIM.1685599933871.{}"
		},
		"a line feed in the query":  func(r *gateway.Request) { r.Query = "a\nb" },
		"a space in the path":       func(r *gateway.Request) { r.Path = "/ams/x y" },
		"a line feed in the method": func(r *gateway.Request) { r.Method = "POST /x\ny" },
	} {
		resp := s.post(verifyPath, docVerify, edit)
		for _, header := range []string{"client-id", "response-time", "signature"} {
			if resp.Headers[header] != "" {
				t.Errorf("%s: answered with %s", name, header)
			}
		}
	}
	// A request object has no headers, and its answer has none either.
	resp := s.init.Serve(
		context.Background(),
		gateway.Request{Method: "POST", Direct: true, Client: merchant, Body: []byte(docRequest)},
	)
	if resp.Headers["signature"] != "" {
		t.Error("the answer to a request object is signed")
	}
	// the store is broken: past the gate without a signature
	if got := parse(t, resp).Result.Code; got != "UNKNOWN_EXCEPTION" {
		t.Errorf("a request object: %s", got)
	}
}

// A fault of the signer is in the log, and the answer goes out unsigned: the message was sent already.
func TestUnsignedAnswer(t *testing.T) {
	s := trusted(t)
	s.init.Answers = ams.NewAnswers(signing{})
	resp := s.post(initPath, docRequest)
	if parse(t, resp).Result.Code != "SUCCESS" || resp.Headers["signature"] != "" ||
		resp.Headers["client-id"] != "" || !strings.Contains(s.log.String(), "no key to sign") {
		t.Errorf("%s %v\n%s", resp.Body, resp.Headers, s.log.String())
	}
}

// The permissions of a client are checked after its signature and before the fields of the body.
func TestPermissions(t *testing.T) {
	s := trusted(t)
	c := s.clients[merchant]
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	from := func(ip string) func(*gateway.Request) { return func(r *gateway.Request) { r.SourceIP = ip } }
	c.Networks = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	s.refused("ACCESS_DENIED", initPath, "not JSON", sign, from("198.51.100.7"))
	s.refused("ACCESS_DENIED", initPath, "not JSON", sign, from(""))
	s.refused(
		"INVALID_SIGNATURE", initPath, docRequest, from("198.51.100.7"), sign,
		func(r *gateway.Request) { r.Body = nil },
	)
	s.refused("ACCESS_DENIED", initPath, docRequest, sign, from("198.51.100.7"), func(r *gateway.Request) {
		r.Headers["x-forwarded-for"] = []string{"203.0.113.7"}
	})
	s.refused("PARAM_ILLEGAL", initPath, "not JSON", sign, from("203.0.113.7"))
	if got := parse(
		t,
		s.init.Serve(
			context.Background(),
			gateway.Request{Method: "POST", Direct: true, Client: merchant, Body: []byte("{}")},
		),
	).Result.Code; got != "PARAM_ILLEGAL" {
		t.Errorf("a request object, which has no address: %s", got)
	}
	c.Networks, c.APIs = nil, []string{"customers/initAuthentication"}
	s.refused("ACCESS_DENIED", "/ams/api"+verifyPath, "not JSON", sign)
	s.refused("ACCESS_DENIED", securityPath, "not JSON", sign)
	s.expect("SUCCESS", initPath, docRequest, sign)
	c.APIs = []string{"unimatrix"}
	s.refused("ACCESS_DENIED", initPath, docRequest, sign)
	c.APIs = []string{"ams"}
	s.expect("SUCCESS", initPath, docRequest, sign)
}
