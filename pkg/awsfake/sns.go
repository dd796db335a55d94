package awsfake

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// SNS is Amazon SNS as far as text messages need it: it accepts every Publish to a phone number, and sends nothing.
type SNS struct {
	*Server // set by [StartSNS] only
	// Sent gets each message, unless it is nil. It must be safe for concurrent use.
	Sent func(to, message string)

	mu       sync.Mutex
	requests []Publish
}

// StartSNS runs an [SNS] until the test ends.
func StartSNS(t TB) *SNS {
	t.Helper()
	s := &SNS{}
	s.Server = Start(t, s)
	return s
}

// Publish is one request that was accepted.
type Publish struct {
	PhoneNumber string
	Message     string
	Attributes  map[string]Attribute // by name
	Form        url.Values           // the whole request, decoded
}

// Attribute is a message attribute.
type Attribute struct{ Type, Value string }

// Requests returns the requests that were accepted, in their order.
func (s *SNS) Requests() []Publish {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

const namespace = ` xmlns="http://sns.amazonaws.com/doc/2010-03-31/"`

// ServeHTTP implements [http.Handler] in SNS's query protocol.
func (s *SNS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		failSNS(w, http.StatusBadRequest, "MalformedQueryString", "the body is not a form")
		return
	}
	p := Publish{
		PhoneNumber: r.PostForm.Get("PhoneNumber"), Message: r.PostForm.Get("Message"),
		Attributes: attributes(r.PostForm), Form: r.PostForm,
	}
	switch {
	case !signed(r):
		failSNS(w, http.StatusBadRequest, "MissingAuthenticationToken", "the request is not signed")
		return
	case r.PostForm.Get("Action") != "Publish" || r.PostForm.Get("Version") != "2010-03-31":
		failSNS(w, http.StatusBadRequest, "InvalidAction", "this fake takes Publish only")
		return
	case !strings.HasPrefix(p.PhoneNumber, "+") || p.Message == "":
		failSNS(w, http.StatusBadRequest, "InvalidParameter", "this fake takes a message to a phone number only")
		return
	}
	s.mu.Lock()
	id := messageID(idOfSNS, len(s.requests))
	s.requests = append(s.requests, p)
	s.mu.Unlock()
	if s.Sent != nil {
		s.Sent(p.PhoneNumber, p.Message)
	}
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<PublishResponse%s><PublishResult><MessageId>%s</MessageId>`+
		`</PublishResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></PublishResponse>`,
		namespace, id, RequestID)
}

// signed reports whether a request has a signature, which is not checked.
func signed(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
}

// attributes reads MessageAttributes.entry.1.Name and so on.
func attributes(form url.Values) map[string]Attribute {
	all := map[string]Attribute{}
	for i := 1; ; i++ {
		entry := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		name := form.Get(entry + "Name")
		if name == "" {
			return all
		}
		all[name] = Attribute{form.Get(entry + "Value.DataType"), form.Get(entry + "Value.StringValue")}
	}
}

// FailSNS answers with an error of SNS's. Its message quotes the number and the text, as SNS's does at times, so that a
// caller who passes it on has them in the log.
func FailSNS(status int, code string) Answer {
	return FailSNSWith(status, code, "Invalid parameter: PhoneNumber Reason: %s is not valid to publish to (%s)")
}

// FailSNSWith is [FailSNS] with a message of one's own, in which the first %s stands for the number and the second for
// the text.
func FailSNSWith(status int, code, message string) Answer {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		quoted := strings.Replace(message, "%s", r.PostFormValue("PhoneNumber"), 1)
		failSNS(w, status, code, strings.Replace(quoted, "%s", r.PostFormValue("Message"), 1))
	}
}

func failSNS(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<ErrorResponse%s><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>`+
		`<RequestId>%s</RequestId></ErrorResponse>`, namespace, escape(code), escape(message), RequestID)
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}
