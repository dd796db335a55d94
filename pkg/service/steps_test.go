package service_test

import (
	"net/http"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// steps is at least the number of requests of an init: to the table, to both services, and to the table again.
const steps = 6

// TestWireAtEachStep counts the requests of one init on both wires (P4, P5). Each answer of the first service is
// combined with each one of the second, and in each combination, each request in turn is lost, loses its answer, or is
// the last one of its process. Afterwards the same id is completed.
func TestWireAtEachStep(t *testing.T) {
	t.Parallel()
	store, p := sqlitetest.New(t), startBoth(t)
	n := 0
	run := func(name string, s func(w *world) *script, want string) {
		for step := range steps {
			for f := through; f < fates; f++ {
				if f == through && step > 0 {
					continue // nothing fails, in whatever step
				}
				n++
				w := newWorld(t, n, *seed, store, p)
				w.script = s(w)
				w.script.fates = map[int]fate{step: f}
				status := w.init("steps")
				if f == through && status != want {
					t.Errorf("the answer is %s, want %s", status, want)
				}
				w.script, w.calm = nil, true
				w.completes(func() string { return w.init("steps") })
				w.withinLimits()
				if t.Failed() {
					t.Fatalf("%s, fate %d at step %d: repeat it with -seed %d\n%s",
						name, f, step, w.seed, w.log.String())
				}
			}
		}
	}
	for first, a := range answersOf(p) {
		if !a.elsewhere {
			run(first, func(w *world) *script { return &script{first: a.of(w), second: awsfake.Serve()} }, a.status)
			continue
		}
		for second, b := range answersOf(*p.second) {
			want := b.status
			if first == "busy" && second == "forbidding" {
				want = "U" // the first service may take the message later
			}
			run(first+", then "+second, func(w *world) *script {
				return &script{first: a.of(w), refused: true, second: b.of(w)}
			}, want)
		}
	}
	t.Logf("%d inits", n)
}

// reply is an answer of a service, and the status of an init that ends with it.
type reply struct {
	answer    awsfake.Answer
	status    string
	elsewhere bool // another service may have the message
	hangs     bool // until the time of the call ends
}

func (r reply) of(w *world) awsfake.Answer {
	if r.hangs {
		return r.answer.Calling(func(*http.Request) { w.call.cancel() })
	}
	return r.answer
}

func answersOf(p provider) map[string]reply {
	return map[string]reply{
		"serves":       {answer: awsfake.Serve(), status: "S"},
		"drops":        {answer: awsfake.Drop(), status: "U"},
		"drops after":  {answer: awsfake.DropAfter(), status: "U"},
		"cut":          {answer: awsfake.Cut(), status: "U"},
		"half":         {answer: awsfake.Half(), status: "U"},
		"a page":       {answer: awsfake.Body(200, "<html>"), status: "U"},
		"403 of proxy": {answer: awsfake.Body(403, "Forbidden"), status: "U"},
		"fails":        {answer: p.failing, status: "U"},
		"refusing":     {answer: p.refusing, status: "F"},
		"busy":         {answer: p.busy, status: "U", elsewhere: true},
		"forbidding":   {answer: p.forbidding, status: "F", elsewhere: true},
		"hangs":        {answer: awsfake.Hang(nil), status: "U", hangs: true},
	}
}
