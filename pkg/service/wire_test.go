package service_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/clients"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/fallover"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/smsvoice"
	"countersign/pkg/snssender"
	"countersign/pkg/sqlitestore/sqlitetest"
)

var (
	schedules = flag.Int("schedules", 60, "random schedules on SQLite; the promise names 1,000")
	seed      = flag.Uint64("seed", 0, "the seed of the one schedule to run; 0 runs random ones")
)

// TestWire counts the requests to the sender on its wire (P4, P6, P12). In each
// schedule, calls of all contracts for one client and number go wrong in random ways,
// at random instants and at the edges of the limits. SNS, or End User Messaging, takes
// messages and loses its answers, or refuses them so that the other one gets them; the
// table loses requests and answers, processes die, and calls come while others are under
// way. Time is virtual: it stands still between the count of a message and its request,
// so the wire and the ledger have the same instants.
func TestWire(t *testing.T) {
	sqlite := func(t testing.TB) storetest.Store { return sqlitetest.New(t) }
	for name, c := range map[string]struct {
		open     func(t testing.TB) storetest.Store
		provider func(t *testing.T) provider
		n        int
	}{
		"SQLite":                     {sqlite, startSNS, *schedules},
		"SQLite, End User Messaging": {sqlite, startSMSVoice, *schedules},
		"SQLite, both":               {sqlite, startBoth, *schedules},
		"DynamoDB": {func(t testing.TB) storetest.Store { return dynamotest.Store(t, nil) }, startSNS,
			max(1, *schedules/20)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, p := c.open(t), c.provider(t)
			messages, again := 0, 0
			for n := range c.n {
				w := newWorld(t, n, *seed, store, p)
				w.run()
				messages, again = messages+len(w.wired), again+w.again
				if t.Failed() {
					t.Fatalf("schedule %d: repeat it with -schedules 1 -seed %d\n%s", n, w.seed, w.log.String())
				}
				if *seed != 0 {
					break
				}
			}
			t.Logf("%d schedules with %d messages on the wire, %d of them on a second one", c.n, messages, again)
		})
	}
}

// provider is a service that sends messages, and the sender that talks to it.
type provider struct {
	wire   *awsfake.Server
	sender otp.Sender
	// Its answers when it fails, when it has too much to do, when it will not send to the number, and when the
	// operator has to mend something first.
	failing, busy, refusing, forbidding awsfake.Answer

	second *provider // that gets what this one refuses; nil for none
}

func startSNS(t *testing.T) provider {
	t.Helper()
	stub := awsfake.StartSNS(t)
	sender, err := snssender.New(awsfake.AWS(), snssender.Config{Endpoint: stub.URL})
	if err != nil {
		t.Fatal(err)
	}
	return provider{
		wire: stub.Server, sender: sender, failing: awsfake.FailSNS(500, "InternalError"),
		busy: awsfake.FailSNS(400, "Throttling"), refusing: awsfake.FailSNS(400, "InvalidParameter"),
		forbidding: awsfake.FailSNS(403, "AuthorizationError"),
	}
}

func startSMSVoice(t *testing.T) provider {
	t.Helper()
	stub := awsfake.StartSMSVoice(t)
	sender, err := smsvoice.New(awsfake.AWS(), smsvoice.Config{OriginationIdentity: "pool-1", Endpoint: stub.URL})
	if err != nil {
		t.Fatal(err)
	}
	return provider{
		wire: stub.Server, sender: sender, failing: awsfake.RefuseText(500, "InternalServerException", ""),
		busy:     awsfake.RefuseText(400, "ThrottlingException", ""),
		refusing: awsfake.RefuseText(400, "ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
		forbidding: awsfake.RefuseText(400, "ServiceQuotaExceededException",
			"MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"),
	}
}

// startBoth starts both services. SNS gets what End User Messaging refuses.
func startBoth(t *testing.T) provider {
	t.Helper()
	first, second := startSMSVoice(t), startSNS(t)
	first.second = &second
	return first
}

// run plays a schedule, and then lets all that is unfinished come to its end.
func (w *world) run() {
	for range 40 {
		w.pass()
		w.step()
	}
	w.calm = true
	for _, id := range w.inits {
		w.completes(func() string { return w.init(id) })
	}
	for _, r := range w.triggers {
		if r.id != "" {
			w.completes(func() string { return w.trigger(r) })
		}
	}
	w.withinLimits()
}

// pass moves the clock: not at all, a little, past a lease, for long, or to an instant
// just before, at or just after the end of a limit's window.
func (w *world) pass() {
	edge := time.Duration(w.r.IntN(3)-1) * time.Millisecond
	switch k := w.r.IntN(20); {
	case k < 6:
	case k < 9:
		w.clock.Advance(time.Duration(w.r.IntN(1000)) * time.Millisecond)
	case k < 11:
		w.clock.Advance(otp.Lease + edge)
	case k < 16:
		window := w.limits[w.r.IntN(len(w.limits))]
		if w.r.IntN(2) == 0 {
			window = w.limits[0]
		}
		if n := len(w.counted) - window.Sends; n >= 0 {
			w.clock.Advance(max(0, w.counted[n].at.Add(window.In).Sub(w.clock.Now())+edge))
		}
	case k < 19:
		w.clock.Advance(time.Duration(w.r.IntN(60_000)) * time.Millisecond)
	default:
		w.clock.Advance([]time.Duration{10 * time.Minute, time.Hour, 25 * time.Hour}[w.r.IntN(3)])
	}
}

// completes fails the test unless repeats of a call come to an end, now that nothing
// fails any more: within a lease or a cooldown, or, if the limits of the hour or the
// day refuse another copy, when the code has expired.
func (w *world) completes(call func() string) {
	begun := w.clock.Now()
	soon := max(otp.Lease, w.client.Policy.Cooldown)
	for _, wait := range []time.Duration{0, otp.Lease, soon, w.client.Policy.Validity + soon} {
		w.clock.Advance(begun.Add(wait).Sub(w.clock.Now()))
		status := call()
		if status != "U" {
			return
		}
		if wait == soon && w.refusal != otp.TooMany {
			w.t.Errorf("a repeat is still U after %v, and the limits allow a message", wait)
			return
		}
	}
	w.t.Error("a repeat is still U after the end of the code's lifetime")
}

// withinLimits fails the test if there is a window with too many requests on the wire.
func (w *world) withinLimits() {
	w.within(w.wired, w.shared)
	for _, c := range []*clients.Client{w.client, w.rival} {
		others := func(p published) bool { return p.client != c.ID }
		w.within(slices.DeleteFunc(slices.Clone(w.wired), others), w.limits)
	}
	for _, s := range w.counted {
		delete(w.sent, s.id)
	}
	if len(w.sent) > 0 {
		w.t.Errorf("%d requests on the wire are not counted in the end", len(w.sent))
	}
}

func (w *world) within(wire []published, limits []otp.Window) {
	for _, window := range limits {
		for n := window.Sends; n < len(wire); n++ {
			if apart := wire[n].at.Sub(wire[n-window.Sends].at); apart < window.In-w.late() {
				w.t.Errorf("%d requests on the wire in %v, at most %d are allowed in %v",
					window.Sends+1, apart, window.Sends, window.In)
			}
		}
	}
}

// late is how long after its count a message may be on the wire: at once, unless a first service has refused it.
func (w *world) late() time.Duration {
	if w.second == nil {
		return 0
	}
	return fallover.Timeout - fallover.Enough
}

// policy returns the default policy half of the time, and a random one otherwise.
func policy(r *rand.Rand) otp.Policy {
	p := otp.DefaultPolicy()
	if r.IntN(2) == 0 {
		return p
	}
	p.Cooldown = []time.Duration{0, 10 * time.Second, time.Minute}[r.IntN(3)]
	p.Validity = []time.Duration{time.Minute, 10 * time.Minute}[r.IntN(2)]
	p.PerDay = 3 + r.IntN(10)
	p.PerHour = 1 + r.IntN(p.PerDay)
	p.Unanswered = 3 + r.IntN(10)
	return p
}

// windows returns the limits that the wire must keep, the shortest first.
func windows(p otp.Policy) []otp.Window {
	all := []otp.Window{
		{Sends: 1, In: p.Cooldown}, {Sends: p.PerHour, In: time.Hour}, {Sends: p.PerDay, In: 24 * time.Hour},
	}
	return slices.DeleteFunc(all, func(w otp.Window) bool { return w.In == 0 })
}

func (w *world) note(format string, args ...any) {
	fmt.Fprintf(&w.log, w.clock.Now().Format("02 15:04:05.000 ")+format+"\n", args...)
}
