package standin

import (
	"encoding/json"
	"net/http"
)

// Events stands in for Amazon EventBridge: every event is accepted, and goes
// nowhere.
type Events struct {
	// Put is told of each event, if it is not nil: its detail-type, and its detail
	// in JSON. It must be safe for concurrent use.
	Put func(kind, detail string)
}

// ServeHTTP implements [http.Handler] in EventBridge's JSON protocol, with the one
// operation that functions may use.
func (s Events) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	var asked struct {
		Entries []struct{ DetailType, Detail string }
	}
	if r.Header.Get("X-Amz-Target") != "AWSEvents.PutEvents" || json.NewDecoder(r.Body).Decode(&asked) != nil {
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"__type": "InvalidAction", "message": "this stand-in knows PutEvents only"})
		return
	}
	answer := struct {
		FailedEntryCount int
		Entries          []map[string]string
	}{}
	for _, e := range asked.Entries {
		if s.Put != nil {
			s.Put(e.DetailType, e.Detail)
		}
		answer.Entries = append(answer.Entries, map[string]string{"EventId": "local"})
	}
	json.NewEncoder(w).Encode(answer)
}
