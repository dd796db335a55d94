package unimatrix

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// answer is a reply before it is encoded.
type answer struct {
	result result
	data   any           // with success
	wait   time.Duration // with limitExceed: until the next request may pass

	detail string // the field and the rule that it breaks: for the log, as the message is the contract's
}

func refuse(r result) answer                   { return answer{result: r} }
func refuseFor(r result, detail string) answer { return answer{result: r, detail: detail} }
func limited(wait time.Duration) answer        { return answer{result: limitExceed, wait: wait} }

// render encodes an answer, members in the order of the documents. A header whose name is in lower case names the
// request.
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
	body, _ := json.Marshal(struct { // strings and numbers: it cannot fail
		Code    string `json:"code"`
		Message string `json:"message"`
		Data    any    `json:"data,omitzero"`
	}{a.result.code, a.result.message, a.data})
	return gateway.Response{Status: a.result.status, Headers: headers, Body: body}
}

// seconds rounds a wait up to whole seconds, at least one.
func seconds(wait time.Duration) int {
	return max(1, int((wait+time.Second-1)/time.Second))
}

// sentAnswer is the answer about a message that the sender took. It has the number as the caller wrote it, and
// the parts of the message, which networks bill. No prices are kept.
func sentAnswer(id string, to otp.Phone, n phone.Number, parts int) answer {
	return answer{result: success, data: struct {
		ID    string `json:"id"`
		To    string `json:"to"`
		ISO   string `json:"iso"`
		CC    string `json:"cc"`
		Count int    `json:"count"`
		Price string `json:"price"`
	}{id, to.E164(), cmp.Or(n.Region, n.MainRegion), n.CC, parts, "0.000000"}}
}

func verifiedAnswer(to otp.Phone, valid bool) answer {
	return answer{result: success, data: struct {
		To    string `json:"to"`
		Valid bool   `json:"valid"`
	}{to.E164(), valid}}
}
