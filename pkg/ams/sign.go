package ams

import (
	"context"
	"crypto/rsa"
	"errors"
	"maps"
	"time"

	"golang.org/x/time/rate"

	"countersign/pkg/gateway"
	"countersign/pkg/signature"
	"countersign/pkg/telemetry"
)

// SigningKeys has the key that answers are signed with. [countersign/pkg/keyring.Ring] implements it.
type SigningKeys interface {
	Signing(ctx context.Context) (version string, key *rsa.PrivateKey, ok bool)
}

// Answers signs answers and remembers the latest signatures. It is safe for concurrent use.
//
// A signature takes more of our processor than all other work on a request that is refused. So callers that have not
// proved their identity get [strangersPerSecond] of them, those that name a client that exists apart from all others:
// an SDK with a wrong id or a wrong key still shows the code of its refusal, and a flood buys nothing.
type Answers struct {
	keys           SigningKeys
	memo           *signature.Signer
	named, unnamed *rate.Limiter
}

// strangersPerSecond is the number of signatures for strangers in each second and process, and in a burst.
const strangersPerSecond = 10

// NewAnswers returns a signer with the keys of a keyring.
func NewAnswers(keys SigningKeys) *Answers {
	budget := func() *rate.Limiter { return rate.NewLimiter(strangersPerSecond, strangersPerSecond) }
	return &Answers{keys: keys, memo: signature.NewSigner(4096), named: budget(), unnamed: budget()}
}

// mayStranger counts a signature for a stranger. named reports that it names a client that exists.
func (a *Answers) mayStranger(named bool, now time.Time) bool {
	if named {
		return a.named.AllowN(now, 1)
	}
	return a.unnamed.AllowN(now, 1)
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

// sign adds the three headers that SDKs check to an answer, refusals and answers to unknown clients included; to
// strangers at a bounded rate. Without a well-formed Client-Id it adds none of them, because SDKs refuse an answer that
// has only some. The SDKs for Python and PHP look for the names in lower case.
//
// target is what the caller signed, and what it expects in the signature of the answer. proven reports that the caller
// made a signature over this request, though it was refused. Whoever replays a captured request has proved as much, but
// gets the same text again, which is signed once in a second.
func (g *Gate) sign(
	ctx context.Context, r gateway.Request, target string, proven bool, resp *gateway.Response,
) {
	id, record := clientID(r), telemetry.From(ctx)
	if id == "" || g.Answers == nil || !line(r.Method) || !line(target) {
		return
	}
	now := g.Now()
	if !record.Admitted && !proven && !g.Answers.mayStranger(record.Client != "", now) {
		return
	}
	at := now.UTC().Format(responseTime)
	value, err := g.Answers.sign(ctx, signature.Text(r.Method, target, id, at, resp.Body))
	if err != nil {
		record.Fail("sign", err)
		return
	}
	resp.Headers = maps.Clone(resp.Headers)
	resp.Headers["client-id"], resp.Headers["response-time"], resp.Headers["signature"] = id, at, value
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
