package localserver

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// event writes a request as an HTTP API of API Gateway does, in payload format 2.0:
// header names are in lower case, repeated headers are joined by commas, and a body that
// is not UTF-8 is in base64.
func event(r *http.Request, path, query, sourceIP string, body []byte) []byte {
	b := make([]byte, 0, len(body)+len(body)/4+1024)
	b = append(b, `{"version":"2.0","routeKey":"$default","rawPath":`...)
	b = quote(b, path)
	b = append(b, `,"rawQueryString":`...)
	b = quote(b, query)
	b = append(b, `,"headers":{"host":`...)
	b = quote(b, r.Host)
	for name, lines := range r.Header {
		b = append(b, ',')
		b = quote(b, strings.ToLower(name))
		b = append(b, ':')
		b = quote(b, strings.Join(lines, ","))
	}
	b = append(b, `},"requestContext":{"accountId":"local","apiId":"local","domainName":`...)
	b = quote(b, r.Host)
	b = append(b, `,"http":{"method":`...)
	b = quote(b, r.Method)
	b = append(b, `,"path":`...)
	b = quote(b, path)
	b = append(b, `,"protocol":`...)
	b = quote(b, r.Proto)
	b = append(b, `,"sourceIp":`...)
	b = quote(b, sourceIP)
	b = append(b, `,"userAgent":`...)
	b = quote(b, r.UserAgent())
	b = append(b, `},"routeKey":"$default","stage":"$default"},"body":`...)
	if utf8.Valid(body) {
		b, _ = jsontext.AppendQuote(b, body)
		return append(b, `,"isBase64Encoded":false}`...)
	}
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, body)
	return append(b, `","isBase64Encoded":true}`...)
}

// quote appends a JSON string. Bytes that are not UTF-8 become U+FFFD, as in API
// Gateway.
func quote(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, strings.ToValidUTF8(s, "\uFFFD"))
	return b
}
