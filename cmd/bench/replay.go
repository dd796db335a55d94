package main

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// replay stands before the DynamoDB engine: it hands requests on and keeps the
// answers, and later gives the same answers to the same requests by itself, so that
// the engine's time is not taken for a function's.
type replay struct {
	engine string // URL

	mu       sync.Mutex
	kept     map[string][]kept // by operation, in their order
	at       map[string]int
	replayed bool
}

// kept is one answer.
type kept struct {
	status int
	header http.Header
	body   []byte
}

// play ends the recording.
func (r *replay) play() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replayed = true
}

// rewind goes back to the first answer.
func (r *replay) rewind() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = map[string]int{}
}

// ServeHTTP implements [http.Handler].
func (r *replay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	operation := req.Header.Get("X-Amz-Target")
	r.mu.Lock()
	defer r.mu.Unlock()
	var k kept
	switch {
	case !r.replayed:
		if k, err = r.ask(req, body); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		r.kept[operation] = append(r.kept[operation], k)
	case r.at[operation] < len(r.kept[operation]):
		k = r.kept[operation][r.at[operation]]
		r.at[operation]++
	default: // which the function takes for a fault, and the run for a failure
		http.Error(w, "a request more than were recorded", http.StatusBadRequest)
		return
	}
	for name, values := range k.header {
		w.Header()[name] = values
	}
	w.WriteHeader(k.status)
	w.Write(k.body)
}

func (r *replay) ask(req *http.Request, body []byte) (kept, error) {
	on, err := http.NewRequestWithContext(req.Context(), req.Method, r.engine+req.URL.Path, bytes.NewReader(body))
	if err != nil {
		return kept{}, err
	}
	on.Header = req.Header.Clone()
	on.Header.Del("Accept-Encoding") // or the transport would not unpack what it did not ask for
	resp, err := http.DefaultTransport.RoundTrip(on)
	if err != nil {
		return kept{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return kept{resp.StatusCode, resp.Header, text}, err
}
