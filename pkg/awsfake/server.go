package awsfake

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TB is the part of testing.TB that this package needs. Commands link this package, and they must not link testing.
type TB interface {
	Helper()
	Cleanup(func())
	Fatal(...any)
}

// Server runs a fake for a test. It is safe for concurrent use.
type Server struct {
	URL string // http://127.0.0.1:PORT

	fake http.Handler

	mu        sync.Mutex
	count     int
	next      []Answer
	otherwise Answer
	open      map[net.Conn]bool
}

// Start runs a fake until the test ends. Requests that still hang then are cut off.
func Start(t TB, fake http.Handler) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		URL: "http://" + listener.Addr().String(), fake: fake, otherwise: Serve(), open: map[net.Conn]bool{},
	}
	server := &http.Server{Handler: s, ConnState: s.track, ReadHeaderTimeout: time.Minute}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return s
}

// AWS returns a configuration with a region and made-up keys.
func AWS() aws.Config {
	return aws.Config{
		Region: "eu-west-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	}
}

// Next queues answers, one for each of the following requests.
func (s *Server) Next(a ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, a...)
}

// Otherwise sets the answer to requests for which none is queued.
func (s *Server) Otherwise(a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.otherwise = a
}

// Count returns the number of requests on the wire.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// CloseConnections closes all connections, idle ones too, as a server does that restarts. The fake goes on listening.
func (s *Server) CloseConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.open {
		conn.Close()
	}
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.count++
	answer := s.otherwise
	if len(s.next) > 0 {
		answer, s.next = s.next[0], s.next[1:]
	}
	s.mu.Unlock()
	answer(w, r, s.fake)
}

func (s *Server) track(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.open[conn] = true
	case http.StateClosed, http.StateHijacked:
		delete(s.open, conn)
	}
}
