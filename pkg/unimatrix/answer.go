package unimatrix

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"countersign/pkg/gateway"
	"countersign/pkg/phone"
)

// answer is a reply before it is spelled out.
type answer struct {
	result result
	data   []byte        // a JSON object, with success
	wait   time.Duration // with limitExceed: until a further try may pass

	detail string // which field broke which rule: for the log, as the message is the contract's
}

func refuse(r result) answer                   { return answer{result: r} }
func refuseFor(r result, detail string) answer { return answer{result: r, detail: detail} }
func limited(wait time.Duration) answer        { return answer{result: limitExceed, wait: wait} }

// render spells an answer, members in the order of the documents. Each answer
// names its request, in a header whose name is in lower case.
func (a answer) render(requestID string) gateway.Response {
	headers := map[string]string{
		"Content-Type":     "application/json; charset=utf-8",
		"x-uni-request-id": requestID,
	}
	switch a.result {
	case unknownMethod:
		headers["Allow"] = http.MethodPost
	case limitExceed:
		headers["Retry-After"] = strconv.Itoa(seconds(a.wait))
	}
	b := make([]byte, 0, 192)
	b = append(b, `{"code":"`...)
	b = append(b, a.result.code...)
	b = append(b, `","message":"`...)
	b = append(b, a.result.message...)
	b = append(b, '"')
	if a.result == success {
		b = append(b, `,"data":`...)
		b = append(b, a.data...)
	}
	return gateway.Response{Status: a.result.status, Headers: headers, Body: append(b, '}')}
}

// seconds rounds a wait up to whole seconds, at least one.
func seconds(wait time.Duration) int {
	return max(1, int((wait+time.Second-1)/time.Second))
}

// sentAnswer tells of a message that was handed over. Its price is text, and
// always nothing: no prices are kept.
func sentAnswer(s Sent, n phone.Number) answer {
	iso := n.Region
	if iso == "" {
		iso = n.MainRegion
	}
	b := append(make([]byte, 0, 160), `{"id":`...)
	b = quote(b, s.ID)
	b = append(b, `,"to":`...)
	b = quote(b, n.E164.E164())
	b = append(b, `,"iso":`...)
	b = quote(b, iso)
	b = append(b, `,"cc":`...)
	b = quote(b, n.CC)
	b = append(b, `,"count":`...)
	b = strconv.AppendInt(b, int64(s.Parts), 10)
	b = append(b, `,"price":"0.000000"}`...)
	return answer{result: success, data: b}
}

func verifiedAnswer(n phone.Number, valid bool) answer {
	b := append(make([]byte, 0, 48), `{"to":`...)
	b = quote(b, n.E164.E164())
	b = append(b, `,"valid":`...)
	b = strconv.AppendBool(b, valid)
	return answer{result: success, data: append(b, '}')}
}

// quote appends s as a JSON string.
func quote(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}
