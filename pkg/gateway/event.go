package gateway

import (
	"encoding/base64"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// shape is a kind of payload.
type shape int

const (
	payload2 shape = iota // API Gateway payload 2.0, Function URL
	payload1              // API Gateway payload 1.0
	direct                // a plain request object
)

// event has the members of all shapes that tell them apart or are used.
type event struct {
	RawPath        *string `json:"rawPath"`
	RawQueryString string  `json:"rawQueryString"`

	HTTPMethod *string             `json:"httpMethod"`
	Path       string              `json:"path"`
	Multi      map[string][]string `json:"multiValueHeaders"`
	Query      map[string][]string `json:"multiValueQueryStringParameters"`

	Headers        map[string]string `json:"headers"`
	Body           string            `json:"body"`
	Base64         bool              `json:"isBase64Encoded"`
	RequestContext *struct {
		HTTP *struct {
			Method   string `json:"method"`
			SourceIP string `json:"sourceIp"`
		} `json:"http"`
		Identity *struct {
			SourceIP string `json:"sourceIp"`
		} `json:"identity"`
	} `json:"requestContext"`

	ClientID  jsontext.Value `json:"clientId"`
	RequestID jsontext.Value `json:"authenticationRequestId"`
}

var errShape = errors.New("unknown event: expected an API Gateway event of payload 2.0 (rawPath, requestContext.http) " +
	"or 1.0 (httpMethod, path, requestContext), a Function URL event, or a request object with clientId and the fields of the API")

// Members of a request object are the contract's to judge, so that here only
// the outline is read, and read leniently.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

func parse(payload []byte) (shape, Request, error) {
	var e event
	if err := json.Unmarshal(payload, &e, lenient); err != nil {
		return 0, Request{}, errShape // the error itself could quote the payload
	}
	c := e.RequestContext
	switch {
	case c != nil && c.HTTP != nil && e.RawPath != nil:
		r := Request{Method: c.HTTP.Method, Path: *e.RawPath, Query: e.RawQueryString, Headers: lower(e.Headers, nil), SourceIP: c.HTTP.SourceIP}
		r.Body, r.Garbled = e.body()
		return payload2, r, nil
	case c != nil && e.HTTPMethod != nil:
		r := Request{Method: *e.HTTPMethod, Path: e.Path, Query: url.Values(e.Query).Encode(), Headers: lower(e.Headers, e.Multi)}
		if c.Identity != nil {
			r.SourceIP = c.Identity.SourceIP
		}
		r.Body, r.Garbled = e.body()
		return payload1, r, nil
	case c == nil && e.HTTPMethod == nil && e.RawPath == nil && (e.ClientID != nil || e.RequestID != nil):
		r := Request{Direct: true, Method: "POST", Body: payload}
		json.Unmarshal(e.ClientID, &r.Client) // not a string: no client
		return direct, r, nil
	}
	return 0, Request{}, errShape
}

func (e *event) body() (body []byte, garbled bool) {
	if !e.Base64 {
		return []byte(e.Body), false
	}
	body, err := base64.StdEncoding.DecodeString(e.Body)
	if err != nil {
		return nil, true
	}
	return body, false
}

// encode writes the answer that both payload versions expect.
func encode(r Response) []byte {
	out := make([]byte, 0, len(r.Body)+len(r.Body)/4+256)
	out = append(out, `{"statusCode":`...)
	out = strconv.AppendInt(out, int64(r.Status), 10)
	out = append(out, `,"headers":{`...)
	for i, name := range slices.Sorted(maps.Keys(r.Headers)) { // so that the same answer is the same bytes
		if i > 0 {
			out = append(out, ',')
		}
		out, _ = jsontext.AppendQuote(out, name)
		out = append(out, ':')
		out, _ = jsontext.AppendQuote(out, r.Headers[name])
	}
	out = append(out, `},"body":`...)
	out, _ = jsontext.AppendQuote(out, r.Body)
	return append(out, `,"isBase64Encoded":false}`...)
}
