package ams

import (
	"strings"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/signature"
)

// authenticate checks the signature of a request over its bytes as they came: the request has a time and a readable
// signature, the client has a key of its version, and the key made the signature. The time comes last, so that only the
// owner of a key learns that a clock is off. Without ok, the answer refuses the request.
func (g *Gate) authenticate(r gateway.Request, c *clients.Client) (refusal answer, ok bool) {
	sent, one := single(r.Header("request-time"))
	if !one {
		return illegal("Request-Time", "is required, once"), false
	}
	lines := r.Header("signature")
	if len(lines) != 1 {
		return refuse(signatureInvalid), false
	}
	h, err := signature.Parse(lines[0])
	if err != nil {
		return refuse(signatureInvalid), false
	}
	if h.Version == "" {
		h.Version = c.LatestKey
	}
	key := c.Keys[h.Version]
	if key == nil {
		return refuse(keyNotFound), false
	}
	if !h.Verify(key, signature.Text(r.Method, uri(r), clientID(r), sent, r.Body)) {
		return refuse(signatureInvalid), false
	}
	refusal, ok = g.timely(c, sent)
	refusal.proven = true
	return refusal, ok
}

// timely checks the time of a signed request. Without ok, the answer refuses the request.
func (g *Gate) timely(c *clients.Client, sent string) (refusal answer, ok bool) {
	at, ok := signature.ParseTime(sent)
	if !ok {
		return illegal("Request-Time", "must be 13 digits of milliseconds, or ISO 8601 with an offset"), false
	}
	if off := g.Now().Sub(at).Abs(); c.Window > 0 && off > c.Window {
		return illegal("Request-Time", "must be within "+c.Window.String()+" of the service's clock"), false
	}
	return answer{}, true
}

// single returns the value of a header that was sent once and is not empty. Payload 2.0 joins repeated lines by commas,
// and no value of ours has one.
func single(lines []string) (value string, ok bool) {
	if len(lines) != 1 || lines[0] == "" || strings.Contains(lines[0], ",") {
		return "", false
	}
	return lines[0], true
}

// uri is the request's target as it is signed: raw path and raw query.
func uri(r gateway.Request) string {
	if r.Query == "" {
		return r.Path
	}
	return r.Path + "?" + r.Query
}
