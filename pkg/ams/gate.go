package ams

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/strictjson"
	"countersign/pkg/telemetry"
)

// Gate is the part that [Init] and [Verify] have in common: the checks before an API and the signature of the answer.
// It is safe for concurrent use.
type Gate struct {
	*admission.Door
	Answers *Answers // nil: answers are not signed
	Copies  *Copies  // nil: any number of copies of a signed request is served
}

// api answers a request of a client that has passed the gate.
type api func(context.Context, *clients.Client, []byte) answer

// Unserved answers for a path that no API has.
func (g *Gate) Unserved(ctx context.Context, r gateway.Request) gateway.Response {
	return g.serve(ctx, r, func(string) api { return nil }, "")
}

// serve answers one request. find returns an API of this function by its route, nil where the function has none. A
// request object has no path: directRoute stands in for it.
func (g *Gate) serve(
	ctx context.Context, r gateway.Request, find func(route string) api, directRoute string,
) gateway.Response {
	if r.Direct {
		r.Path = directRoute
	}
	path, family := route(Path(r)), familyOf(Path(r))
	ctx, record := g.Begin(ctx, "ams")
	record.API, record.Source = strings.TrimPrefix(path, "/v1/"), r.SourceIP
	signed := uri(r)
	a := g.answer(ctx, r, &signed, record.API, find(path))
	resp := a.render(family)
	if !r.Direct {
		g.sign(ctx, r, signed, a.proven, &resp)
	}
	record.Result, record.OK = a.result.in[family].code, a.result.status == "S"
	record.Detail = cmp.Or(record.Detail, a.detail)
	record.Mask = cmp.Or(a.form.ChallengeRenderValue, record.Mask)
	record.AuthID = cmp.Or(a.authID, record.AuthID)
	g.Write(ctx, record)
	return resp
}

// answer makes the checks and calls the API. It answers for panics. signed becomes the target that the caller signed.
func (g *Gate) answer(
	ctx context.Context, r gateway.Request, signed *string, name string, handle api,
) (a answer) {
	defer func() {
		if admission.Recovered(ctx, recover()) {
			a = refuse(unknownException)
		}
	}()
	switch {
	case handle == nil:
		telemetry.From(ctx).Detail = prefixed(r.Path)
		return refuse(invalidAPI)
	case r.Method != "POST":
		return refuse(methodNotSupported)
	}
	client, refusal, ok := g.identify(ctx, r, signed)
	if !ok {
		return refusal
	}
	telemetry.From(ctx).Admitted = true
	if refusal, ok := g.permit(ctx, client, name); !ok {
		return refusal
	}
	if !admission.AnyJSON(r.Header("content-type")) { // some SDKs send two lines
		return illegal("Content-Type", "must be application/json where it is given")
	}
	return handle(ctx, client, r.Body)
}

// identify finds the client and makes sure that it is the caller. Without ok, the answer refuses the request.
//
// The order of the checks here and in permit is ours, since Alipay gives none. None of them but the count of the rate
// writes anything, so a refused caller may use the same id again.
func (g *Gate) identify(
	ctx context.Context, r gateway.Request, signed *string,
) (c *clients.Client, refusal answer, ok bool) {
	id := clientID(r)
	if id == "" {
		return nil, refuse(invalidClient), false
	}
	c, err := g.Find(ctx, id)
	switch {
	case errors.Is(err, clients.ErrBusy):
		return nil, refuse(trafficExceed), false
	case err != nil:
		return nil, refuse(unknownException), false
	case c == nil:
		return nil, refuse(invalidClient), false
	case len(r.Body) > strictjson.MaxBody:
		return nil, illegal(strictjson.Whole, fmt.Sprintf("at most %d bytes", strictjson.MaxBody)), false
	case r.Garbled:
		return nil, illegal(strictjson.Whole, "must be base64 where the event says so"), false
	case r.Direct: // IAM has authenticated the sender of a request object
		return c, answer{}, true
	}
	if !c.Unsigned {
		if refusal, ok := g.authenticate(ctx, r, signed, c); !ok {
			return nil, refusal, false
		}
	}
	if !c.From(r.SourceIP) {
		telemetry.From(ctx).Detail = admission.OtherNetwork
		return nil, answer{result: accessDenied, proven: !c.Unsigned}, false
	}
	return c, answer{}, true
}

// permit checks that the client may use an API, and counts the request. Without ok, the answer refuses the request.
func (g *Gate) permit(ctx context.Context, c *clients.Client, name string) (refusal answer, ok bool) {
	if !c.Allows(name) {
		telemetry.From(ctx).Detail = admission.OtherAPI
		return refuse(accessDenied), false
	}
	within, err := g.Count(ctx, c)
	switch {
	case err != nil:
		return refuse(unknownException), false
	case !within:
		return refuse(trafficExceed), false
	}
	return answer{}, true
}

// clientID returns the id that a request names, "" unless it is well formed and named once.
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
