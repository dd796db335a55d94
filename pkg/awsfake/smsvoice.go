package awsfake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// SMSVoice is AWS End User Messaging SMS as far as text messages need it: it accepts every SendTextMessage and
// PutMessageFeedback that follows the service's own model, and sends nothing. A request that breaks the model is
// refused as the service refuses it.
type SMSVoice struct {
	*Server // set by [StartSMSVoice] only
	// Sent gets each message, unless it is nil. It must be safe for concurrent use.
	Sent func(to, message string)

	mu       sync.Mutex
	requests []TextMessage
	feedback []Feedback
}

// StartSMSVoice runs an [SMSVoice] until the test ends.
func StartSMSVoice(t TB) *SMSVoice {
	t.Helper()
	s := &SMSVoice{}
	s.Server = Start(t, s)
	return s
}

// TextMessage is one request that was accepted. A member that was not sent is nil or empty.
type TextMessage struct {
	DestinationPhoneNumber       *string
	OriginationIdentity          *string           `json:",omitempty"`
	MessageBody                  *string           `json:",omitempty"`
	MessageType                  *string           `json:",omitempty"`
	Keyword                      *string           `json:",omitempty"`
	ConfigurationSetName         *string           `json:",omitempty"`
	MaxPrice                     *string           `json:",omitempty"`
	TimeToLive                   *int              `json:",omitempty"`
	Context                      map[string]string `json:",omitempty"`
	DestinationCountryParameters map[string]string `json:",omitempty"`
	DryRun                       *bool             `json:",omitempty"`
	ProtectConfigurationID       *string           `json:"ProtectConfigurationId,omitempty"`
	MessageFeedbackEnabled       *bool             `json:",omitempty"`
}

// Requests returns the requests that were accepted, in their order.
func (s *SMSVoice) Requests() []TextMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// shape is a type of text in the service's model: its length in characters, and its pattern.
type shape struct {
	min, max int
	pattern  *regexp.Regexp
}

func (s shape) takes(text string) bool {
	n := utf8.RuneCountInString(text)
	return n >= s.min && n <= s.max && s.pattern.MatchString(text)
}

func newShape(min, max int, pattern string) shape {
	return shape{min, max, regexp.MustCompile(`\A(?:` + pattern + `)\z`)}
}

// shapes are those of SendTextMessage in the model "pinpoint-sms-voice-v2", version 2022-03-31, as AWS's SDKs have it.
// They are compiled when the first request needs them: a command links this package.
var shapes = sync.OnceValue(func() map[string]shape {
	return map[string]shape{
		"DestinationPhoneNumber":                newShape(1, 20, `\+?[1-9][0-9]{1,18}`),
		"OriginationIdentity":                   newShape(1, 256, `[A-Za-z0-9_:/\+-]+`),
		"MessageBody":                           newShape(1, 1600, `(?s).*\S.*`),
		"MessageType":                           newShape(1, 20, `TRANSACTIONAL|PROMOTIONAL`),
		"Keyword":                               newShape(1, 30, `[ \S]+`),
		"ConfigurationSetName":                  newShape(1, 256, `[A-Za-z0-9_:/-]+`),
		"MaxPrice":                              newShape(2, 8, `[0-9]{0,2}\.[0-9]{1,5}`),
		"ProtectConfigurationId":                newShape(1, 256, `[A-Za-z0-9_:/-]+`),
		"MessageId":                             newShape(1, 64, `[A-Za-z0-9_:/-]+`),
		"key of Context":                        newShape(1, 100, `\S+`),
		"value of Context":                      newShape(1, 800, `(?s)\S|\S.*\S`),
		"key of DestinationCountryParameters":   newShape(1, 20, `IN_TEMPLATE_ID|IN_ENTITY_ID`),
		"value of DestinationCountryParameters": newShape(1, 64, `\S+`),
	}
})

// broken returns the name of a member that breaks the model, or "".
func (m TextMessage) broken() string {
	if m.DestinationPhoneNumber == nil {
		return "DestinationPhoneNumber"
	}
	for name, value := range map[string]*string{
		"DestinationPhoneNumber": m.DestinationPhoneNumber, "OriginationIdentity": m.OriginationIdentity,
		"MessageBody": m.MessageBody, "MessageType": m.MessageType, "Keyword": m.Keyword,
		"ConfigurationSetName": m.ConfigurationSetName, "MaxPrice": m.MaxPrice,
		"ProtectConfigurationId": m.ProtectConfigurationID,
	} {
		if value != nil && !shapes()[name].takes(*value) {
			return name
		}
	}
	for name, pairs := range map[string]map[string]string{
		"Context": m.Context, "DestinationCountryParameters": m.DestinationCountryParameters,
	} {
		for key, value := range pairs {
			if !shapes()["key of "+name].takes(key) || !shapes()["value of "+name].takes(value) {
				return name
			}
		}
	}
	switch {
	case len(m.Context) > 5:
		return "Context"
	case len(m.DestinationCountryParameters) > 10:
		return "DestinationCountryParameters"
	case m.TimeToLive != nil && (*m.TimeToLive < 5 || *m.TimeToLive > 259200):
		return "TimeToLive"
	}
	return ""
}

// ServeHTTP implements [http.Handler] in the service's JSON protocol.
func (s *SMSVoice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has gone
	}
	var in TextMessage
	strict := json.NewDecoder(bytes.NewReader(body))
	strict.DisallowUnknownFields()
	err = strict.Decode(&in)
	switch {
	case !signed(r):
		failJSON(w, http.StatusBadRequest, "MissingAuthenticationTokenException", "the request is not signed")
		return
	case r.Header.Get("X-Amz-Target") == "PinpointSMSVoiceV2.PutMessageFeedback":
		s.putFeedback(w, body)
		return
	case r.Header.Get("X-Amz-Target") != "PinpointSMSVoiceV2.SendTextMessage":
		failJSON(w, http.StatusBadRequest, "UnknownOperationException",
			"this fake takes SendTextMessage and PutMessageFeedback only")
		return
	case r.Header.Get("Content-Type") != "application/x-amz-json-1.0" || err != nil:
		failJSON(w, http.StatusBadRequest, "SerializationException", "the body is not a SendTextMessage in JSON 1.0")
		return
	}
	if name := in.broken(); name != "" {
		refuseText(w, http.StatusBadRequest, "ValidationException", "FIELD_VALIDATION_FAILED", name, string(body))
		return
	}
	s.mu.Lock()
	id := messageID(idOfEndUserMsg, len(s.requests))
	s.requests = append(s.requests, in)
	s.mu.Unlock()
	if s.Sent != nil && in.MessageBody != nil {
		s.Sent(*in.DestinationPhoneNumber, *in.MessageBody)
	}
	answerJSON(w, http.StatusOK, map[string]string{"MessageId": id})
}

// RefuseText answers with an exception of [SMSVoice], and its reason unless that is "". Its message quotes the request,
// so that a caller who passes it on has number and text in the log. fields are those that a ValidationException names.
func RefuseText(status int, exception, reason string, fields ...string) Answer {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		body, _ := io.ReadAll(r.Body)
		quote := strings.ReplaceAll(string(body), "DestinationPhoneNumber", "number") // only fields name it
		refuseText(w, status, exception, reason, strings.Join(fields, ","), quote)
	}
}

func refuseText(w http.ResponseWriter, status int, exception, reason, fields, quote string) {
	body := map[string]any{
		"__type":  "com.amazonaws.pinpointsmsvoicev2#" + exception,
		"Message": fmt.Sprintf("cannot take %s", quote),
	}
	if reason != "" {
		body["Reason"] = reason
	}
	if fields != "" {
		body["Fields"] = []map[string]string{{"Name": fields, "Message": quote}}
	}
	answerJSON(w, status, body)
}
