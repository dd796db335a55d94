package gateway

import (
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json"
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
	for name, values := range multi { // has every line, also where single has one of them
		name = strings.ToLower(name)
		lines[name] = append(lines[name], values...)
		out[name] = lines[name]
	}
	return out
}

// reply is the answer that HTTP events expect: API Gateway of either payload version, and ALB.
type reply struct {
	Status      int                 `json:"statusCode"`
	Description string              `json:"statusDescription,omitzero"` // ALB
	Single      map[string]string   `json:"headers,omitzero"`
	Multi       map[string][]string `json:"multiValueHeaders,omitzero"` // ALB, instead of headers
	Body        string              `json:"body"`
	Base64      bool                `json:"isBase64Encoded"`
}

// encode encodes a reply. The same reply is the same bytes, as headers are sorted by name.
func encode(r reply) []byte {
	text, _ := json.Marshal(r, json.Deterministic(true), jsontext.AllowInvalidUTF8(true)) // strings: it cannot fail
	return text
}

// httpReply returns the reply that both payload versions of API Gateway expect.
func httpReply(r Response) reply {
	return reply{Status: r.Status, Single: r.Headers, Body: string(r.Body)}
}
