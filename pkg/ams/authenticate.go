package ams

import (
	"context"
	"errors"
	"strings"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/signature"
	"countersign/pkg/telemetry"
)

// authenticate checks the signature of a request over its bytes as they came: the request has a time and a readable
// signature, the client has a key of its version, and the key made the signature. The time comes last, so that only the
// owner of a key learns that a clock is off. Without ok, the answer refuses the request, and the record has the reason.
//
// signed becomes the target that the key signed: as it arrived, or without the prefix of a gateway in front, which the
// vendor's SDKs take for a part of the gateway's URL and leave out.
func (g *Gate) authenticate(
	ctx context.Context, r gateway.Request, signed *string, c *clients.Client,
) (refusal answer, ok bool) {
	record := telemetry.From(ctx)
	sent, reason, rule := requestTime(r.Header("request-time"))
	if rule != "" {
		record.Detail = reason.Detail(unsigned(c))
		return illegal("Request-Time", rule), false
	}
	h, err := parseSignature(r.Header("signature"))
	if reason, is := errors.AsType[signature.Reason](err); is {
		record.Detail = reason.Detail(unsigned(c))
		return refuse(signatureInvalid), false
	}
	if h.Version == "" {
		h.Version = c.LatestKey
	}
	key := c.Keys[h.Version]
	if key == nil {
		record.Detail = signature.KeyUnknown.Detail(versions(c))
		return refuse(keyNotFound), false
	}
	verifies := func(target string) bool {
		return h.Verify(key, signature.Text(r.Method, target, clientID(r), sent, r.Body))
	}
	switch bare := strings.TrimPrefix(uri(r), r.Prefix); {
	case verifies(uri(r)):
	case bare != uri(r) && verifies(bare):
		*signed = bare
	default:
		record.Explain = func() string { return explain(r, c, h, sent) }
		return refuse(signatureInvalid), false
	}
	refusal, ok = g.timely(record, c, sent)
	if ok && !g.Copies.few(h.Signature, g.Now()) {
		record.Detail = tooManyCopies
		refusal, ok = refuse(trafficExceed), false
	}
	refusal.proven = true
	return refusal, ok
}

// unsigned states for the log that a client, by its record, has no reason to sign. Such clients send no time either.
func unsigned(c *clients.Client) string {
	if c.AddedUnsigned { // and the client has to sign all the same
		return "the client was added with --unsigned, and UnsignedClients is no"
	}
	return ""
}

// timely checks the time of a signed request. Without ok, the answer refuses the request.
func (g *Gate) timely(record *telemetry.Request, c *clients.Client, sent string) (refusal answer, ok bool) {
	at, ok := signature.ParseTime(sent)
	if !ok {
		record.Detail = signature.TimeForm.Detail("")
		return illegal("Request-Time", timeForm(sent)), false
	}
	if off := g.Now().Sub(at); c.Window > 0 && off.Abs() > c.Window {
		record.Detail = signature.TimeFar.Detail(far(off, c.Window))
		return illegal("Request-Time", "must be within "+c.Window.String()+" of the service's clock"), false
	}
	return answer{}, true
}

// signedAt returns the time that a request of a client was signed with, 0 if it needed no signature. The gate has
// checked it.
func signedAt(c *clients.Client, r gateway.Request) otp.Millis {
	if c.Unsigned || r.Direct {
		return 0
	}
	sent, _, _ := requestTime(r.Header("request-time"))
	at, _ := signature.ParseTime(sent)
	return otp.MillisOf(at)
}

// parseSignature reads a header that must be sent once. The error is a [signature.Reason].
func parseSignature(lines []string) (signature.Header, error) {
	switch len(lines) {
	case 0:
		return signature.Header{}, signature.SignatureMissing
	case 1:
		return signature.Parse(lines[0])
	}
	return signature.Header{}, signature.SignatureTwice
}

// uri is the request's target as it is signed: raw path and raw query.
func uri(r gateway.Request) string {
	if r.Query == "" {
		return r.Path
	}
	return r.Path + "?" + r.Query
}
