package awsfake

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// messageID returns the id of the n-th message of a service: each begins its ids otherwise.
func messageID(service string, n int) string {
	const first = 0x16e90b
	return fmt.Sprintf("%s%06x", service, first+n)
}

// The beginnings of the ids of messages.
const (
	idOfSNS        = "567910cd-659e-55d4-8ccb-5aaf14"
	idOfEndUserMsg = "94f20ce6-13c5-43a0-9a9e-ca52d8"
)

// Report returns what Lambda gets when the service publishes an event about a message, the n-th from 0 on that the fake
// took. SNS hands over each event alone. A test decides which events there are, in which order, how often, and when.
func (s *SMSVoice) Report(n int, eventType string, at time.Time) []byte {
	s.mu.Lock()
	m := s.requests[n]
	s.mu.Unlock()
	_, status, _ := strings.Cut(eventType, "_")
	event := map[string]any{
		"eventType": eventType, "eventVersion": "1.0", "eventTimestamp": at.UnixMilli(),
		"isFinal":                status != "QUEUED" && status != "PENDING",
		"originationPhoneNumber": "+12065550152", "destinationPhoneNumber": *m.DestinationPhoneNumber,
		"isInternationalSend": false, "mcc": "502", "mnc": "12", "messageId": messageID(idOfEndUserMsg, n),
		"messageRequestTimestamp": at.UnixMilli(), "messageEncoding": "GSM", "messageType": "TRANSACTIONAL",
		"messageStatus": status, "messageStatusDescription": "As the test wants it", "context": m.Context,
		"totalMessageParts": 1, "totalMessagePrice": 0.09582, "totalCarrierFee": 0.0,
	}
	text, _ := json.Marshal(event) // cannot fail: strings and numbers
	call, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"EventSource": "aws:sns", "EventVersion": "1.0",
		"Sns": map[string]any{"Type": "Notification", "Message": string(text)},
	}}})
	return call
}
