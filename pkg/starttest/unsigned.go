package starttest

import (
	"context"
	"strings"
	"testing"

	"countersign/pkg/filetest"
)

// Invoker is a function's handler.
type Invoker interface {
	Invoke(ctx context.Context, event []byte) ([]byte, error)
}

// Unsigned invokes a function with events of the client "demo", which signs none, in a deployment that allows this and
// in two that do not: there a request over HTTP is refused like any other without a signature. A request object is
// served everywhere, because IAM has authenticated its sender. wire makes the handler, and served is in the answers to
// requests that are not refused.
func Unsigned(t *testing.T, wire func() (Invoker, error), served string, events ...string) {
	t.Helper()
	for _, allowed := range []string{"", "no", "yes"} {
		t.Setenv("COUNTERSIGN_UNSIGNED_CLIENTS", allowed)
		handler, err := wire()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range events {
			event := filetest.Read(t, "../../events/"+name+".json")
			want := served
			if !strings.Contains(name, "-direct") && allowed != "yes" {
				want = "Request-Time: is required"
			}
			got, err := handler.Invoke(t.Context(), event)
			if err != nil || !strings.Contains(string(got), want) {
				t.Errorf("%s with UNSIGNED_CLIENTS %q: %s %v, want %s", name, allowed, got, err, want)
			}
		}
	}
}
