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
	records           // an SQS batch or an SNS notification, which the records decide
	eventBridge       // an EventBridge event
)

// event has those members of all shapes that are used.
type event struct {
	outline
	web
}

// outline has the members that distinguish the shapes.
type outline struct {
	RawPath        *string         `json:"rawPath"`
	HTTPMethod     *string         `json:"httpMethod"`
	RequestContext *requestContext `json:"requestContext"`

	ClientID  jsontext.Value `json:"clientId"`
	RequestID jsontext.Value `json:"authenticationRequestId"`

	Records    jsontext.Value `json:"Records"`
	DetailType jsontext.Value `json:"detail-type"`
}

// web has the other members of HTTP shapes that are used. In a request object they have no meaning, and may
// be anything.
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

// errShape quotes nothing of the payload.
var errShape = errors.New("unknown event: expected an API Gateway event " +
	"of payload 2.0 (rawPath, requestContext.http) or 1.0 (httpMethod, path, requestContext), a Function URL event, " +
	"an ALB event (httpMethod, path, requestContext.elb), " +
	"an SQS batch or an SNS notification (Records, each with eventSource aws:sqs or each with EventSource aws:sns), " +
	"an EventBridge event (detail-type, source, detail), " +
	"or a request object with clientId and the fields of the API, with the members of one of them only")

// The contract judges the members of a request object. Here only the outline is read, and leniently.
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

// shape returns the shape of an event by its members. An event with the markers of two shapes is rejected.
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
	complete := c == nil // only HTTP events have a context
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

// given reports whether a member is there; null is the same as absent.
func given(v jsontext.Value) bool { return len(v) > 0 && v.Kind() != 'n' }
