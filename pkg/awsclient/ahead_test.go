package awsclient

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// counted is a server with TLS that counts connections and requests. opened gets a value for each connection.
type counted struct {
	*httptest.Server
	conns, requests atomic.Int32
	opened          chan bool
}

func serve(t *testing.T) (*counted, *http.Transport) {
	t.Helper()
	c := &counted{opened: make(chan bool, 10)}
	c.Server = httptest.NewUnstartedServer(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { c.requests.Add(1) }),
	)
	c.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			c.conns.Add(1)
			c.opened <- true
		}
	}
	c.StartTLS()
	t.Cleanup(c.Close)
	wire := transport(3)
	wire.TLSClientConfig = c.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	t.Cleanup(wire.CloseIdleConnections)
	return c, wire
}

func get(t *testing.T, wire *http.Transport, url string) {
	t.Helper()
	resp, err := (&http.Client{Transport: wire}).Get(url)
	if err != nil {
		t.Error(err)
		return
	}
	resp.Body.Close()
}

// The connection is open before the first request, and that request uses it.
func TestAhead(t *testing.T) {
	server, wire := serve(t)
	Ahead(wire, 1, "dynamodb", "eu-central-1", server.URL)
	<-server.opened
	if n := server.requests.Load(); n != 0 {
		t.Errorf("%d requests were made ahead", n)
	}
	get(t, wire, server.URL)
	get(t, wire, server.URL)
	if conns, requests := server.conns.Load(), server.requests.Load(); conns != 1 || requests != 2 {
		t.Errorf("%d requests on %d connections, want 2 on 1", requests, conns)
	}
}

// As many connections are open as the first requests need at the same time.
func TestAheadOfSeveral(t *testing.T) {
	server, wire := serve(t)
	var asking sync.WaitGroup
	asking.Add(3)
	server.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asking.Done()
		asking.Wait()
	})
	Ahead(wire, 3, "dynamodb", "eu-central-1", server.URL)
	for range 3 {
		<-server.opened
	}
	var answers sync.WaitGroup
	for range 3 {
		answers.Go(func() { get(t, wire, server.URL) })
	}
	answers.Wait()
	if conns := server.conns.Load(); conns != 3 {
		t.Errorf("%d connections, want 3", conns)
	}
}

// A connection that is too old, was never opened, or is open to another service is not used.
func TestAheadInVain(t *testing.T) {
	for name, c := range map[string]struct {
		addr  string // "" is the server's
		dead  bool   // no connection was opened
		age   time.Duration
		conns int32
	}{
		"young":         {"", false, 0, 1},
		"old":           {"", false, maxIdle, 2},
		"of the future": {"", false, -time.Minute, 2},
		"failed":        {"", true, 0, 1},
		"elsewhere":     {"other.invalid:443", false, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			server, wire := serve(t)
			at, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			a := &ahead{addr: at.Host, first: make(chan opened, 1)}
			a.left.Store(1)
			a.tls.Config = wire.TLSClientConfig
			o := opened{err: net.ErrClosed, at: time.Now().Round(0).Add(-c.age)}
			if !c.dead {
				o.conn, o.err = a.tls.Dial("tcp", at.Host)
			}
			a.first <- o
			if c.addr != "" {
				a.addr = c.addr
			}
			wire.DialTLSContext = a.dial
			get(t, wire, server.URL)
			if n := server.conns.Load(); n != c.conns {
				t.Errorf("%d connections, want %d", n, c.conns)
			}
		})
	}
}

// A request that gives up does not wait for a connection that is being opened, and keeps no other one waiting.
func TestAheadHangs(t *testing.T) {
	server, wire := serve(t)
	a := &ahead{addr: server.Listener.Addr().String(), first: make(chan opened)}
	a.left.Store(1)
	a.tls.Config = wire.TLSClientConfig
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.dial(ctx, "tcp", a.addr); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that the call was canceled", err)
	}
	wire.DialTLSContext = a.dial
	get(t, wire, server.URL) // which opens a connection of its own
}

// Nothing is opened without TLS, and nothing beside a proxy.
func TestAheadOfNothing(t *testing.T) {
	wire := transport(3)
	Ahead(wire, 1, "dynamodb", "eu-central-1", "http://127.0.0.1:1")
	wire.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.invalid"})
	Ahead(wire, 1, "dynamodb", "eu-central-1", "")
	if wire.DialTLSContext != nil {
		t.Error("a connection is opened")
	}
}

// The address is the one that the SDK asks.
func TestAddress(t *testing.T) {
	for _, region := range []string{"us-east-1", "eu-central-1", "ap-southeast-5", "cn-north-1", "us-gov-west-1"} {
		var host string
		cfg := aws.Config{Region: region, Credentials: Local(), HTTPClient: &http.Client{
			Transport: wire(func(r *http.Request) (*http.Response, error) {
				host = r.URL.Scheme + "://" + r.URL.Host
				return answer(r, http.StatusOK, strings.NewReader("{}")), nil
			}),
		}}
		dynamodb.NewFromConfig(cfg).ListTables(t.Context(), &dynamodb.ListTablesInput{})
		if want := address("dynamodb", region, ""); host != want {
			t.Errorf("the SDK asks %s, want %s", host, want)
		}
		sns.NewFromConfig(cfg).ListTopics(t.Context(), &sns.ListTopicsInput{})
		if want := address("sns", region, ""); host != want {
			t.Errorf("the SDK asks %s, want %s", host, want)
		}
	}
}
