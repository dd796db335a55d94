package awsclient

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// maxIdle is the age at which a connection that was opened ahead is no longer used. Services close idle connections
// after some time, and a Lambda may be frozen for minutes between its start and its first event.
const maxIdle = 5 * time.Second

// Ahead opens the first n connections to a service now, while the process starts: the handshakes of TCP and TLS take
// two round trips, and the first requests do not have to wait for them. A request after a failure, or after maxIdle,
// opens a connection of its own.
//
// Nothing is opened for an endpoint without TLS, which is on this machine, nor for one behind a proxy. t must not have
// carried a request yet.
func Ahead(t *http.Transport, n int, service, region, endpoint string) {
	at, err := url.Parse(address(service, region, endpoint))
	if err != nil || at.Scheme != "https" {
		return
	}
	if t.Proxy != nil {
		if proxy, err := t.Proxy(&http.Request{URL: at}); err != nil || proxy != nil {
			return
		}
	}
	port := at.Port()
	if port == "" {
		port = "443"
	}
	a := &ahead{
		addr:  net.JoinHostPort(at.Hostname(), port),
		first: make(chan opened, n),
		tls:   tls.Dialer{NetDialer: &net.Dialer{Timeout: 30 * time.Second}, Config: t.TLSClientConfig},
	}
	t.DialTLSContext = a.dial
	a.left.Store(int64(n))
	for range n {
		go a.open()
	}
}

// address is the URL of a service. [TestAddress] compares it with the URL that the SDK asks.
func address(service, region, endpoint string) string {
	if endpoint != "" {
		return endpoint
	}
	suffix := ".amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		suffix += ".cn"
	}
	return "https://" + service + "." + region + suffix
}

// ahead dials with TLS, and has connections that it has dialled before it was asked to.
type ahead struct {
	addr  string
	first chan opened
	left  atomic.Int64 // of them, for so many dials: one that hangs keeps no later dial waiting
	tls   tls.Dialer
}

type opened struct {
	conn net.Conn
	err  error
	at   time.Time // of the wall clock: the monotonic one stands still while a Lambda is frozen
}

func (a *ahead) open() {
	ctx, cancel := context.WithTimeout(context.Background(), maxIdle)
	defer cancel()
	conn, err := a.tls.DialContext(ctx, "tcp", a.addr)
	a.first <- opened{conn, err, time.Now().Round(0)}
}

// dial implements DialTLSContext of [http.Transport].
func (a *ahead) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if addr == a.addr && a.left.Add(-1) >= 0 {
		select {
		case o := <-a.first:
			if o.err == nil {
				if age := time.Now().Round(0).Sub(o.at); 0 <= age && age < maxIdle {
					return o.conn, nil
				}
				o.conn.Close()
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return a.tls.DialContext(ctx, network, addr)
}
