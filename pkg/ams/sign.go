package ams

import (
	"context"
	"crypto/rsa"
	"errors"
	"maps"

	"countersign/pkg/gateway"
	"countersign/pkg/signature"
	"countersign/pkg/telemetry"
)

// SigningKeys has the key that answers are signed with. [countersign/pkg/keyring.Ring] implements it.
type SigningKeys interface {
	Signing(ctx context.Context) (version string, key *rsa.PrivateKey, ok bool)
}

// Answers signs answers and remembers the latest signatures. It is safe for concurrent use.
type Answers struct {
	keys SigningKeys
	memo *signature.Signer
}

// NewAnswers returns a signer with the keys of a keyring.
func NewAnswers(keys SigningKeys) *Answers {
	return &Answers{keys, signature.NewSigner(4096)}
}

// sign returns the value of the signature header for a text.
func (a *Answers) sign(ctx context.Context, text []byte) (string, error) {
	version, key, ok := a.keys.Signing(ctx)
	if !ok {
		return "", errors.New("the keyring has no key to sign answers with")
	}
	return a.memo.Sign(signature.Key{Version: version, Private: key}, text)
}

// responseTime is ISO 8601 in whole seconds. Answers of the same second with the same body are the same text, which is
// signed once.
const responseTime = "2006-01-02T15:04:05+00:00"

// sign adds the three headers that SDKs check to an answer, refusals and answers to unknown clients included. Without a
// well-formed Client-Id it adds none of them, because SDKs refuse an answer that has only some. The SDKs for Python and
// PHP look for the names in lower case.
func (g *Gate) sign(ctx context.Context, r gateway.Request, resp *gateway.Response) {
	id := clientID(r)
	if id == "" || g.Answers == nil || !line(r.Method) || !line(uri(r)) {
		return
	}
	now := g.Now().UTC().Format(responseTime)
	value, err := g.Answers.sign(ctx, signature.Text(r.Method, uri(r), id, now, resp.Body))
	if err != nil {
		telemetry.From(ctx).Fail("sign", err)
		return
	}
	resp.Headers = maps.Clone(resp.Headers)
	resp.Headers["client-id"], resp.Headers["response-time"], resp.Headers["signature"] = id, now, value
}

// line reports whether s can be part of a request line: it has no space, no line end and no other control
// character of ASCII. Otherwise a stranger could make us sign a text of several lines of his choice. Bytes
// from 0x80 on are harmless: clients do send them in a query, and their signature covers the same bytes.
func line(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return s != ""
}
