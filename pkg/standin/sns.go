package standin

import (
	"fmt"
	"net/http"
	"strings"
)

// SNS stands in for Amazon SNS as far as text messages need it: every Publish to a
// phone number is accepted, and nothing is sent anywhere.
type SNS struct {
	// Sent is told of each message, if it is not nil. It must be safe for concurrent
	// use.
	Sent func(to, message string)
}

// ServeHTTP implements [http.Handler] in SNS's query protocol.
func (s SNS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/xml")
	to, message := r.PostFormValue("PhoneNumber"), r.PostFormValue("Message")
	if r.PostFormValue("Action") != "Publish" || !strings.HasPrefix(to, "+") || message == "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>InvalidParameter</Code>`+
			`<Message>this stand-in takes Publish to a phone number only</Message></Error><RequestId>local</RequestId></ErrorResponse>`)
		return
	}
	if s.Sent != nil {
		s.Sent(to, message)
	}
	fmt.Fprint(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>local</MessageId></PublishResult>`+
		`<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></PublishResponse>`)
}
