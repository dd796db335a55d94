package service_test

import (
	"context"
	crand "crypto/rand"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/changes"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/receipts"
	"countersign/pkg/smsvoice"

	"countersign/pkg/clocktest"
)

var orders = flag.Int("orders", 25, "random orders of receipts on each store; the promise names 1,000")

// TestOrders sends messages over the wire of End User Messaging, and has receipts of them come in random orders: before
// the message is settled, twice, at once, between re-sends and guesses, and three days later, when the challenge is
// swept (P34). Each message has the highest state that was reported, as the store, its facts and the re-sends see it;
// no state of a message is lost, and none is counted twice.
func TestOrders(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) followed{"SQLite": followSQLite, "DynamoDB": followDynamoDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			left := *orders
			if *seed != 0 {
				left = 1
			}
			for ; left > 0; left -= perStreet {
				t.Run("orders", func(t *testing.T) { newStreet(t, open(t)).play(min(left, perStreet)) })
			}
		})
	}
}

// perStreet is how many orders are on one store. The engine gets slower with each write that a stream has to remember.
const perStreet = 50

// play runs n orders and compares what they left.
func (s *street) play(n int) {
	for n := range n {
		o := s.order(n, *seed)
		o.run()
		if s.t.Failed() {
			s.t.Fatalf("order %d: repeat it with -orders 1 -seed %d\n%s", n, o.seed, o.log.String())
		}
	}
	s.compare(s.followed.facts())
	s.t.Logf("%d messages, %d reports, %d of them changed a state, %d re-sends were refused, %d codes passed; "+
		"the last seed is %d", len(s.messages), s.reports, s.changes, s.refused, s.passed, s.seed)
}

// followed is a store and its follower.
type followed struct {
	storetest.Store
	facts func() []changes.Fact            // all that followed so far
	sweep func(key string, now otp.Millis) // removes a challenge whose TTL is over
}

// street is what all orders on one store share.
type street struct {
	t        *testing.T
	followed followed
	stub     *awsfake.SMSVoice
	clock    *clocktest.Clock
	issuer   otp.Issuer
	verifier otp.Verifier
	seed     uint64 // of the latest order

	turn     sync.Mutex // of whoever leads the order: the test, or the fake while it takes a message
	mu       sync.Mutex
	messages []*message // by the number under which the fake took them
	current  *order

	reports, changes, refused, passed int
}

// message is what is known about one message, apart from the store.
type message struct {
	accepted bool // its sender knows its id
	reported map[otp.MessageState]bool
	highest  int                       // index in states, -1: nothing final was reported
	must     map[otp.MessageState]bool // states that it surely had, one after the other
	counted  map[otp.MessageState]int
}

// states are those of a message, from the lowest to the highest.
var states = []otp.MessageState{
	otp.MessageUndelivered, otp.MessageExpired, otp.MessageBlocked, otp.MessageUndeliverable, otp.MessageDelivered,
}

// stateOf is the index in states of what an event reports, -1 for one of a message under way.
var stateOf = map[string]int{
	"TEXT_QUEUED": -1, "TEXT_PENDING": -1, "TEXT_UNKNOWN": 0, "TEXT_UNREACHABLE": 0, "TEXT_CARRIER_UNREACHABLE": 0,
	"TEXT_INVALID_MESSAGE": 0, "TEXT_TTL_EXPIRED": 1, "TEXT_SPAM": 2, "TEXT_BLOCKED": 2, "TEXT_CARRIER_BLOCKED": 2,
	"TEXT_PROTECT_BLOCKED": 2, "TEXT_INVALID": 3, "TEXT_SUCCESSFUL": 4, "TEXT_DELIVERED": 4,
}

// events are the keys of stateOf, in an order that makes a seed repeatable.
var events = strings.Fields(`TEXT_QUEUED TEXT_PENDING TEXT_UNKNOWN TEXT_UNREACHABLE TEXT_CARRIER_UNREACHABLE
	TEXT_INVALID_MESSAGE TEXT_TTL_EXPIRED TEXT_SPAM TEXT_BLOCKED TEXT_CARRIER_BLOCKED TEXT_PROTECT_BLOCKED TEXT_INVALID
	TEXT_INVALID TEXT_INVALID TEXT_SUCCESSFUL TEXT_DELIVERED`)

func newStreet(t *testing.T, f followed) *street {
	t.Helper()
	s := &street{t: t, followed: f, clock: clocktest.New(time.Date(2100, 1, 2, 3, 4, 5, 0, time.UTC))}
	s.stub = awsfake.StartSMSVoice(t)
	s.stub.Sent = func(string, string) { s.taken() }
	sender, err := smsvoice.New(awsfake.AWS(), smsvoice.Config{OriginationIdentity: "pool-1", Endpoint: s.stub.URL})
	if err != nil {
		t.Fatal(err)
	}
	s.issuer = otp.Issuer{
		Challenges: f, Ledgers: f, Receipts: f, Sender: sender, Keys: storetest.Keys(), Now: s.clock.Now,
		Rand: crand.Reader,
	}
	s.verifier = otp.Verifier{Challenges: f, Keys: storetest.Keys(), Now: s.clock.Now, Rand: crand.Reader}
	return s
}

// order is one random order.
type order struct {
	*street
	r     *rand.Rand
	seed  uint64
	log   strings.Builder
	start otp.Start
	sends bool // by Issuer.Send, not by Init and Resend
	auth  string
	mine  []int // messages of this order
	last  int   // the latest one that the challenge knows, -1: none
	code  otp.Code
	over  bool // the code has passed
}

func (s *street) order(n int, seed uint64) *order {
	if seed == 0 {
		seed = rand.Uint64()
	}
	s.clock.Advance(time.Minute)
	o := &order{street: s, r: rand.New(rand.NewPCG(seed, 0)), seed: seed, last: -1}
	o.sends = o.r.IntN(3) == 0
	p := otp.DefaultPolicy()
	p.Cooldown, p.PerHour, p.PerDay = 0, 20, 20
	to := otp.Phone(fmt.Sprintf("+6012%07d", n))
	o.start = otp.Start{
		Client: "demo", ID: fmt.Sprint("order ", n), Fingerprinted: []string{to.E164()}, To: to, Mask: "+60*****0000",
		Policy: p,
		Text: func(code string, _ time.Duration) string {
			o.code = otp.Code(code)
			return code
		},
	}
	if o.sends {
		o.start.Fingerprinted = nil
	}
	s.mu.Lock()
	s.current, s.seed = o, seed
	s.mu.Unlock()
	return o
}

// taken is called when the fake has taken a message, before it answers: receipts may be faster.
func (s *street) taken() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	o, n := s.current, len(s.messages)
	s.messages = append(s.messages, &message{
		highest: -1, reported: map[otp.MessageState]bool{}, must: map[otp.MessageState]bool{},
		counted: map[otp.MessageState]int{},
	})
	o.mine = append(o.mine, n)
	s.mu.Unlock()
	for range o.r.IntN(3) {
		o.report(n)
	}
}

func (o *order) run() {
	o.turn.Lock()
	defer o.turn.Unlock()
	o.first()
	for range 4 + o.r.IntN(10) {
		o.clock.Advance(time.Duration(1+o.r.IntN(15_000)) * time.Millisecond)
		switch k := o.r.IntN(10); {
		case k < 5:
			o.report(o.mine[o.r.IntN(len(o.mine))])
		case k < 6:
			o.burst()
		case k < 9:
			o.again()
		default:
			o.guess()
		}
	}
	o.clock.Advance(72 * time.Hour)
	now := otp.MillisOf(o.clock.Now())
	o.followed.sweep(otp.ChallengeKey(o.start.Client, o.start.ID), now)
	for range 1 + o.r.IntN(4) {
		o.report(o.mine[o.r.IntN(len(o.mine))])
	}
	for _, n := range o.mine {
		o.check(n)
	}
}

func (o *order) note(format string, args ...any) {
	fmt.Fprintf(&o.log, o.clock.Now().Format("02 15:04:05.000 ")+format+"\n", args...)
}

// send makes a call in which the fake may take a message.
func (o *order) send(call func() (otp.Started, error)) (otp.Started, error) {
	o.turn.Unlock()
	defer o.turn.Lock()
	return call()
}

// first sends the first message.
func (o *order) first() {
	first := o.issuer.Init
	if o.sends {
		first = o.issuer.Send
	}
	got, err := o.send(func() (otp.Started, error) { return first(context.Background(), o.start) })
	if err != nil || got.Outcome != otp.Sent {
		o.t.Fatalf("the first message: %s %v", got.Outcome, err)
	}
	o.auth = got.AuthID
	o.accepted()
}

// accepted notes that the challenge knows the message that went out last.
func (o *order) accepted() {
	o.last = o.mine[len(o.mine)-1]
	o.messages[o.last].accepted = true
	o.note("message %d is accepted", o.last)
}

// again asks for a further message. At times its answer is lost.
func (o *order) again() {
	before, lost := len(o.mine), o.r.IntN(6) == 0 && !o.over
	want := otp.Sent
	switch {
	case o.over && !o.sends:
		want = otp.Used
	case !o.over && o.messages[o.last].highest == 3:
		want = otp.Undeliverable
	case lost: // and nobody but the service knows the id
		want = otp.Unclear
		o.stub.Next(awsfake.DropAfter())
	}
	again := otp.Resend{
		Client: o.start.Client, AuthID: o.auth, Policy: o.start.Policy, Text: o.start.Text,
		ID: []string{"", fmt.Sprint("again ", o.start.ID, before, o.log.Len())}[o.r.IntN(2)],
	}
	got, err := o.send(func() (otp.Started, error) {
		if o.sends {
			return o.issuer.Send(context.Background(), o.start)
		}
		return o.issuer.Resend(context.Background(), again)
	})
	o.note("again: %s, want %s", got.Outcome, want)
	switch sent := len(o.mine) - before; {
	case err != nil || got.Outcome != want:
		o.t.Errorf("a further message: %s %v, want %s", got.Outcome, err, want)
	case (want == otp.Sent || want == otp.Unclear) != (sent == 1):
		o.t.Errorf("%s with %d requests on the wire", want, sent)
	case want == otp.Sent:
		o.over = false // the code of a scenario that passed has a successor
		o.accepted()
	case want == otp.Undeliverable:
		o.refused++
	}
}

// guess types the right code.
func (o *order) guess() {
	want := otp.Passed
	if o.over {
		want = otp.Used
	}
	got, err := o.verifier.Verify(context.Background(), otp.Check{Client: "demo", ID: o.start.ID, Code: o.code})
	if err != nil || got.Outcome != want {
		o.t.Errorf("the right code: %s %v, want %s", got.Outcome, err, want)
	}
	if !o.over {
		o.passed++
	}
	o.over = true
	o.note("the code passes")
}

// report has the service report about a message, once or twice.
func (o *order) report(n int) {
	kind := events[o.r.IntN(len(events))]
	for range 1 + o.r.IntN(2) {
		o.deliver(n, kind)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if m := o.messages[n]; stateOf[kind] > m.highest {
		m.highest = stateOf[kind]
		m.must[states[m.highest]] = true
	}
	o.note("%s of message %d", kind, n)
}

// burst has the service report several things about one message at once.
func (o *order) burst() {
	n := o.mine[o.r.IntN(len(o.mine))]
	var all sync.WaitGroup
	highest := -1
	for range 4 {
		kind := events[o.r.IntN(len(events))]
		highest = max(highest, stateOf[kind])
		all.Go(func() { o.deliver(n, kind) })
		o.note("at once: %s of message %d", kind, n)
	}
	all.Wait()
	if m := o.messages[n]; highest > m.highest {
		m.highest = highest
		m.must[states[highest]] = true
	}
}

// deliver hands a report to the code of function receipts, and counts as it does.
func (o *order) deliver(n int, kind string) {
	for _, r := range receipts.Read(o.stub.Report(n, kind, o.clock.Now()), o.clock.Now()) {
		if r.Err != nil || r.Receipt == nil {
			o.t.Errorf("%s: %+v", kind, r)
			continue
		}
		changed, err := o.followed.Receive(context.Background(), *r.Receipt)
		if err != nil {
			o.t.Error(err)
		}
		o.mu.Lock()
		m := o.messages[n]
		o.reports++
		m.reported[r.Receipt.State()] = true
		if changed {
			o.changes++
			m.counted[r.Receipt.State()]++
		}
		o.mu.Unlock()
	}
}

// check compares the receipt of a message with what was reported.
func (o *order) check(n int) {
	m, request := o.messages[n], o.stub.Requests()[n]
	id := messageIDOf(o.t, o.stub, n, o.clock.Now())
	got, err := o.followed.Receipt(context.Background(), id)
	switch {
	case err != nil:
		o.t.Error(err)
	case (got == nil) != (m.highest < 0):
		o.t.Errorf("message %d has the receipt %+v", n, got)
	case got == nil:
	case got.State() != states[m.highest]:
		o.t.Errorf("message %d is %s, want %s", n, got.State(), states[m.highest])
	case got.Client != "demo" || got.AuthID != request.Context[otp.ContextAuthID] || got.AuthID == "":
		o.t.Errorf("the receipt of message %d names another challenge: %+v", n, got)
	}
}

// messageIDOf returns the id under which the fake took a message.
func messageIDOf(t testing.TB, stub *awsfake.SMSVoice, n int, now time.Time) string {
	t.Helper()
	got := receipts.Read(stub.Report(n, "TEXT_DELIVERED", now), now)
	if len(got) != 1 || got[0].Receipt == nil {
		t.Fatal(errors.New("the fake reports nothing"))
	}
	return got[0].Receipt.MessageID
}
