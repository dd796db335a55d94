package awsfake

import (
	"encoding/json"
	"net/http"
	"slices"
)

// Feedback is one PutMessageFeedback that an [SMSVoice] took.
type Feedback struct{ MessageID, MessageFeedbackStatus string }

// Feedback returns what was taken, in its order.
func (s *SMSVoice) Feedback() []Feedback {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.feedback)
}

// putFeedback answers a PutMessageFeedback. The fake knows every message.
func (s *SMSVoice) putFeedback(w http.ResponseWriter, body []byte) {
	var in Feedback
	err := json.Unmarshal(body, &in)
	status := in.MessageFeedbackStatus
	if err != nil || !shapes()["MessageId"].takes(in.MessageID) || status != "RECEIVED" && status != "FAILED" {
		refuseText(w, http.StatusBadRequest, "ValidationException", "FIELD_VALIDATION_FAILED", "", string(body))
		return
	}
	s.mu.Lock()
	s.feedback = append(s.feedback, in)
	s.mu.Unlock()
	answerJSON(w, http.StatusOK, map[string]string{"MessageId": in.MessageID, "MessageFeedbackStatus": status})
}
