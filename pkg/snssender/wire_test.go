package snssender

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"countersign/pkg/awsclient"
	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// misbehaviour has the ways in which SNS, or a machine before it, answers or fails to. Each makes one request on the
// wire (P5).
var misbehaviour = []struct {
	name   string
	answer awsfake.Answer
	want   otp.Delivery
	code   string
	status int
}{
	{"accepts", awsfake.Serve(), otp.Accepted, "", 0},
	{"drops before reading", awsfake.Drop(), otp.MaybeSent, "", 0},
	{"drops after reading", awsfake.DropAfter(), otp.MaybeSent, "", 0},
	{"500", awsfake.FailSNS(500, "InternalError"), otp.MaybeSent, "InternalError", 500},
	{"500 without a body", awsfake.Body(500, ""), otp.MaybeSent, "", 500},
	{"502 of a proxy", awsfake.Body(502, "<html><body>Bad Gateway</body></html>"), otp.MaybeSent, "", 502},
	{"503", awsfake.FailSNS(503, "ServiceUnavailable"), otp.MaybeSent, "ServiceUnavailable", 503},
	{"500 with a refusal's code", awsfake.FailSNS(500, "InvalidParameter"), otp.MaybeSent, "InvalidParameter", 500},
	{"200 cut by length", awsfake.Cut(), otp.MaybeSent, "", 200},
	{"200 cut by XML", awsfake.Half(), otp.MaybeSent, "", 200},
	{"200 without a message id",
		awsfake.Body(200, "<PublishResponse><PublishResult></PublishResult></PublishResponse>"),
		otp.MaybeSent, "", 200},
	{"200 with an empty message id",
		awsfake.Body(200, "<PublishResponse><PublishResult><MessageId></MessageId></PublishResult></PublishResponse>"),
		otp.MaybeSent, "", 200},
	{"200 without a body", awsfake.Body(200, ""), otp.MaybeSent, "", 200},
	{"200 of something else", awsfake.Body(200, "<html><body>Log in to this network</body></html>"),
		otp.MaybeSent, "", 200},
	{"429", awsfake.FailSNS(429, "Throttled"), otp.MaybeSent, "Throttled", 429},
	{"throttled with 400", awsfake.FailSNS(400, "Throttling"), otp.MaybeSent, "Throttling", 400},
	{"unknown code", awsfake.FailSNS(400, "SomethingNew"), otp.MaybeSent, "SomethingNew", 400},
	{"no code", awsfake.FailSNS(400, ""), otp.MaybeSent, "", 400},
	{"403 of a proxy", awsfake.Body(403, "Forbidden"), otp.MaybeSent, "", 403},
	{"302", awsfake.Redirect(302), otp.MaybeSent, "", 302},
	{"307", awsfake.Redirect(307), otp.MaybeSent, "", 307},
	{"308", awsfake.Redirect(308), otp.MaybeSent, "", 308},
	{"number not valid", awsfake.FailSNS(400, "InvalidParameter"), otp.Refused, "InvalidParameter", 400},
	{"not allowed", awsfake.FailSNS(403, "AuthorizationError"), otp.Refused, "AuthorizationError", 403},
}

func TestOneRequestWhateverHappens(t *testing.T) {
	for _, m := range misbehaviour {
		t.Run(m.name, func(t *testing.T) {
			stub, s := start(t, Config{})
			stub.Otherwise(m.answer)
			check := func(d otp.Delivery, _ string, err error) {
				t.Helper()
				if d != m.want {
					t.Errorf("delivery %v, want %v", d, m.want)
				}
				checkError(t, d, err, m.code, m.status)
			}
			check(s.Send(t.Context(), sendertest.Message()))
			if n := stub.Count(); n != 1 {
				t.Fatalf("%d requests on the wire, want 1", n)
			}
			for !onUsedConnection(t, stub, s, m.answer, check) {
			}
		})
	}
}

// onUsedConnection sends a message that is accepted, and then another one: net/http may repeat a request on a used
// connection. It reports whether both used the same connection. At times they do not: the SDK closes the body of a
// request when the answer has arrived, and net/http drops a connection if it was still writing then.
func onUsedConnection(
	t *testing.T, stub *awsfake.SNS, s *Sender, a awsfake.Answer, check func(otp.Delivery, string, error),
) bool {
	t.Helper()
	conns := make(chan string, 2)
	remember := func(r *http.Request) { conns <- r.RemoteAddr }
	before := stub.Count()
	stub.Next(awsfake.Serve().Calling(remember), a.Calling(remember))
	if d, _, err := s.Send(t.Context(), sendertest.Message()); d != otp.Accepted {
		t.Fatal(d, err)
	}
	check(s.Send(t.Context(), sendertest.Message()))
	if n := stub.Count() - before; n != 2 {
		t.Fatalf("%d requests on the wire, want 2", n)
	}
	first, second := <-conns, <-conns
	return first == second
}

// checkError checks that err is nil for an accepted message, and otherwise an [*Error] with this code and status.
func checkError(t *testing.T, d otp.Delivery, err error, code string, status int) {
	t.Helper()
	if d == otp.Accepted {
		if err != nil {
			t.Errorf("accepted with an error: %v", err)
		}
		return
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no *Error", err)
	}
	if e.Code != code || e.Status != status || e.Reason == "" {
		t.Errorf("%+v, want code %q, status %d and a reason", e, code, status)
	}
}

// A send on a connection that the server has closed makes at most one request. net/http notices before it writes, and
// opens a new connection, or while it writes, and gives up.
func TestConnectionClosedWhileIdle(t *testing.T) {
	stub, s := start(t, Config{})
	for range 50 {
		if d, _, err := s.Send(t.Context(), sendertest.Message()); d != otp.Accepted && d != otp.MaybeSent {
			t.Fatal(d, err)
		}
		before := stub.Count()
		stub.CloseConnections()
		d, _, err := s.Send(t.Context(), sendertest.Message())
		switch n := stub.Count() - before; {
		case d == otp.Accepted && n == 1, d == otp.MaybeSent && n <= 1:
		default:
			t.Fatalf("Send = %v, %v with %d requests on the wire", d, err, n)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	s, err := New(awsfake.AWS(), Config{Endpoint: gone.URL})
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := s.Send(t.Context(), sendertest.Message())
	if d != otp.MaybeSent {
		t.Errorf("delivery %v, want MaybeSent", d)
	}
	checkError(t, d, err, "", 0)
	checkSilence(t, err)
}

// The sender ignores the SDK's settings of retries, endpoints and logs.
func TestRetrySettingsAreIgnored(t *testing.T) {
	stub := awsfake.StartSNS(t)
	stub.Otherwise(awsfake.FailSNS(500, "InternalError"))
	t.Setenv("AWS_MAX_ATTEMPTS", "5")
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:1")
	cfg := awsfake.AWS()
	cfg.RetryMaxAttempts = 5
	cfg.RetryMode = aws.RetryModeAdaptive
	cfg.BaseEndpoint = aws.String("http://127.0.0.1:1")
	cfg.ClientLogMode = aws.LogRequestWithBody | aws.LogResponseWithBody
	s, err := New(cfg, Config{Endpoint: stub.URL})
	if err != nil {
		t.Fatal(err)
	}
	if d, _, err := s.Send(t.Context(), sendertest.Message()); d != otp.MaybeSent {
		t.Errorf("Send = %v, %v, want MaybeSent", d, err)
	}
	if n := stub.Count(); n != 1 {
		t.Errorf("%d requests on the wire, want 1", n)
	}
}

// The sender speaks HTTP/1.1 to a server that offers HTTP/2, because net/http repeats requests over HTTP/2.
func TestOnlyHTTP1(t *testing.T) {
	stub := awsfake.StartSNS(t)
	var proto int
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto = r.ProtoMajor
		stub.ServeHTTP(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)

	wire := awsclient.OnceTransport()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	wire.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	wire.TLSClientConfig.RootCAs = roots
	s, err := newSender(awsfake.AWS(), Config{Endpoint: server.URL}, wire)
	if err != nil {
		t.Fatal(err)
	}
	if d, _, err := s.Send(t.Context(), sendertest.Message()); d != otp.Accepted {
		t.Fatal(d, err)
	}
	if proto != 1 {
		t.Errorf("HTTP/%d, want HTTP/1", proto)
	}
}
