package sendertest

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"countersign/pkg/awsclient"
	"countersign/pkg/awsfake"
	"countersign/pkg/awssender"
	"countersign/pkg/otp"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// testOneRequest counts the requests on the wire, on a new connection and on a used one.
func (s Service) testOneRequest(t *testing.T, c Case) {
	fake, sender := s.start(t)
	fake.Otherwise(c.Answer)
	check := func(d otp.Delivery, id string, err error) {
		t.Helper()
		if d != c.Delivery || (id != "") != (d == otp.Accepted) {
			t.Errorf("Send returns %s and the id %q, want %s, and an id with an accepted message",
				names[d], id, names[c.Delivery])
		}
		checkError(t, d, err, c.Code, c.Status)
	}
	check(sender.Send(t.Context(), Message()))
	if n := fake.Count(); n != 1 {
		t.Fatalf("%d requests on the wire, want 1", n)
	}
	for !onUsedConnection(t, fake, sender, c.Answer, check) {
	}
}

// onUsedConnection sends a message that is accepted, and then another one: net/http may repeat a request on a used
// connection. It reports whether both used the same connection. At times they do not: the SDK closes the body of a
// request when the answer has arrived, and net/http drops a connection if it was still writing then.
func onUsedConnection(
	t *testing.T, fake *awsfake.Server, s otp.Sender, a awsfake.Answer, check func(otp.Delivery, string, error),
) bool {
	t.Helper()
	conns := make(chan string, 2)
	remember := func(r *http.Request) { conns <- r.RemoteAddr }
	before := fake.Count()
	fake.Next(awsfake.Serve().Calling(remember), a.Calling(remember))
	if d, _, err := s.Send(t.Context(), Message()); d != otp.Accepted {
		t.Fatal(d, err)
	}
	check(s.Send(t.Context(), Message()))
	if n := fake.Count() - before; n != 2 {
		t.Fatalf("%d requests on the wire, want 2", n)
	}
	first, second := <-conns, <-conns
	return first == second
}

// checkError checks that err is nil for an accepted message, and otherwise an error with this code and status.
func checkError(t *testing.T, d otp.Delivery, err error, code string, status int) {
	t.Helper()
	if d == otp.Accepted {
		if err != nil {
			t.Errorf("accepted with an error: %v", err)
		}
		return
	}
	var e *awssender.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no *awssender.Error", err)
	}
	if e.Code != code || e.Status != status || e.Reason == "" {
		t.Errorf("%+v, want code %q, status %d and a reason", e, code, status)
	}
}

// testClosedWhileIdle sends on a connection that the server has closed: there is at most one request. net/http notices
// before it writes, and opens a new connection, or while it writes, and gives up.
func (s Service) testClosedWhileIdle(t *testing.T) {
	fake, sender := s.start(t)
	for range 50 {
		if d, _, err := sender.Send(t.Context(), Message()); d != otp.Accepted && d != otp.MaybeSent {
			t.Fatal(d, err)
		}
		before := fake.Count()
		fake.CloseConnections()
		d, _, err := sender.Send(t.Context(), Message())
		switch n := fake.Count() - before; {
		case d == otp.Accepted && n == 1, d == otp.MaybeSent && n <= 1:
		default:
			t.Fatalf("Send = %s, %v with %d requests on the wire", names[d], err, n)
		}
	}
}

func (s Service) testNobodyListens(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	d, _, err := s.sender(t, awsfake.AWS(), gone.URL, nil).Send(t.Context(), Message())
	if d != otp.MaybeSent {
		t.Errorf("Send returns %s, want MaybeSent", names[d])
	}
	checkError(t, d, err, "", 0)
	checkSilence(t, err)
}

// testSettingsOfTheSDK shows that a sender ignores the SDK's settings of retries, endpoints and logs.
func (s Service) testSettingsOfTheSDK(t *testing.T) {
	fake := s.Fake(t)
	fake.Otherwise(s.Error(500, s.Broken))
	t.Setenv("AWS_MAX_ATTEMPTS", "5")
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv(s.Variable, "http://127.0.0.1:1")
	cfg := awsfake.AWS()
	cfg.RetryMaxAttempts = 5
	cfg.RetryMode = aws.RetryModeAdaptive
	cfg.BaseEndpoint = aws.String("http://127.0.0.1:1")
	cfg.ClientLogMode = aws.LogRequestWithBody | aws.LogResponseWithBody
	if d, _, err := s.sender(t, cfg, fake.URL, nil).Send(t.Context(), Message()); d != otp.MaybeSent {
		t.Errorf("Send = %s, %v, want MaybeSent", names[d], err)
	}
	if n := fake.Count(); n != 1 {
		t.Errorf("%d requests on the wire, want 1", n)
	}
}

// testOnlyHTTP1 shows that a sender speaks HTTP/1.1 to a server that offers HTTP/2, because net/http repeats requests
// over HTTP/2.
func (s Service) testOnlyHTTP1(t *testing.T) {
	fake := s.Fake(t)
	var proto int
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto = r.ProtoMajor
		fake.ServeHTTP(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)

	wire := awsclient.OnceTransport()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	wire.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	wire.TLSClientConfig.RootCAs = roots
	if d, _, err := s.sender(t, awsfake.AWS(), server.URL, wire).Send(t.Context(), Message()); d != otp.Accepted {
		t.Fatal(d, err)
	}
	if proto != 1 {
		t.Errorf("HTTP/%d, want HTTP/1", proto)
	}
}
