package localserver

import (
	"net/http"
	"strings"

	"countersign/pkg/gateway"
)

// fromHTTP returns what a contract gets of an HTTP request behind API Gateway (payload
// format 2.0): header names are in lower case, repeated headers are joined by commas, and
// bytes that are not UTF-8 in path, query or headers are U+FFFD. It does not write and
// parse an event for that, which took a fifth of the time of a short call.
func fromHTTP(r *http.Request, path, query, sourceIP string, body []byte) gateway.Request {
	headers := make(map[string][]string, len(r.Header)+1)
	headers["host"] = []string{text(r.Host)}
	for name, lines := range r.Header {
		headers[strings.ToLower(name)] = []string{text(strings.Join(lines, ","))}
	}
	return gateway.Request{
		Method: r.Method, Path: text(path), Query: text(query),
		Headers: headers, Body: body, SourceIP: sourceIP,
	}
}

func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
