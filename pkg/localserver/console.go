package localserver

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
)

// messages lists or empties the outbox.
func (s *server) messages(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		to := r.URL.Query().Get("to")
		if national, ok := strings.CutPrefix(to, " "); ok {
			to = "+" + national // the caller did not escape the plus sign
		}
		entries, err := s.outbox.List(to)
		if err != nil {
			s.log.Error("outbox", "cause", err)
			reply(w, http.StatusInternalServerError, []byte(`{"message":"the outbox cannot be read"}`))
			return
		}
		text, err := json.Marshal(entries)
		if err != nil {
			s.log.Error("outbox", "cause", err)
		}
		reply(w, http.StatusOK, text)
	case http.MethodDelete:
		if err := s.outbox.Empty(); err != nil {
			s.log.Error("outbox", "cause", err)
			reply(w, http.StatusInternalServerError, []byte(`{"message":"the outbox cannot be emptied"}`))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		reply(w, http.StatusMethodNotAllowed, []byte(`{"message":"GET lists the messages, DELETE empties the outbox"}`))
	}
}

// latest lists the latest events, newest first.
func (s *server) latest(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		reply(w, http.StatusMethodNotAllowed, []byte(`{"message":"GET lists the latest events"}`))
		return
	}
	text, err := json.Marshal(s.events.list())
	if err != nil {
		s.log.Error("events", "cause", err)
	}
	reply(w, http.StatusOK, text)
}

func reply(w http.ResponseWriter, status int, text []byte) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	w.Write(text)
}
