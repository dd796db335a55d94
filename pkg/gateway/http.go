package gateway

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// body returns the body of an HTTP shape.
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

// lower returns headers with names in lower case.
func lower(single map[string]string, multi map[string][]string) map[string][]string {
	out := make(map[string][]string, max(len(single), len(multi)))
	for name, value := range single {
		out[strings.ToLower(name)] = []string{value}
	}
	lines := map[string][]string{}
	for name, values := range multi { // where there are both, this has every line
		name = strings.ToLower(name)
		lines[name] = append(lines[name], values...)
		out[name] = lines[name]
	}
	return out
}

// encode writes the answer that both payload versions of API Gateway expect.
func encode(r Response) []byte {
	out := append(room(r), `{"statusCode":`...)
	out = strconv.AppendInt(out, int64(r.Status), 10)
	return appendRest(append(out, `,"headers":{`...), r, "", "")
}

// room is what an answer will need, most often.
func room(r Response) []byte { return make([]byte, 0, len(r.Body)+len(r.Body)/4+256) }

// appendRest writes what all HTTP shapes have in common, each header's value
// between left and right.
func appendRest(out []byte, r Response, left, right string) []byte {
	for i, name := range slices.Sorted(maps.Keys(r.Headers)) { // so that the same answer is the same bytes
		if i > 0 {
			out = append(out, ',')
		}
		out, _ = jsontext.AppendQuote(out, name)
		out = append(append(out, ':'), left...)
		out, _ = jsontext.AppendQuote(out, r.Headers[name])
		out = append(out, right...)
	}
	out = append(out, `},"body":`...)
	out, _ = jsontext.AppendQuote(out, r.Body)
	return append(out, `,"isBase64Encoded":false}`...)
}
