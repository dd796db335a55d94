package localserver

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"countersign/pkg/console"
	"countersign/pkg/phone/plan"
)

// messages lists or empties the outbox.
func (s *server) messages(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		to := console.Recipient(r)
		if n, ok := plan.Lookup(to); ok {
			to = n.E164.E164() // messages to every spelling of the line
		}
		entries, err := s.outbox.List(to)
		if err != nil {
			s.log.Error("outbox", "cause", err)
			refuse(w, http.StatusInternalServerError, "the outbox cannot be read")
			return
		}
		s.show(w, entries)
	case http.MethodDelete:
		if err := s.outbox.Empty(); err != nil {
			s.log.Error("outbox", "cause", err)
			refuse(w, http.StatusInternalServerError, "the outbox cannot be emptied")
			return
		}
		s.emptied()
		w.WriteHeader(http.StatusNoContent)
	default:
		refuse(w, http.StatusMethodNotAllowed, "GET lists the messages, DELETE empties the outbox")
	}
}

// latest lists the latest events, newest first.
func (s *server) latest(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		refuse(w, http.StatusMethodNotAllowed, "GET lists the latest events")
		return
	}
	s.show(w, s.events.list())
}

// show answers with a list in JSON.
func (s *server) show(w http.ResponseWriter, list any) {
	text, err := json.Marshal(list)
	if err != nil {
		s.log.Error("console", "cause", err)
	}
	reply(w, http.StatusOK, text)
}

// refuse answers with a message, which needs no escapes in JSON.
func refuse(w http.ResponseWriter, status int, message string) {
	reply(w, status, []byte(`{"message":"`+message+`"}`))
}

// reply answers with JSON, which has codes: no foreign page loads it or has it in a frame, also where a browser does
// not state who asks.
func reply(w http.ResponseWriter, status int, text []byte) {
	for name, value := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
		"Cache-Control": "no-store",
	} {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	w.Write(text)
}
