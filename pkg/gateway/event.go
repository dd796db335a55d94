package gateway

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// shape is a kind of payload.
type shape int

const (
	unknown     shape = iota
	payload2          // API Gateway payload 2.0, Function URL
	payload1          // API Gateway payload 1.0
	alb               // Application Load Balancer
	direct            // a request object
	records           // an SQS batch or an SNS notification: the records tell
	eventBridge       // an EventBridge event
)

// event has the members of all shapes that are used.
type event struct {
	outline
	web
}

// outline has the members that tell shapes apart.
type outline struct {
	RawPath        *string         `json:"rawPath"`
	HTTPMethod     *string         `json:"httpMethod"`
	RequestContext *requestContext `json:"requestContext"`

	ClientID  jsontext.Value `json:"clientId"`
	RequestID jsontext.Value `json:"authenticationRequestId"`

	Records    jsontext.Value `json:"Records"`
	DetailType jsontext.Value `json:"detail-type"`
}

// web has the other members of HTTP shapes that are used. In a request object they are
// members like any other, and may be anything.
type web struct {
	Path           string              `json:"path"`
	RawQueryString string              `json:"rawQueryString"`
	Query          jsontext.Value      `json:"queryStringParameters"`
	MultiQuery     map[string][]string `json:"multiValueQueryStringParameters"`
	Headers        map[string]string   `json:"headers"`
	Multi          map[string][]string `json:"multiValueHeaders"`
	Body           string              `json:"body"`
	Base64         bool                `json:"isBase64Encoded"`
}

type requestContext struct {
	HTTP *struct {
		Method   string `json:"method"`
		SourceIP string `json:"sourceIp"`
	} `json:"http"`
	Identity *struct {
		SourceIP string `json:"sourceIp"`
	} `json:"identity"`
	ELB jsontext.Value `json:"elb"`
}

// errShape quotes nothing of what came.
var errShape = errors.New("unknown event: expected an API Gateway event of payload 2.0 (rawPath, requestContext.http) " +
	"or 1.0 (httpMethod, path, requestContext), a Function URL event, an ALB event (httpMethod, path, requestContext.elb), " +
	"an SQS batch or an SNS notification (Records, each with eventSource aws:sqs or each with EventSource aws:sns), " +
	"an EventBridge event (detail-type, source, detail), or a request object with clientId and the fields of the API, " +
	"with the members of one of them only")

// Members of a request object are the contract's to judge, so that here only
// the outline is read, and read leniently.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

func parse(payload []byte) (*event, shape) {
	e := new(event)
	if json.Unmarshal(payload, e, lenient) == nil { // the error itself could quote the payload
		return e, e.shape()
	}
	*e = event{}
	if json.Unmarshal(payload, &e.outline, lenient) != nil || e.shape().http() {
		return nil, unknown
	}
	return e, e.shape()
}

func (s shape) http() bool { return s == payload2 || s == payload1 || s == alb }

// shape tells what an event is by the members that it has. Those that mark one
// shape no other has, so that with marks of two it would be a guess.
func (e *outline) shape() shape {
	c := e.RequestContext
	http, elb := c != nil && c.HTTP != nil, c != nil && given(c.ELB)
	found, marks := unknown, 0
	for s, marked := range [...]bool{
		payload2:    e.RawPath != nil || http,
		payload1:    e.HTTPMethod != nil && !elb,
		alb:         elb,
		direct:      given(e.ClientID) || given(e.RequestID),
		records:     given(e.Records),
		eventBridge: given(e.DetailType),
	} {
		if marked {
			found, marks = shape(s), marks+1
		}
	}
	complete := c == nil // what is not HTTP has no context
	switch found {
	case payload2:
		complete = http && e.RawPath != nil
	case payload1:
		complete = c != nil
	case alb:
		complete = e.HTTPMethod != nil && c.Identity == nil
	}
	if marks != 1 || !complete {
		return unknown
	}
	return found
}

// given reports whether there is a member; null is as good as none.
func given(v jsontext.Value) bool { return len(v) > 0 && v.Kind() != 'n' }
