package amsclient_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"countersign/pkg/ams/amsclient"
	"countersign/pkg/signature"
)

const ok = `{"result":{"resultCode":"SUCCESS","resultMessage":"success.","resultStatus":"S"}}`

// The worked example of the contract, over a real connection: the request's
// signature is that of the example, and so is the reply's.
func TestWorkedExample(t *testing.T) {
	s := start(func(string) string { return bodyOf("ams-example-response.http") })
	defer s.Close()
	var sent reply
	s.spoil = func(r *reply) { sent = *r }
	got, err := s.client().Init(t.Context(), amsclient.InitRequest{
		AuthenticationRequestID: "MDEDUCT001bd856ad81cec1e91a620c270bcba5a4223",
		AuthenticationMethod:    "OTP", AuthenticationType: "SMS",
		IdentityType: "MOBILENO", IdentityValue: "60-6543216353",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := amsclient.Answer{
		Result:                  amsclient.Result{Code: "SUCCESS", Status: "S", Message: "success."},
		AuthenticationID:        "20220105190077000000162140200586657",
		AuthenticationRequestID: "MDEDUCT001bd856ad81cec1e91a620c270bcba5a4223",
		ActionForm:              &amsclient.ActionForm{ChallengeType: "sms", ChallengeRenderValue: "+60******6353"},
		Raw:                     []byte(bodyOf("ams-example-response.http")),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	in := s.requests()[0]
	if want := file("ams-example-request.tosign"); !bytes.Equal(in.signed, want) || !in.verifies {
		t.Errorf("signed %q (verifies: %v), want %q", in.signed, in.verifies, want)
	}
	for name, header := range map[string]string{
		"ams-example-request.sig.b64":  in.header.Get("Signature"),
		"ams-example-response.sig.b64": sent.header["signature"][0],
	} {
		h, err := signature.Parse(header)
		got, want := base64.StdEncoding.EncodeToString(h.Signature), strings.TrimSpace(string(file(name)))
		if err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, want)
		}
	}
	if got := in.header.Get("Content-Type"); got != "application/json; charset=UTF-8" {
		t.Errorf("Content-Type %q", got)
	}
}

// Each call has its path and the members of its body that the contract documents.
func TestCalls(t *testing.T) {
	s := start(func(string) string {
		return `{"isPassed":true,"result":{"resultCode":"SUCCESS","resultStatus":"S"},"triggerRequestId":"T1"}`
	})
	defer s.Close()
	c, ctx := s.client(), t.Context()
	for _, call := range []struct {
		do        func() (amsclient.Answer, error)
		uri, body string
	}{
		{func() (amsclient.Answer, error) {
			return c.Init(
				ctx,
				amsclient.InitRequest{
					AuthenticationRequestID: "R1", IdentityValue: "60-6543216353",
					Env: map[string]string{"osType": "IOS"},
				},
			)
		}, "/ams/api/v1/customers/initAuthentication", `{"authenticationRequestId":"R1",` +
			`"identityValue":"60-6543216353",` +
			`"env":{"osType":"IOS"}}`},
		{func() (amsclient.Answer, error) {
			return c.UsersInit(
				ctx,
				amsclient.UsersInitRequest{
					AuthenticationType: "OTP", AuthenticationRequestID: "R1",
					AuthenticationChannelType: "SMS", UserIdentityType: "WALLET_TOKEN",
					UserIdentityValue: "token",
				},
			)
		}, "/ams/api/v1/users/initAuthentication", `{"authenticationType":"OTP",` +
			`"authenticationRequestId":"R1",` +
			`"authenticationChannelType":"SMS",` +
			`"userIdentityType":"WALLET_TOKEN",` +
			`"userIdentityValue":"token"}`},
		{func() (amsclient.Answer, error) {
			return c.Verify(
				ctx,
				amsclient.VerifyRequest{
					AuthenticationType: "OTP", AuthenticationRequestID: "R1", AuthenticationValue: "012345",
				},
			)
		}, "/ams/api/v1/users/verifyAuthentication", `{"authenticationType":"OTP",` +
			`"authenticationRequestId":"R1",` +
			`"authenticationValue":"012345"}`},
		{func() (amsclient.Answer, error) {
			return c.SecurityVerify(
				ctx,
				amsclient.SecurityVerifyRequest{
					AuthenticationRequestID: "R1", AuthenticationID: "A1", AuthenticationMethod: "OTP",
					AuthenticationType: "SMS",
					ChallengeData:      &amsclient.ChallengeData{ChallengeType: "sms", OTPValue: "012345"},
				},
			)
		}, "/ams/api/v1/security/verifyAuthentication", `{"authenticationRequestId":"R1",` +
			`"authenticationId":"A1",` +
			`"authenticationMethod":"OTP",` +
			`"authenticationType":"SMS",` +
			`"challengeData":{"challengeType":"sms",` +
			`"otpValue":"012345"}}`},
		{func() (amsclient.Answer, error) {
			return c.Trigger(ctx, amsclient.TriggerRequest{TriggerRequestID: "T1", ChallengeID: "A1"})
		}, "/ams/api/v1/security/triggerChallenge", `{"triggerRequestId":"T1","challengeId":"A1"}`},
		{
			func() (amsclient.Answer, error) { return c.Verify(ctx, amsclient.VerifyRequest{}) },
			"/ams/api/v1/users/verifyAuthentication", `{}`,
		},
	} {
		got, err := call.do()
		in := s.requests()[len(s.requests())-1]
		if err != nil || !got.Passed() || got.TriggerRequestID != "T1" {
			t.Errorf("%s: %+v, %v", call.uri, got, err)
		}
		if in.method != "POST" || in.uri != call.uri || in.body != call.body || !in.verifies {
			t.Errorf("%+v, want %s %s", in, call.uri, call.body)
		}
	}
}

// The signature covers the request line that the server sees, whatever is in the path: API Gateway removes a stage.
func TestPathsAreSignedAsTheyArrive(t *testing.T) {
	s := start(func(string) string { return ok })
	defer s.Close()
	for _, base := range []string{"", "/", "/stage"} {
		c := s.client()
		c.URL, s.base = c.URL+base, strings.TrimSuffix(base, "/")
		for _, path := range []string{
			"/v1/x?traceId=abc%20d", "/v1/x?a=|b&c=\"d\"", "/v1/%2f/a|b", "/v1/é", "//v1/./x", "/v1/x?",
		} {
			if _, err := c.Post(t.Context(), path, []byte(" { \n}")); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			in := s.requests()[len(s.requests())-1]
			if !in.verifies || in.body != " { \n}" {
				t.Errorf("%s%s arrived as %s, verifies %v, body %q", base, path, in.uri, in.verifies, in.body)
			}
			if !strings.HasPrefix(in.uri, path[:3]) {
				t.Errorf("%s after %s arrived as %s", path, base, in.uri)
			}
			if n := strings.Index(in.uri, "?"); n > 0 && in.uri[n:] != path[strings.Index(path, "?"):] {
				t.Errorf("%s arrived as %s", path, in.uri)
			}
		}
	}
}

func TestRepliesRefused(t *testing.T) {
	other := func(r *reply) { r.header["client-id"] = []string{"TEST_other"} }
	body := func(text string) func(*reply) {
		return func(r *reply) { r.body = []byte(text); r.sign(serverKey, "POST", r.uri) }
	}
	for name, c := range map[string]struct {
		spoil  func(*reply)
		check  amsclient.Check
		detail string
	}{
		"nothing signed": {
			func(r *reply) { r.without("client-id", "response-time", "signature") }, amsclient.Signature,
			"Client-Id is malformed",
		},
		"no signature": {func(r *reply) { r.without("signature") }, amsclient.Signature, "once"},
		"only a signature": {
			func(r *reply) { r.without("client-id", "response-time") }, amsclient.ClientID, "once",
		},
		"only a client-id": {
			func(r *reply) { r.without("signature", "response-time") }, amsclient.ResponseTime, "once",
		},
		"only a response-time": {func(r *reply) { r.without("signature", "client-id") }, amsclient.ClientID, "once"},
		"no client-id":         {func(r *reply) { r.without("client-id") }, amsclient.ClientID, "once"},
		"no response-time":     {func(r *reply) { r.without("response-time") }, amsclient.ResponseTime, "once"},
		"empty response-time": {
			func(r *reply) { r.header["response-time"] = []string{""}; r.sign(serverKey, "POST", r.uri) },
			amsclient.ResponseTime, "once",
		},
		"empty signature": {func(r *reply) { r.header["signature"] = []string{""} }, amsclient.Signature, "once"},
		"two client-ids": {
			func(r *reply) { r.header["client-id"] = []string{clientID, clientID} }, amsclient.ClientID,
			"once",
		},
		"two response-times": {
			func(r *reply) { r.header["response-time"] = append(r.header["response-time"], "x") },
			amsclient.ResponseTime, "once",
		},
		"two signatures": {
			func(r *reply) { r.header["signature"] = append(r.header["signature"], "x") },
			amsclient.Signature, "once",
		},
		"another client's": {other, amsclient.ClientID, "that was sent"},
		"signed for another": {
			func(r *reply) { other(r); r.sign(serverKey, "POST", r.uri) }, amsclient.ClientID,
			"that was sent",
		},
		"client-id, other case": {
			func(r *reply) { r.header["client-id"] = []string{strings.ToLower(clientID)} },
			amsclient.ClientID, "that was sent",
		},
		"time changed": {
			func(r *reply) { r.header["response-time"] = []string{"2023-06-01T06:12:15+00:00"} },
			amsclient.Signature, "does not verify",
		},
		"first bit of the body": {func(r *reply) { r.body[0] ^= 1 }, amsclient.Signature, "does not verify"},
		"a bit of the body":     {func(r *reply) { r.body[40] ^= 1 }, amsclient.Signature, "does not verify"},
		"last bit of the body": {
			func(r *reply) { r.body[len(r.body)-1] ^= 1 }, amsclient.Signature, "does not verify",
		},
		"a line feed more": {
			func(r *reply) { r.body = append(r.body, '\n') }, amsclient.Signature, "does not verify",
		},
		"no body": {func(r *reply) { r.body = nil }, amsclient.Signature, "does not verify"},
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
		"by the client's key": {
			func(r *reply) { r.sign(clientKey, "POST", r.uri) }, amsclient.Signature, "does not verify",
		},
		"unknown keyVersion": {
			func(r *reply) { r.sign(signature.Key{Version: "2", Private: serverKey.Private}, "POST", r.uri) },
			amsclient.Signature, "keyVersion",
		},
		"no keyVersion": {func(r *reply) {
			r.header["signature"][0] = strings.Replace(r.header["signature"][0], "keyVersion=1,", "", 1)
		}, amsclient.Signature, "keyVersion"},
		"not percent-encoded": {
			func(r *reply) { r.header["signature"][0] = strings.ReplaceAll(r.header["signature"][0], "%3D", "=") },
			amsclient.Signature, "percent-encoded",
		},
		"algorithm none": {func(r *reply) {
			r.header["signature"][0] = strings.Replace(r.header["signature"][0], "RSA256", "none", 1)
		}, amsclient.Signature, "RSA256"},
		"status 500": {func(r *reply) { r.status = 500 }, amsclient.Status, "500, expected 200"},
		"status 201": {func(r *reply) { r.status = 201 }, amsclient.Status, "201, expected 200"},
		"redirect that repeats": {
			func(r *reply) { r.status = 307; r.header["Location"] = []string{"/elsewhere"} },
			amsclient.Status, "307, expected 200",
		},
		"redirect": {
			func(r *reply) { r.status = 302; r.header["Location"] = []string{"/elsewhere"} },
			amsclient.Status, "302, expected 200",
		},
		"HTML": {
			func(r *reply) { r.header["Content-Type"] = []string{"text/html"} }, amsclient.ContentType,
			"application/json",
		},
		"no Content-Type": {
			func(r *reply) { r.header["Content-Type"] = nil }, amsclient.ContentType, "application/json",
		},
		"JSON in another type": {
			func(r *reply) { r.header["Content-Type"] = []string{"application/jsonp"} },
			amsclient.ContentType, "application/json",
		},
		"64 KiB and a byte": {body(padded(64<<10 + 1)), amsclient.Size, "65536 bytes"},
		"1 MB":              {body(padded(1 << 20)), amsclient.Size, "65536 bytes"},
		"signed, empty":     {body(""), amsclient.Body, "resultStatus"},
		"signed, HTML":      {body("<html>canary</html>"), amsclient.Body, "resultStatus"},
		"signed, null":      {body("null"), amsclient.Body, "resultStatus"},
		"signed, no result": {body(`{"isPassed":true}`), amsclient.Body, "resultStatus"},
		"signed, no status": {body(`{"result":{"resultCode":"SUCCESS"}}`), amsclient.Body, "resultStatus"},
		"signed, unknown status": {
			body(`{"result":{"resultCode":"SUCCESS","resultStatus":"canary"}}`), amsclient.Body,
			"resultStatus",
		},
		"signed, no code": {body(`{"result":{"resultStatus":"S"}}`), amsclient.Body, "resultStatus"},
		"signed, string": {
			body(`{"isPassed":"true","result":{"resultCode":"SUCCESS","resultStatus":"S"}}`),
			amsclient.Body, "resultStatus",
		},
		"signed, two objects": {body(ok + ok), amsclient.Body, "resultStatus"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(func(string) string { return ok })
			defer s.Close()
			s.spoil = c.spoil
			got, err := s.client().Init(t.Context(), amsclient.InitRequest{AuthenticationRequestID: "R1"})
			var refused *amsclient.ReplyError
			if !errors.As(err, &refused) || refused.Check != c.check || !strings.Contains(refused.Detail, c.detail) {
				t.Errorf("%v, want a failed check of %s that has %q", err, c.check, c.detail)
			}
			if strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), string(c.check)) {
				t.Error(err)
			}
			if !reflect.DeepEqual(got, amsclient.Answer{}) {
				t.Errorf("the reply was returned: %+v", got)
			}
			if n := len(s.requests()); n != 1 {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
}

func padded(size int) string { return ok + strings.Repeat(" ", size-len(ok)) }

// Replies that differ from the usual and pass every check.
func TestRepliesAccepted(t *testing.T) {
	for name, spoil := range map[string]func(*reply){
		"64 KiB": func(r *reply) { r.body = []byte(padded(64 << 10)); r.sign(serverKey, "POST", r.uri) },
		"a next key": func(r *reply) {
			r.sign(signature.Key{Version: "next", Private: clientKey.Private}, "POST", r.uri)
		},
		"milliseconds": func(r *reply) {
			r.header["response-time"] = []string{"1685599934000"}
			r.sign(serverKey, "POST", r.uri)
		},
		"Content-Type, plain": func(r *reply) { r.header["Content-Type"] = []string{"Application/JSON"} },
		"spaces in signature": func(r *reply) {
			r.header["signature"][0] = strings.ReplaceAll(r.header["signature"][0], ",", ", ")
		},
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

// A result is an answer, whichever it is.
func TestResults(t *testing.T) {
	for body, want := range map[string]struct{ retry, passed bool }{
		`{"isPassed":true,"result":{"resultCode":"SUCCESS","resultStatus":"S"}}`:             {passed: true},
		`{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}`:                             {},
		`{"isPassed":false,"result":{"resultCode":"VERIFY_UNMATCHED","resultStatus":"F"}}`:   {},
		`{"isPassed":true,"result":{"resultCode":"VERIFY_UNMATCHED","resultStatus":"F"}}`:    {},
		`{"isPassed":false,"result":{"resultCode":"SUCCESS","resultStatus":"S"}}`:            {},
		`{"result":{"resultCode":"UNKNOWN_EXCEPTION","resultStatus":"U"}}`:                   {retry: true},
		`{"isPassed":true,"result":{"resultCode":"UNKNOWN_EXCEPTION","resultStatus":"U"}}`:   {retry: true},
		`{"result":{"resultCode":"INVALID_SIGNATURE","resultStatus":"F"},"some":"\u0000"}`:   {},
		`{"actionForm":null,"isPassed":null,"result":{"resultCode":"X","resultStatus":"F"}}`: {},
	} {
		s := start(func(string) string { return body })
		got, err := s.client().Verify(t.Context(), amsclient.VerifyRequest{})
		if err != nil || got.Retry() != want.retry || got.Passed() != want.passed || string(got.Raw) != body {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
		if len(s.requests()) != 1 {
			t.Errorf("%s was asked for %d times", body, len(s.requests()))
		}
		s.Close()
	}
}

// An unsigned client sends neither time nor signature, and need not have a clock.
func TestUnsignedClient(t *testing.T) {
	s := start(func(string) string { return ok })
	defer s.Close()
	c := &amsclient.Client{URL: s.URL, ID: "demo", Servers: map[string]*rsa.PublicKey{"1": serverPublic}}
	if _, err := c.Init(t.Context(), amsclient.InitRequest{}); err != nil {
		t.Error(err)
	}
	s.spoil = func(r *reply) { r.without("client-id", "response-time", "signature") }
	if _, err := c.Init(t.Context(), amsclient.InitRequest{}); err == nil {
		t.Error("an unsigned reply was believed")
	}
	c.Servers = nil
	if _, err := c.Init(t.Context(), amsclient.InitRequest{}); err != nil {
		t.Error(err)
	}
	for _, in := range s.requests() {
		if in.header["Request-Time"] != nil || in.header["Signature"] != nil || in.header.Get("Client-Id") != "demo" {
			t.Errorf("sent %v", in.header)
		}
	}
	c.Servers = map[string]*rsa.PublicKey{} // no key is not "do not check"
	s.spoil = nil
	if _, err := c.Init(t.Context(), amsclient.InitRequest{}); err == nil {
		t.Error("a reply by an unknown key was believed")
	}
}

func TestWithoutReply(t *testing.T) {
	s := start(func(string) string { return ok })
	defer s.Close()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context
		change func(*amsclient.Client)
		path   string
		detail string
	}{
		"cancelled":  {cancelled, func(*amsclient.Client) {}, "/x", "context canceled"},
		"no slash":   {t.Context(), func(*amsclient.Client) {}, "x", "must start with /"},
		"no clock":   {t.Context(), func(c *amsclient.Client) { c.Now = nil }, "/x", "time.Now"},
		"no version": {t.Context(), func(c *amsclient.Client) { c.Key.Version = "" }, "/x", "version"},
		"no URL":     {t.Context(), func(c *amsclient.Client) { c.URL = "" }, "/x", "unsupported protocol scheme"},
		"broken URL": {
			t.Context(), func(c *amsclient.Client) { c.URL = "http://\x7f" }, "/x",
			"invalid control character",
		},
		"header in ID": {t.Context(), func(c *amsclient.Client) { c.ID = "a\r\nX: y" }, "/x", "invalid header"},
	} {
		client := s.client()
		c.change(client)
		_, err := client.Post(c.ctx, c.path, nil)
		var refused *amsclient.ReplyError
		if err == nil || !strings.Contains(err.Error(), c.detail) || errors.As(err, &refused) {
			t.Errorf("%s: %v, want an error that has %q", name, err, c.detail)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}

	// A reply that breaks off: nobody may read half of it as the whole.
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, ok)
	}))
	defer cut.Close()
	client := s.client()
	client.URL, client.Servers = cut.URL, nil
	if got, err := client.Post(t.Context(), "/x", nil); !errors.Is(err, io.ErrUnexpectedEOF) || got.Raw != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// Redirects are followed by the caller's own client as before.
func TestCallersHTTPClientIsLeftAlone(t *testing.T) {
	s := start(func(string) string { return ok })
	defer s.Close()
	c := s.client()
	if _, err := c.Post(t.Context(), "/x", nil); err != nil || c.HTTP.CheckRedirect != nil {
		t.Error(err)
	}
}
