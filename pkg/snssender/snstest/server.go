package snstest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Server is the stub. It is safe for concurrent use.
type Server struct {
	// URL is the address, http://127.0.0.1:<port>.
	URL string

	http *httptest.Server

	mu        sync.Mutex
	count     int
	requests  []Request
	next      []Answer
	otherwise Answer
}

// Start runs a stub until the test ends. Requests that still hang then are cut
// off.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{otherwise: Accept()}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	t.Cleanup(func() {
		s.CloseConnections()
		s.http.Close()
	})
	return s
}

// AWS returns a configuration with a region and keys that open nothing.
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

// Count returns the number of requests on the wire, those included whose body
// was never read.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Requests returns the requests whose body was read, in the order of reading.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// CloseConnections closes all connections, idle ones too, as a server does that
// restarts. The stub goes on listening.
func (s *Server) CloseConnections() { s.http.CloseClientConnections() }

// ServeHTTP implements http.Handler, so that a test can put the stub behind a
// server of its own.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := s.arrived()
	if answer.unread {
		answer.give(w, r, Request{Conn: r.RemoteAddr})
		return
	}
	said, err := read(r)
	if err != nil {
		Fail(http.StatusBadRequest, "MalformedQueryString").give(w, r, said)
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, said)
	s.mu.Unlock()
	if code := said.fault(); code != "" {
		answer = Fail(http.StatusForbidden, code)
	}
	answer.give(w, r, said)
}

// arrived counts a request and picks its answer.
func (s *Server) arrived() Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if len(s.next) == 0 {
		return s.otherwise
	}
	a := s.next[0]
	s.next = s.next[1:]
	return a
}
