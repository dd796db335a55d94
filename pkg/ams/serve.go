package ams

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
)

// api answers a request of a known client.
type api func(context.Context, clients.Client, []byte) answer

// serve makes the checks that come before any API's own, in the order of the
// contract; the first that fails answers. served finds an API of this function by
// its route, nil where it has none; directRoute is that of a request object, which
// has no path.
func serve(ctx context.Context, log *slog.Logger, r gateway.Request, known clients.Directory, served func(route string) api, directRoute string) (resp gateway.Response) {
	path := r.Path
	if r.Direct {
		path = directRoute
	}
	f := familyOf(path)
	defer func() {
		if v := recover(); v != nil { // its value could hold anything, so it is not told
			log.Error("panic", "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			resp = refuse(unknownException).render(f)
		}
	}()
	return check(ctx, r, served(route(path)), known).render(f)
}

func check(ctx context.Context, r gateway.Request, handle api, known clients.Directory) answer {
	if handle == nil {
		return refuse(invalidAPI)
	}
	if r.Method != "POST" {
		return refuse(methodNotSupported)
	}
	client, ok := known[clientID(r)]
	if !ok {
		return refuse(invalidClient)
	}
	switch {
	case len(r.Body) > maxBody:
		return illegal(body, fmt.Sprintf("at most %d bytes", maxBody))
	case r.Garbled:
		return illegal(body, "must be base64 where the event says so")
	case !acceptable(r.Header("content-type")):
		return illegal("Content-Type", "must be application/json where it is given")
	}
	return handle(ctx, client, r.Body)
}

// clientID returns the id that a request names, "" unless it is well formed and
// named once.
func clientID(r gateway.Request) string {
	id := r.Client
	if !r.Direct {
		lines := r.Header("client-id")
		if len(lines) != 1 {
			return ""
		}
		id = lines[0]
	}
	if !clients.ValidID(id) {
		return ""
	}
	return id
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
