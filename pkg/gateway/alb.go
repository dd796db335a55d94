package gateway

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// alb reads an event of an Application Load Balancer. It names the client's
// address in X-Forwarded-For only, which some settings of the balancer take from
// the client: there is no SourceIP, and a client that is held to networks is not
// served. It is false where the query is no object of strings.
func (e *event) alb() (Request, bool) {
	r := Request{Method: *e.HTTPMethod, Path: e.Path, Headers: lower(e.Headers, e.Multi)}
	query := e.MultiQuery
	if query == nil { // the target group is not set to send several values
		var single map[string]string
		if given(e.Query) && json.Unmarshal(e.Query, &single, lenient) != nil {
			return r, false
		}
		query = make(map[string][]string, len(single))
		for name, value := range single {
			query[name] = []string{value}
		}
	}
	r.Query = undecoded(query)
	r.Body, r.Garbled = e.body()
	return r, true
}

// undecoded puts a query together whose names and values are as they arrived:
// unlike API Gateway, ALB does not decode them. A name without "=" gets one.
func undecoded(query map[string][]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[name] {
			parts = append(parts, name+"="+value)
		}
	}
	return strings.Join(parts, "&")
}

// encodeALB writes the answer that ALB expects. A target group that sends several
// values of a header reads multiValueHeaders only, any other headers only.
func encodeALB(r Response, multi bool) []byte {
	out := append(room(r), `{"statusCode":`...)
	out = strconv.AppendInt(out, int64(r.Status), 10)
	out = append(out, `,"statusDescription":"`...)
	out = strconv.AppendInt(out, int64(r.Status), 10)
	if text := http.StatusText(r.Status); text != "" {
		out = append(append(out, ' '), text...)
	}
	if multi {
		return appendRest(append(out, `","multiValueHeaders":{`...), r, "[", "]")
	}
	return appendRest(append(out, `","headers":{`...), r, "", "")
}
