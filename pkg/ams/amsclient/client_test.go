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

// The worked example of the contract over a real connection: both signatures are those of the example.
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

// Each call posts to its path, with the members of its body that the contract documents.
func TestCalls(t *testing.T) {
	const reply = `{"isPassed":true,"result":{"resultCode":"SUCCESS","resultStatus":"S"},"triggerRequestId":"T1"}`
	s := start(func(string) string { return reply })
	defer s.Close()
	for _, call := range calls {
		got, err := call.do(s.client(), t.Context())
		in := s.requests()[len(s.requests())-1]
		if err != nil || !got.Passed() || got.TriggerRequestID != "T1" {
			t.Errorf("%s: %+v, %v", call.uri, got, err)
		}
		if in.method != "POST" || in.uri != call.uri || in.body != call.body || !in.verifies {
			t.Errorf("%+v, want %s %s", in, call.uri, call.body)
		}
	}
}

// calls are calls with the path and the body that the server receives.
var calls = []struct {
	do        func(*amsclient.Client, context.Context) (amsclient.Answer, error)
	uri, body string
}{
	{
		func(c *amsclient.Client, ctx context.Context) (amsclient.Answer, error) {
			return c.Init(ctx, amsclient.InitRequest{
				AuthenticationRequestID: "R1", IdentityValue: "60-6543216353", Env: map[string]string{"osType": "IOS"},
			})
		},
		"/ams/api/v1/customers/initAuthentication",
		`{"authenticationRequestId":"R1","identityValue":"60-6543216353","env":{"osType":"IOS"}}`,
	},
	{
		func(c *amsclient.Client, ctx context.Context) (amsclient.Answer, error) {
			return c.UsersInit(ctx, amsclient.UsersInitRequest{
				AuthenticationType: "OTP", AuthenticationRequestID: "R1", AuthenticationChannelType: "SMS",
				UserIdentityType: "WALLET_TOKEN", UserIdentityValue: "token",
			})
		},
		"/ams/api/v1/users/initAuthentication",
		`{"authenticationType":"OTP","authenticationRequestId":"R1","authenticationChannelType":"SMS",` +
			`"userIdentityType":"WALLET_TOKEN","userIdentityValue":"token"}`,
	},
	{
		func(c *amsclient.Client, ctx context.Context) (amsclient.Answer, error) {
			return c.Verify(ctx, amsclient.VerifyRequest{
				AuthenticationType: "OTP", AuthenticationRequestID: "R1", AuthenticationValue: "012345",
			})
		},
		"/ams/api/v1/users/verifyAuthentication",
		`{"authenticationType":"OTP","authenticationRequestId":"R1","authenticationValue":"012345"}`,
	},
	{
		func(c *amsclient.Client, ctx context.Context) (amsclient.Answer, error) {
			return c.SecurityVerify(ctx, amsclient.SecurityVerifyRequest{
				AuthenticationRequestID: "R1", AuthenticationID: "A1", AuthenticationMethod: "OTP",
				AuthenticationType: "SMS",
				ChallengeData:      &amsclient.ChallengeData{ChallengeType: "sms", OTPValue: "012345"},
			})
		},
		"/ams/api/v1/security/verifyAuthentication",
		`{"authenticationRequestId":"R1","authenticationId":"A1","authenticationMethod":"OTP",` +
			`"authenticationType":"SMS","challengeData":{"challengeType":"sms","otpValue":"012345"}}`,
	},
	{
		func(c *amsclient.Client, ctx context.Context) (amsclient.Answer, error) {
			return c.Trigger(ctx, amsclient.TriggerRequest{TriggerRequestID: "T1", ChallengeID: "A1"})
		},
		"/ams/api/v1/security/triggerChallenge", `{"triggerRequestId":"T1","challengeId":"A1"}`,
	},
	{
		func(c *amsclient.Client, ctx context.Context) (amsclient.Answer, error) {
			return c.Verify(ctx, amsclient.VerifyRequest{})
		},
		"/ams/api/v1/users/verifyAuthentication", `{}`,
	},
}

// The signature covers the path as the server receives it: API Gateway removes the stage, and nothing is cleaned.
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

// Every result is an answer, not an error.
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
			t.Errorf("%s: %d requests were sent, want 1", body, len(s.requests()))
		}
		s.Close()
	}
}

// A client without a key sends neither time nor signature, and needs no clock.
func TestUnsignedClient(t *testing.T) {
	s := start(func(string) string { return ok })
	defer s.Close()
	c := &amsclient.Client{URL: s.URL, ID: "demo", Servers: map[string]*rsa.PublicKey{"1": serverPublic}}
	if _, err := c.Init(t.Context(), amsclient.InitRequest{}); err != nil {
		t.Error(err)
	}
	s.spoil = without("client-id", "response-time", "signature")
	if _, err := c.Init(t.Context(), amsclient.InitRequest{}); err == nil {
		t.Error("an unsigned reply was accepted")
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
	c.Servers = map[string]*rsa.PublicKey{} // without a key every signature is refused; nil would check none
	s.spoil = nil
	if _, err := c.Init(t.Context(), amsclient.InitRequest{}); err == nil {
		t.Error("a reply by an unknown key was accepted")
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
			t.Errorf("%s: %v, want an error with %q", name, err, c.detail)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}

	// A reply that breaks off is an error, never a short answer.
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

// The caller's own HTTP client still follows redirects.
func TestCallersHTTPClientIsLeftAlone(t *testing.T) {
	s := start(func(string) string { return ok })
	defer s.Close()
	c := s.client()
	if _, err := c.Post(t.Context(), "/x", nil); err != nil || c.HTTP.CheckRedirect != nil {
		t.Error(err)
	}
}

// An error of a request that got no answer has no query: that of the Unimatrix contract is a credential.
func TestErrorsHaveNoQuery(t *testing.T) {
	for _, path := range []string{"/?accessKeyId=csak_SECRET", "/%zz?accessKeyId=csak_SECRET"} {
		c := &amsclient.Client{URL: "http://127.0.0.1:1", ID: "acme"}
		if _, err := c.Post(t.Context(), path, nil); err == nil || strings.Contains(err.Error(), "SECRET") ||
			!strings.Contains(err.Error(), "http://127.0.0.1:1/") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
