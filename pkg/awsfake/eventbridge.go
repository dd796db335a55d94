package awsfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// EventBridge is Amazon EventBridge as far as PutEvents needs it: it takes every event, and hands none on.
type EventBridge struct {
	*Server // set by [StartEventBridge] only
	// Put gets each event, unless it is nil: its detail-type, and its detail in JSON. It must be safe for concurrent
	// use.
	Put func(kind, detail string)

	mu    sync.Mutex
	taken []Entry
}

// StartEventBridge runs an [EventBridge] until the test ends.
func StartEventBridge(t TB) *EventBridge {
	t.Helper()
	b := &EventBridge{}
	b.Server = Start(t, b)
	return b
}

// Entry is one event as it was sent.
type Entry struct {
	Source, DetailType, Detail, EventBusName string
	Time                                     float64 // seconds since 1970
}

// Taken returns the events that were taken, in their order, whatever was answered.
func (b *EventBridge) Taken() []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.taken)
}

// ServeHTTP implements [http.Handler] in EventBridge's JSON protocol, with its limits of a request.
func (b *EventBridge) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.serve(w, r, "", nil) }

// serve takes all events but those at the places that are refused, with a code.
func (b *EventBridge) serve(w http.ResponseWriter, r *http.Request, code string, refused []int) {
	var in struct{ Entries []Entry }
	err := json.NewDecoder(r.Body).Decode(&in)
	bytes := 0
	for _, e := range in.Entries {
		bytes += 14 + len(e.Source) + len(e.DetailType) + len(e.Detail)
	}
	n := len(in.Entries)
	switch {
	case !signed(r):
		failJSON(w, http.StatusBadRequest, "MissingAuthenticationTokenException", "the request is not signed")
		return
	case r.Header.Get("X-Amz-Target") != "AWSEvents.PutEvents":
		failJSON(w, http.StatusBadRequest, "InvalidAction", "this fake takes PutEvents only")
		return
	case err != nil, n == 0, n > 10, bytes > 256<<10:
		failJSON(w, http.StatusBadRequest, "ValidationException", "1 to 10 entries of at most 256 KB together")
		return
	}
	out := struct {
		FailedEntryCount int
		Entries          []map[string]string
	}{}
	for i, e := range in.Entries {
		if slices.Contains(refused, i) {
			out.FailedEntryCount++
			bad := map[string]string{"ErrorCode": code, "ErrorMessage": "cannot take " + e.Detail}
			out.Entries = append(out.Entries, bad)
			continue
		}
		b.take(e)
		id := fmt.Sprintf("11710aed-b79e-4468-a20b-bb3c0c3b%04d", i)
		out.Entries = append(out.Entries, map[string]string{"EventId": id})
	}
	answerJSON(w, http.StatusOK, out)
}

func (b *EventBridge) take(e Entry) {
	b.mu.Lock()
	b.taken = append(b.taken, e)
	b.mu.Unlock()
	if b.Put != nil {
		b.Put(e.DetailType, e.Detail)
	}
}

// RefuseEntries has an [EventBridge] take all events but those at places, counted from 0, which it refuses with a code
// and a message that quotes them.
func RefuseEntries(code string, places ...int) Answer {
	return func(w http.ResponseWriter, r *http.Request, fake http.Handler) {
		fake.(*EventBridge).serve(w, r, code, places)
	}
}
