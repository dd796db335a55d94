package service_test

import (
	"net/http"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// steps is at least the number of requests of an init: to the table, to both services, and to the table again.
const steps = 6

// TestWireAtEachStep counts the requests of one init on both wires (P4, P5). Each answer of the first service is
// combined with each one of the second. In some of these combinations, and with 1,000 schedules in all of them, each
// request in turn is lost, loses its answer, or is the last one of its process. Afterwards the same id is completed.
func TestWireAtEachStep(t *testing.T) {
	t.Parallel()
	store, p := sqlitetest.New(t), startBoth(t)
	n := 0
	run := func(name string, s func(w *world) *script, want string) {
		for step := range steps {
			for f := through; f < fates; f++ {
				if f == through && step > 0 || f != through && !everywhere[name] && *schedules < 1000 {
					continue // nothing fails, in whatever step, or is left to a longer run
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

// TestEveryContractFallsOver: each call that sends has the time for both services.
func TestEveryContractFallsOver(t *testing.T) {
	t.Parallel()
	store, p := sqlitetest.New(t), startBoth(t)
	for n, call := range []func(w *world){
		func(w *world) { w.init("one") },
		func(w *world) { w.otpSend("") },
		func(w *world) { w.signIn("") },
		func(w *world) {
			w.script, w.calm = nil, true
			w.init("one")
			w.script, w.calm = &script{first: p.forbidding, refused: true, second: awsfake.Serve()}, false
			w.clock.Advance(w.client.Policy.Cooldown)
			w.trigger(trigger{auth: w.auths[0]})
		},
	} {
		w := newWorld(t, n, 0, store, p)
		for w.shared != nil { // which may allow one message only
			w = newWorld(t, n, 0, store, p)
		}
		w.client.Policy = otp.DefaultPolicy()
		w.script = &script{first: p.forbidding, refused: true, second: awsfake.Serve()}
		if call(w); w.again != 1 {
			t.Errorf("call %d: %d messages fell over, want 1\n%s", n, w.again, w.log.String())
		}
	}
}

// everywhere are combinations in which each request fails in turn, whatever the number of schedules.
var everywhere = map[string]bool{
	"serves": true, "drops after": true, "forbidding, then serves": true, "forbidding, then drops after": true,
	"forbidding, then refusing": true, "busy, then forbidding": true,
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
