package unimatrix

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/strictjson"
	"countersign/pkg/telemetry"
)

// API serves both actions. It holds no state of its own beside [Replays], and is safe for concurrent use.
type API struct {
	*admission.Door
	Messages admission.Messages
	Verifier otp.Verifier
	// SenderName reports whether a name can be the sender of a message; a name that cannot be is not used.
	SenderName func(name string) bool
	Replays    *Replays  // nil: none are remembered
	Rand       io.Reader // for the ids of requests and messages: crypto/rand.Reader, or a test's own
}

// The actions, by their names in the query and in a client's list of APIs.
const (
	actionSend   = "otp.send"
	actionVerify = "otp.verify"
)

// soon is the Retry-After when client look-ups are throttled.
const soon = time.Second

// Serve answers one request.
func (s *API) Serve(ctx context.Context, r gateway.Request) gateway.Response {
	ctx, record := s.Begin(ctx, "unimatrix")
	record.Source = r.SourceIP
	var random [16]byte
	a := s.answer(ctx, r, &random)
	record.Reply = hex.EncodeToString(random[:])
	record.Result, record.Reason, record.OK = a.result.code, a.result.message, a.result == success
	record.Detail = a.detail
	s.Write(ctx, record)
	return a.render(record.Reply)
}

// answer makes the id of the answer, then the checks, and calls the action. It answers for panics.
func (s *API) answer(ctx context.Context, r gateway.Request, id *[16]byte) (a answer) {
	defer func() {
		if admission.Recovered(ctx, recover()) {
			a = refuse(internal)
		}
	}()
	if _, err := io.ReadFull(s.Rand, id[:]); err != nil {
		return fault(ctx, "entropy", err)
	}
	return s.route(ctx, r)
}

// fault notes a failure and answers that the request could not be decided. where is the name of the metric, one word.
func fault(ctx context.Context, where string, cause error) answer {
	telemetry.From(ctx).Fail(where, cause)
	return refuse(internal)
}

// route makes the checks that every request passes; the first that fails answers. They are the path, the method, the
// query, the caller ([API.client]), and all that does not depend on the body ([API.admit]). The order is ours, since
// Unimatrix gives none.
func (s *API) route(ctx context.Context, r gateway.Request) answer {
	if !Serves(r.Route(), r.Query) {
		return refuseFor(unknownPath, "path: must be / where the query has no action")
	}
	if r.Method != http.MethodPost {
		return refuse(unknownMethod)
	}
	q, ok := parseQuery(r.Query)
	if !ok {
		return refuse(invalidParams)
	}
	c, a := s.client(ctx, q, r)
	if a.result == pass {
		a = s.admit(ctx, c, q, r)
	}
	return a
}

// client finds the caller and authenticates it. With any result but pass, the answer refuses the request.
func (s *API) client(ctx context.Context, q query, r gateway.Request) (*clients.Client, answer) {
	key := q.get("accessKeyId")
	if key == "" {
		return nil, refuse(missingAccessKeyID)
	}
	if !clients.ValidID(key) {
		return nil, refuse(invalidAccessKeyID)
	}
	c, err := s.FindAccessKey(ctx, key)
	switch {
	case errors.Is(err, clients.ErrBusy):
		return nil, limited(soon)
	case err != nil:
		return nil, refuse(internal)
	case c == nil:
		return nil, refuse(invalidAccessKeyID)
	}
	switch c.Unimatrix {
	case "simple":
		return c, answer{}
	case "hmac":
		broken, reason := authentic(q, c.Secrets, c.Skew, s.Now())
		if broken == invalidSignature && reason == "" {
			telemetry.From(ctx).Explain = func() string { return explain(q, r, c.Secrets) }
		}
		return c, refuseFor(broken, reason)
	}
	return nil, refuse(invalidAccessKeyID) // a client of the other contract
}

// admit makes the checks that do not depend on the body, then calls the action.
func (s *API) admit(ctx context.Context, c *clients.Client, q query, r gateway.Request) answer {
	action := q.get("action")
	if !c.From(r.SourceIP) {
		return refuseFor(ipRestricted, admission.OtherNetwork)
	}
	record := telemetry.From(ctx)
	record.Admitted = true
	if action == actionSend || action == actionVerify {
		record.API = action
	}
	switch {
	case action == "":
		return refuseFor(missingParams, "action: is required")
	case action != actionSend && action != actionVerify:
		return refuseFor(invalidParams, "action: must be otp.send or otp.verify")
	case !c.Allows(action):
		return refuseFor(unauthorized, admission.OtherAPI)
	}
	if a := s.replayed(ctx, c, q); a.result != pass {
		return a
	}
	if a := s.withinRate(ctx, c); a.result != pass {
		return a
	}
	if a := s.once(ctx, c, q); a.result != pass {
		return a
	}
	switch {
	case len(r.Body) > strictjson.MaxBody:
		return refuseFor(invalidParams, fmt.Sprintf("body: must be at most %d bytes", strictjson.MaxBody))
	case r.Garbled:
		return refuseFor(invalidParams, "body: must be base64 where the event says so")
	case !admission.OnlyJSON(r.Header("content-type")):
		return refuseFor(invalidParams, "Content-Type: must be application/json where it is given")
	case action == actionSend:
		return s.send(ctx, c, r.Body, source(c, r))
	}
	return s.verify(ctx, c, r.Body, source(c, r))
}

// source returns the source of the end user, from the header that the client's record names. No signature covers it:
// like the body, it is protected by TLS only.
func source(c *clients.Client, r gateway.Request) string {
	if lines := r.Header(c.Sources.Header); len(lines) == 1 && c.Sources.Header != "" {
		return admission.Source(lines[0])
	}
	return ""
}

// withinRate counts the request against the client's rate.
func (s *API) withinRate(ctx context.Context, c *clients.Client) answer {
	within, err := s.Count(ctx, c)
	switch {
	case err != nil:
		return refuse(internal)
	case !within:
		now := s.Now()
		return limited(now.Truncate(time.Minute).Add(time.Minute).Sub(now))
	}
	return answer{}
}
