// Package eventbustest is a stand-in for EventBridge on the wire, for tests: a real
// HTTP server on 127.0.0.1 that speaks as much of its protocol as PutEvents needs,
// counts requests, keeps the entries that it took and answers as it is told.
package eventbustest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Entry is one event as it was sent.
type Entry struct {
	Source, DetailType, Detail, EventBusName string
	Time                                     float64 // seconds
}

// Answer is what the stub does with a request. It returns what was taken.
type Answer func(w http.ResponseWriter, r *http.Request, entries []Entry) (taken []Entry)

// Server is the stub. It is safe for concurrent use.
type Server struct {
	URL string

	mu        sync.Mutex
	count     int
	sizes     []int
	taken     []Entry
	next      []Answer
	otherwise Answer
}

// Start runs a stub until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{otherwise: Take()}
	h := httptest.NewServer(s)
	s.URL = h.URL
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	return s
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

// Sizes returns how many entries each request had.
func (s *Server) Sizes() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int(nil), s.sizes...)
}

// Taken returns the entries that were taken, in order, whatever was answered.
func (s *Server) Taken() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Entry(nil), s.taken...)
}

// ServeHTTP implements [http.Handler]. What EventBridge would refuse whatever else
// there is to it is refused.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct{ Entries []Entry }
	err := json.NewDecoder(r.Body).Decode(&in)
	s.mu.Lock()
	s.count++
	s.sizes = append(s.sizes, len(in.Entries))
	answer := s.otherwise
	if len(s.next) > 0 {
		answer, s.next = s.next[0], s.next[1:]
	}
	s.mu.Unlock()
	bytes := 0
	for _, e := range in.Entries {
		bytes += 14 + len(e.Source) + len(e.DetailType) + len(e.Detail)
	}
	switch {
	case err != nil, r.Header.Get("X-Amz-Target") != "AWSEvents.PutEvents", len(in.Entries) == 0, len(in.Entries) > 10, bytes > 256<<10:
		answer = Fail(http.StatusBadRequest, "ValidationException")
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "):
		answer = Fail(http.StatusForbidden, "MissingAuthenticationTokenException")
	}
	if taken := answer(w, r, in.Entries); taken != nil {
		s.mu.Lock()
		s.taken = append(s.taken, taken...)
		s.mu.Unlock()
	}
}

// Take takes all entries.
func Take() Answer { return Refuse("") }

// Refuse takes all entries but those at places, counted from 0, which it refuses
// with a code. Its words quote what was sent.
func Refuse(code string, places ...int) Answer {
	return func(w http.ResponseWriter, _ *http.Request, entries []Entry) (taken []Entry) {
		bad := map[int]bool{}
		for _, p := range places {
			bad[p] = true
		}
		out := struct {
			FailedEntryCount int
			Entries          []map[string]string
		}{}
		for i, e := range entries {
			if bad[i] {
				out.FailedEntryCount++
				out.Entries = append(out.Entries, map[string]string{"ErrorCode": code, "ErrorMessage": "cannot take " + e.Detail})
				continue
			}
			taken = append(taken, e)
			out.Entries = append(out.Entries, map[string]string{"EventId": fmt.Sprintf("11710aed-b79e-4468-a20b-bb3c0c3b%04d", i)})
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		json.NewEncoder(w).Encode(out)
		return taken
	}
}

// Fail refuses the request. Its words quote what was sent.
func Fail(status int, code string) Answer {
	return func(w http.ResponseWriter, _ *http.Request, entries []Entry) []Entry {
		text, _ := json.Marshal(map[string]string{"__type": code, "message": fmt.Sprint(entries)})
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Header().Set("X-Amzn-Requestid", "c7e5a3f0-0000-4000-8000-000000000000")
		w.WriteHeader(status)
		w.Write(text)
		return nil
	}
}

// Drop closes the connection; with taken, after it took the entries.
func Drop(taken bool) Answer {
	return func(w http.ResponseWriter, _ *http.Request, entries []Entry) []Entry {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			conn.Close()
		}
		if taken {
			return entries
		}
		return nil
	}
}

// Cut takes the entries and breaks off in the middle of its answer.
func Cut() Answer {
	return func(w http.ResponseWriter, _ *http.Request, entries []Entry) []Entry {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		fmt.Fprint(w, `{"FailedEntryCount":0,"Entr`)
		return entries
	}
}

// Hang gives no answer until the client goes away.
func Hang() Answer {
	return func(_ http.ResponseWriter, r *http.Request, _ []Entry) []Entry {
		<-r.Context().Done()
		return nil
	}
}
