package ams

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/telemetry"
)

// Gate is what every request passes before its API, and every answer on its way
// out. It is safe for concurrent use.
type Gate struct {
	Clients clients.Directory
	Traffic Traffic // nil: no client's rate is limited
	Answers Signer  // nil: answers are not signed
	Now     func() time.Time
	Log     *slog.Logger     // gets a line for each request
	Lines   *telemetry.Lines // nil: no metrics, and nothing of strangers
}

// Traffic counts requests against their client's rate.
type Traffic interface {
	// Allow takes one request off the client's rate, and reports false when
	// nothing is left of it for now.
	Allow(ctx context.Context, c *clients.Client) (bool, error)
}

// api answers a request of a client that has passed the gate.
type api func(context.Context, *clients.Client, []byte) answer

// Unserved answers for a path that no API has.
func (g *Gate) Unserved(ctx context.Context, r gateway.Request) gateway.Response {
	return g.serve(ctx, r, func(string) api { return nil }, "")
}

// serve answers one request. served finds an API of this function by its route,
// nil where it has none; directRoute is that of a request object, which has no
// path.
func (g *Gate) serve(ctx context.Context, r gateway.Request, served func(route string) api, directRoute string) gateway.Response {
	if r.Direct {
		r.Path = directRoute
	}
	ctx, told := telemetry.Begin(ctx, g.Now())
	a, f := g.safely(ctx, r, served(route(r.Path))), familyOf(r.Path)
	resp := a.render(f)
	if !r.Direct {
		g.sign(ctx, r, &resp)
	}
	told.Contract, told.API = "ams", strings.TrimPrefix(route(r.Path), "/v1/")
	told.Result, told.OK, told.Detail = a.result.code[f], a.result.status == "S", a.detail
	told.Mask, told.AuthID = cmp.Or(a.mask, told.Mask), cmp.Or(a.authID, told.AuthID)
	g.Lines.Write(ctx, g.Log, told, g.Now())
	return resp
}

// safely is check, and answers for a panic.
func (g *Gate) safely(ctx context.Context, r gateway.Request, handle api) (a answer) {
	defer func() {
		if v := recover(); v != nil { // its value could hold anything, so it is not told
			told := telemetry.From(ctx)
			told.Fail("panic", fmt.Errorf("panic with a value of type %T", v))
			told.Trace = string(debug.Stack())
			a = refuse(unknownException)
		}
	}()
	return g.check(ctx, r, handle)
}

// check makes the checks that come before any API's own, in an order that is ours,
// as Alipay gives none; the first that fails answers. The only write among them is
// the count against the client's rate: whoever is refused up to here may use the
// same id again.
func (g *Gate) check(ctx context.Context, r gateway.Request, handle api) answer {
	switch {
	case handle == nil:
		return refuse(invalidAPI)
	case r.Method != "POST":
		return refuse(methodNotSupported)
	}
	told := telemetry.From(ctx)
	client, err := g.find(ctx, r)
	if client != nil {
		told.Client = client.ID
	}
	switch {
	case errors.Is(err, clients.ErrBusy):
		return refuse(trafficExceed)
	case err != nil:
		told.Fail("client", err)
		return refuse(unknownException)
	case client == nil:
		return refuse(invalidClient)
	case len(r.Body) > maxBody:
		return illegal(body, fmt.Sprintf("at most %d bytes", maxBody))
	case r.Garbled:
		return illegal(body, "must be base64 where the event says so")
	}
	if !r.Direct { // IAM has authenticated who sends a request object
		if !client.Unsigned {
			if a, ok := g.authenticate(r, client); !ok {
				return a
			}
		}
		if !client.From(r.SourceIP) {
			return refuse(accessDenied)
		}
	}
	told.Admitted = true
	if !client.Allows(strings.TrimPrefix(route(r.Path), "/v1/")) {
		return refuse(accessDenied)
	}
	if g.Traffic != nil {
		switch ok, err := g.Traffic.Allow(ctx, client); {
		case err != nil:
			told.Fail("traffic", err)
			return refuse(unknownException)
		case !ok:
			return refuse(trafficExceed)
		}
	}
	if !acceptable(r.Header("content-type")) {
		return illegal("Content-Type", "must be application/json where it is given")
	}
	return handle(ctx, client, r.Body)
}

// find returns the client that a request names, nil when there is none.
func (g *Gate) find(ctx context.Context, r gateway.Request) (*clients.Client, error) {
	id := clientID(r)
	if id == "" {
		return nil, nil
	}
	return g.Clients.Find(ctx, id)
}

// clientID returns the id that a request names, "" unless it is well formed and
// named once.
func clientID(r gateway.Request) string {
	lines := r.Header("client-id")
	if r.Direct {
		lines = []string{r.Client}
	}
	if len(lines) != 1 || !clients.ValidAMSID(lines[0]) {
		return ""
	}
	return lines[0]
}

// acceptable reports whether a Content-Type is absent or, in one of its lines,
// JSON. Some SDKs send two lines.
func acceptable(lines []string) bool {
	if len(lines) == 0 {
		return true
	}
	return slices.ContainsFunc(strings.Split(strings.Join(lines, ","), ","), func(line string) bool {
		media, _, _ := strings.Cut(line, ";")
		return strings.EqualFold(strings.TrimSpace(media), "application/json")
	})
}
