package unimatrix

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/phone"
	"countersign/pkg/telemetry"
)

// API serves both actions. It holds no state of its own and is safe for concurrent
// use.
type API struct {
	Clients clients.Directory
	Traffic Traffic                                // nil: no client's rate is limited
	Lookup  func(e164 string) (phone.Number, bool) // [countersign/pkg/phone/plan.Lookup]
	Backend Backend
	Now     func() time.Time
	Rand    io.Reader        // for request ids: crypto/rand.Reader, or a test's own
	Log     *slog.Logger     // gets a line for each request
	Lines   *telemetry.Lines // nil: no metrics, and nothing of strangers
}

// Traffic counts requests against a client's rate.
type Traffic interface {
	// Allow counts one request, and reports whether it is within the rate; what it
	// refuses it refuses until the minute of the clock is over. An error means that
	// it could not tell.
	Allow(ctx context.Context, c *clients.Client) (ok bool, err error)
}

// The actions, by their names in the query and in a client's list of APIs.
const (
	actionSend   = "otp.send"
	actionVerify = "otp.verify"
)

// soon is when a client may be asked for again that could not be looked up.
const soon = time.Second

// Serve answers one request.
func (s *API) Serve(ctx context.Context, r gateway.Request) gateway.Response {
	ctx, told := telemetry.Begin(ctx, s.Now())
	var random [16]byte
	a := s.safely(ctx, r, &random)
	told.Contract, told.Reply = "unimatrix", hex.EncodeToString(random[:])
	told.Result, told.Reason, told.OK, told.Detail = a.result.code, a.result.message, a.result == success, a.detail
	s.Lines.Write(ctx, s.Log, told, s.Now())
	return a.render(told.Reply)
}

// safely is check, with an id for the answer, and answers for a panic.
func (s *API) safely(ctx context.Context, r gateway.Request, id *[16]byte) (a answer) {
	defer func() {
		if v := recover(); v != nil { // its value could hold anything, so it is not told
			a = fault(ctx, "panic", fmt.Errorf("panic with a value of type %T", v))
			telemetry.From(ctx).Trace = string(debug.Stack())
		}
	}()
	if _, err := io.ReadFull(s.Rand, id[:]); err != nil {
		return fault(ctx, "entropy", err)
	}
	return s.check(ctx, r)
}

// fault answers for what could not be decided. where is one word for the metric.
func fault(ctx context.Context, where string, cause error) answer {
	telemetry.From(ctx).Fail(where, cause)
	return refuse(internal)
}

// check makes the checks that every request passes, each of which knows more of the
// caller than the one before; the first that fails answers: the path, the method,
// the query, who calls ([API.client]), and what of it does not depend on the body
// ([API.admit]). The order is ours, as Unimatrix gives none.
func (s *API) check(ctx context.Context, r gateway.Request) answer {
	if !Serves(r.Path, r.Query) {
		return refuse(unknownPath)
	}
	if r.Method != http.MethodPost {
		return refuse(unknownMethod)
	}
	q, ok := parseQuery(r.Query)
	if !ok {
		return refuse(invalidParams)
	}
	c, a := s.client(ctx, q)
	if a.result == pass {
		a = s.admit(ctx, c, q.get("action"), r)
	}
	return a
}

// client finds out who calls. With pass, it is certain.
func (s *API) client(ctx context.Context, q query) (*clients.Client, answer) {
	id := q.get("accessKeyId")
	if id == "" {
		return nil, refuse(missingAccessKeyID)
	}
	if !clients.ValidID(id) {
		return nil, refuse(invalidAccessKeyID)
	}
	c, err := s.Clients.Find(ctx, id)
	switch {
	case errors.Is(err, clients.ErrBusy): // strangers' doing, and so no fault of ours
		return nil, limited(soon)
	case err != nil:
		return nil, fault(ctx, "client", fmt.Errorf("find the client: %w", err))
	case c == nil:
		return nil, refuse(invalidAccessKeyID)
	}
	telemetry.From(ctx).Client = c.ID
	switch c.Unimatrix {
	case "simple":
		return c, answer{}
	case "hmac":
		return c, refuse(authentic(q, c.Secrets, s.Now()))
	}
	return nil, refuse(invalidAccessKeyID) // a client of the other contract
}

// admit checks what does not depend on the body.
func (s *API) admit(ctx context.Context, c *clients.Client, action string, r gateway.Request) answer {
	if !c.From(r.SourceIP) {
		return refuse(ipRestricted)
	}
	told := telemetry.From(ctx)
	told.Admitted = true
	if action == actionSend || action == actionVerify {
		told.API = action
	}
	switch {
	case action == "":
		return refuseFor(missingParams, "action: is required")
	case action != actionSend && action != actionVerify:
		return refuseFor(invalidParams, "action: must be otp.send or otp.verify")
	case !c.Allows(action):
		return refuse(unauthorized)
	}
	if a := s.count(ctx, c); a.result != pass {
		return a
	}
	switch {
	case len(r.Body) > maxBody:
		return refuseFor(invalidParams, fmt.Sprintf("body: must be at most %d bytes", maxBody))
	case r.Garbled:
		return refuseFor(invalidParams, "body: must be base64 where the event says so")
	case !acceptable(r.Header("content-type")):
		return refuseFor(invalidParams, "Content-Type: must be application/json where it is given")
	case action == actionSend:
		return s.send(ctx, c, r.Body)
	}
	return s.verify(ctx, c, r.Body)
}

// count holds the client to its rate of requests.
func (s *API) count(ctx context.Context, c *clients.Client) answer {
	if s.Traffic == nil {
		return answer{}
	}
	ok, err := s.Traffic.Allow(ctx, c)
	if err != nil {
		return fault(ctx, "traffic", err)
	}
	if !ok {
		now := s.Now()
		return limited(now.Truncate(time.Minute).Add(time.Minute).Sub(now))
	}
	return answer{}
}

// acceptable reports whether a Content-Type is absent or JSON.
func acceptable(lines []string) bool {
	other := func(line string) bool {
		media, _, _ := strings.Cut(line, ";")
		return !strings.EqualFold(strings.TrimSpace(media), "application/json")
	}
	return len(lines) == 0 || !slices.ContainsFunc(strings.Split(strings.Join(lines, ","), ","), other)
}
