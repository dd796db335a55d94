package gateway

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// alb reads an event of an Application Load Balancer. The balancer gives the caller's address in
// X-Forwarded-For only, and with some settings takes that header from the caller. So there is no SourceIP,
// and a client that is restricted to networks is not served. ok is false if the query is not an object of
// strings.
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

// undecoded builds the query from names and values as they arrived: unlike API Gateway, ALB does not decode
// them. A name without "=" gets one.
func undecoded(query map[string][]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[name] {
			parts = append(parts, name+"="+value)
		}
	}
	return strings.Join(parts, "&")
}

// albReply returns the reply that ALB expects. A target group that sends several values of a header reads
// multiValueHeaders only, any other reads headers only.
func albReply(r Response, multi bool) reply {
	out := httpReply(r)
	out.Description = strings.TrimSpace(strconv.Itoa(r.Status) + " " + http.StatusText(r.Status))
	if multi {
		out.Single, out.Multi = nil, make(map[string][]string, len(r.Headers))
		for name, value := range r.Headers {
			out.Multi[name] = []string{value}
		}
	}
	return out
}
