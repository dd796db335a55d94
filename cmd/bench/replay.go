package main

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// replay is a proxy of the DynamoDB engine. It first passes requests on and keeps the answers. Later it gives the kept
// answers to the same requests, so that the time of a function has no time of the engine in it.
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
	default: // a fault for the function, so that the run fails
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
	on.Header.Del("Accept-Encoding") // the transport unpacks only if it has set this header itself
	resp, err := http.DefaultTransport.RoundTrip(on)
	if err != nil {
		return kept{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return kept{resp.StatusCode, resp.Header, text}, err
}
