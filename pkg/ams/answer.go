package ams

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"countersign/pkg/gateway"
)

// answer is a reply before it is spelled out. Fields left empty are left out.
type answer struct {
	result    result
	detail    string // with PARAM_ILLEGAL: which field, and the rule that it breaks
	requestID string // echoed once a request gave a well-formed one
	triggerID string // the same of triggerChallenge
	authID    string
	mask      string
	passed    *bool
}

func refuse(r result) answer { return answer{result: r} }
func illegal(field, rule string) answer {
	return answer{result: paramIllegal, detail: field + ": " + rule}
}

// headers of every answer; nobody changes them.
var headers = map[string]string{"Content-Type": "application/json; charset=UTF-8"}

// render spells an answer: no white space, members in alphabetical order, HTTP
// status 200 always (most SDKs never show the body of any other).
func (a answer) render(f family) gateway.Response {
	b := make([]byte, 0, 384)
	b = append(b, '{')
	if a.mask != "" {
		b = append(b, `"actionForm":{"challengeRenderValue":`...)
		b = quote(b, a.mask)
		b = append(b, `,"challengeType":"sms"},`...)
	}
	if a.authID != "" {
		b = append(b, `"authenticationId":`...)
		b = append(quote(b, a.authID), ',')
	}
	if a.requestID != "" {
		b = append(b, `"authenticationRequestId":`...)
		b = append(quote(b, a.requestID), ',')
	}
	if a.passed != nil && *a.passed {
		b = append(b, `"isPassed":true,`...)
	} else if a.passed != nil {
		b = append(b, `"isPassed":false,`...)
	}
	b = append(b, `"result":{"resultCode":"`...)
	b = append(b, a.result.code[f]...)
	b = append(b, `","resultMessage":`...)
	b = quote(b, a.message(f))
	b = append(b, `,"resultStatus":"`...)
	b = append(b, a.result.status...)
	b = append(b, `"}`...)
	if a.triggerID != "" {
		b = append(b, `,"triggerRequestId":`...)
		b = quote(b, a.triggerID)
	}
	b = append(b, '}')
	return gateway.Response{
		Status:  http.StatusOK,
		Headers: headers,
		Body:    b,
		Unknown: a.result.status == "U",
	}
}

func (a answer) message(f family) string {
	if a.detail == "" {
		return a.result.message[f]
	}
	return a.result.message[f] + " " + a.detail
}

// quote appends s as a JSON string. What was decoded strictly is valid UTF-8.
func quote(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}
