package snstest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

// Answer is what the stub does with a request. Make one with the functions of
// this package.
type Answer struct {
	unread bool // the body of the request is left alone
	give   func(w http.ResponseWriter, r *http.Request, said Request)
}

// Tell returns a that calls f, on the stub's goroutine, when the request is there
// and before it is answered:
// the moment at which a test cancels, crashes or moves the clock. Of a request
// whose body a leaves unread, it has Conn only.
func (a Answer) Tell(f func(Request)) Answer {
	give := a.give
	a.give = func(w http.ResponseWriter, r *http.Request, said Request) {
		f(said)
		give(w, r, said)
	}
	return a
}

// RequestID is the AWS request id of every answer that has one.
const RequestID = "f187a3c1-376f-11df-8963-01868b7c937a"

const success = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">` +
	`<PublishResult><MessageId>94f20ce6-13c5-43a0-9a9e-ca52d816e90b</MessageId></PublishResult>` +
	`<ResponseMetadata><RequestId>` + RequestID + `</RequestId></ResponseMetadata></PublishResponse>`

// Accept takes the message.
func Accept() Answer { return Body(http.StatusOK, success) }

// Body answers with a status and any body, which need not be SNS's.
func Body(status int, body string) Answer {
	return Answer{give: func(w http.ResponseWriter, _ *http.Request, _ Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}}
}

// Fail answers with an error of SNS's. Its words quote the number and the text,
// as SNS's do at times: whoever lets them through has them in the log.
func Fail(status int, code string) Answer {
	return FailSaying(status, code, "Invalid parameter: PhoneNumber Reason: %s is not valid to publish to (%s)")
}

// FailSaying is [Fail] with words of one's own, in which the first %s stands for
// the number and the second for the text.
func FailSaying(status int, code, words string) Answer {
	return Answer{give: func(w http.ResponseWriter, r *http.Request, said Request) {
		words := strings.Replace(words, "%s", said.PhoneNumber, 1)
		words = strings.Replace(words, "%s", said.Message, 1)
		body := fmt.Sprintf(`<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">`+
			`<Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>`+
			`<RequestId>%s</RequestId></ErrorResponse>`, escape(code), escape(words), RequestID)
		Body(status, body).give(w, r, said)
	}}
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}

// Throttled says that there are too many requests.
func Throttled() Answer { return Fail(http.StatusTooManyRequests, "Throttled") }

// InternalError says that SNS is at fault.
func InternalError() Answer { return Fail(http.StatusInternalServerError, "InternalError") }

// DropBeforeRead closes the connection when the head of the request is there.
func DropBeforeRead() Answer { return Answer{unread: true, give: drop} }

// DropAfterRead closes the connection when the whole request is there: the
// message may well have gone out.
func DropAfterRead() Answer { return Answer{give: drop} }

func drop(w http.ResponseWriter, _ *http.Request, _ Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
}

// CutLength takes the message and breaks off in the middle of its answer, which
// had been announced as longer.
func CutLength() Answer {
	return Answer{give: func(w http.ResponseWriter, _ *http.Request, _ Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(success)))
		fmt.Fprint(w, success[:len(success)/3])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}}
}

// CutXML takes the message with an answer that arrives whole and is half a
// document.
func CutXML() Answer { return Body(http.StatusOK, success[:len(success)/3]) }

// NoMessageID says 200 in SNS's form, without the id of a message.
func NoMessageID() Answer {
	return Body(http.StatusOK, `<PublishResponse><PublishResult></PublishResult></PublishResponse>`)
}

// Redirect points the client back here.
func Redirect(status int) Answer {
	return Answer{give: func(w http.ResponseWriter, r *http.Request, _ Request) {
		http.Redirect(w, r, "/again", status)
	}}
}

// Hang gives no answer until release is closed, then takes the message; with
// nil it never does. It ends when the client goes away.
func Hang(release <-chan struct{}) Answer {
	return Answer{give: func(w http.ResponseWriter, r *http.Request, said Request) {
		select {
		case <-release:
			Accept().give(w, r, said)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}}
}
