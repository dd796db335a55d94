package smsvoice

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

// misbehaviour has the ways in which the service, or a machine before it, answers or fails to. Each makes one request
// on the wire (P5).
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
	{"500", awsfake.RefuseText(500, "InternalServerException", ""), otp.MaybeSent, "InternalServerException", 500},
	{"500 without a body", awsfake.Body(500, ""), otp.MaybeSent, "", 500},
	{"502 of a proxy", awsfake.Body(502, "<html><body>Bad Gateway</body></html>"), otp.MaybeSent, "", 502},
	{"503", awsfake.RefuseText(503, "ServiceUnavailableException", ""),
		otp.MaybeSent, "ServiceUnavailableException", 503},
	{"500 with a refusal's code", awsfake.RefuseText(500, conflict, "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
		otp.MaybeSent, conflict, 500},
	{"200 cut by length", awsfake.Cut(), otp.MaybeSent, "", 200},
	{"200 cut by JSON", awsfake.Half(), otp.MaybeSent, "", 200},
	{"200 without a message id", awsfake.Body(200, "{}"), otp.MaybeSent, "", 200},
	{"200 with an empty message id", awsfake.Body(200, `{"MessageId":""}`), otp.MaybeSent, "", 200},
	{"200 without a body", awsfake.Body(200, ""), otp.MaybeSent, "", 200},
	{"200 of something else", awsfake.Body(200, "<html><body>Log in to this network</body></html>"),
		otp.MaybeSent, "", 200},
	{"429", awsfake.RefuseText(429, "ThrottlingException", ""), otp.MaybeSent, "ThrottlingException", 429},
	{"throttled with 400", awsfake.RefuseText(400, "ThrottlingException", ""),
		otp.MaybeSent, "ThrottlingException", 400},
	{"unknown code", awsfake.RefuseText(400, "SomethingNewException", ""), otp.MaybeSent, "SomethingNewException", 400},
	{"unknown reason", awsfake.RefuseText(400, conflict, "SOMETHING_NEW"), otp.MaybeSent, conflict, 400},
	{"no code", awsfake.Body(400, "{}"), otp.MaybeSent, "", 400},
	{"403 of a proxy", awsfake.Body(403, "Forbidden"), otp.MaybeSent, "", 403},
	{"302", awsfake.Redirect(302), otp.MaybeSent, "", 302},
	{"307", awsfake.Redirect(307), otp.MaybeSent, "", 307},
	{"308", awsfake.Redirect(308), otp.MaybeSent, "", 308},
	{"opted out", awsfake.RefuseText(400, conflict, "DESTINATION_PHONE_NUMBER_OPTED_OUT"), otp.Refused, conflict, 400},
	{"not allowed", awsfake.RefuseText(400, denied, ""), otp.Refused, denied, 400},
}

func TestOneRequestWhateverHappens(t *testing.T) {
	for _, m := range misbehaviour {
		t.Run(m.name, func(t *testing.T) {
			stub, s := start(t, good)
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
	t *testing.T, stub *awsfake.SMSVoice, s *Sender, a awsfake.Answer, check func(otp.Delivery, string, error),
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
	stub, s := start(t, good)
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
	s, err := New(awsfake.AWS(), Config{OriginationIdentity: pool, Endpoint: gone.URL})
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
	stub := awsfake.StartSMSVoice(t)
	stub.Otherwise(awsfake.FailSNS(500, "InternalError"))
	t.Setenv("AWS_MAX_ATTEMPTS", "5")
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", "http://127.0.0.1:1")
	cfg := awsfake.AWS()
	cfg.RetryMaxAttempts = 5
	cfg.RetryMode = aws.RetryModeAdaptive
	cfg.BaseEndpoint = aws.String("http://127.0.0.1:1")
	cfg.ClientLogMode = aws.LogRequestWithBody | aws.LogResponseWithBody
	s, err := New(cfg, Config{OriginationIdentity: pool, Endpoint: stub.URL})
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
	stub := awsfake.StartSMSVoice(t)
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
	s, err := newSender(awsfake.AWS(), Config{OriginationIdentity: pool, Endpoint: server.URL}, wire)
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
