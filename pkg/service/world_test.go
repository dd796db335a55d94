package service_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/cognito"
	"countersign/pkg/documents"
	"countersign/pkg/fallover"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/password"
	"countersign/pkg/service"
	"countersign/pkg/service/sending"
	"countersign/pkg/service/unimatrixapi"
	"countersign/pkg/telemetry"
	"countersign/pkg/unimatrix"

	"countersign/pkg/clocktest"
)

// world is one schedule: a client, a number, and processes that serve all contracts.
type world struct {
	t      testing.TB
	n      int
	seed   uint64
	r      *mathrand.Rand
	clock  *clocktest.Clock
	client *clients.Client
	rival  *clients.Client // sends to the same number
	limits []otp.Window    // of each of them
	shared []otp.Window    // of both together
	keys   *keys
	provider

	challenges otp.Challenges
	ledgers    otp.Ledgers

	log  strings.Builder
	calm bool // nothing fails any more

	script *script // nil: all is random

	ams       *ams.Init
	verify    *ams.Verify
	unimatrix *unimatrix.API
	pool      *cognito.Triggers

	inits    []string  // ids
	auths    []string  // authenticationIds of answers
	triggers []trigger // re-sends
	sessions []string  // contents of Cognito's sessions
	latest   func()    // the latest call
	depth    int       // calls that are under way

	call    *call
	wired   []published         // each message that was handed to a provider
	again   int                 // of them, those to the second provider
	counted []send              // in the oldest ledger
	sent    map[string]bool     // ids of counted messages that were on the wire
	codes   map[string]otp.Code // of each challenge that was sent, by its seed
	code    otp.Code            // of the latest message
	refusal otp.Outcome         // of the latest count, "" if it was counted
}

// published is one message on the wire: one request, or two of a fallover, at the instant of the second.
type published struct {
	at     time.Time
	client string
	call   *call
}

// send is one message in a ledger.
type send struct {
	id string
	at time.Time
}

// epoch is the instant at which each schedule begins.
var epoch = time.UnixMilli(1_795_317_208_457)

// newWorld makes the n-th schedule. The store and the provider are those of all schedules; each
// has a client and a number of its own.
func newWorld(t testing.TB, n int, seed uint64, s storetest.Store, p provider) *world {
	if seed == 0 {
		seed = mathrand.Uint64()
	}
	r := mathrand.New(mathrand.NewPCG(seed, 0))
	id := fmt.Sprintf("client-%d", n)
	w := &world{
		t: t, n: n, seed: seed, r: r, clock: clocktest.New(epoch), provider: p,
		client: &clients.Client{
			ID: id, Unsigned: true, Unimatrix: "simple", CustomCodes: true, Countries: []string{"MY"}, Brand: "Acme",
			Policy: policy(r), Sources: clients.Sources{Env: "clientIp"},
		},
		sent: map[string]bool{}, codes: map[string]otp.Code{}, call: &call{},
	}
	rival := *w.client
	rival.ID = fmt.Sprintf("rival-%d", n)
	w.rival, w.limits = &rival, windows(w.client.Policy)
	w.keys = &keys{
		world: w, before: storetest.Numbered(t, 1), during: storetest.Numbered(t, 2, 1), rotation: epoch.Add(time.Hour),
	}
	w.challenges = storetest.Decorate(watched{s, w}, func(do func() error) error { return w.request(do, true) })
	w.ledgers = storetest.Decorate(watched{s, w}, func(do func() error) error { return w.request(do, false) })
	directory := clients.Static{id: w.client, rival.ID: w.rival}
	shared := &service.Service{
		Store: telemetry.Store{Challenges: w.challenges, Ledgers: w.ledgers, Now: w.clock.Now}, Keys: w.keys,
		Gate: &ams.Gate{Door: &admission.Door{
			Clients: directory, Now: w.clock.Now, Log: slog.New(slog.DiscardHandler),
		}},
		Now: w.clock.Now, Rand: rand.Reader,
	}
	if r.IntN(2) == 0 {
		shared.NumberPerDay = 1 + r.IntN(12)
		w.shared = []otp.Window{{Sends: shared.NumberPerDay, In: 24 * time.Hour}}
	}
	sends := sending.New(shared, w)
	w.ams, w.verify, w.unimatrix = sends.Init(), shared.Verify(), unimatrixapi.New(sends)
	w.pool = &cognito.Triggers{
		Door: shared.Gate.Door, Client: id, Messages: sends.Messages, Verifier: shared.Verifier(), Rand: rand.Reader,
		Wait: func(_ context.Context, d time.Duration) { w.clock.Advance(d) },
	}
	p.wire.Otherwise(w.answer(&w.provider))
	if p.second != nil {
		p.second.wire.Otherwise(w.answer(p.second))
		w.sender = fallover.New(fallover.Service{Name: "first", Sender: p.sender},
			fallover.Service{Name: "second", Sender: dying{p.second.sender, w}}, w.clock.Now)
	}
	return w
}

// keys are a keyring whose key of numbers is rotated one hour after the start.
type keys struct {
	documents.Sealer
	ams.SigningKeys
	peppers
	world          *world
	before, during *otp.Keys
	rotation       time.Time
}

// peppers are the keys of passwords.
type peppers = password.Keys

func (k *keys) Keys(context.Context) *otp.Keys {
	if k.world.clock.Now().Before(k.rotation) {
		return k.before
	}
	return k.during
}

func (k *keys) Newer(ctx context.Context, _ int) *otp.Keys { return k.Keys(ctx) }

// fate is the way that one request of a call goes: to the table, or to the sender.
type fate int

const (
	through    fate = iota
	lost            // before it is applied
	answerLost      // it is applied
	repeated        // applied, its answer lost, and repeated by the table's client
	diesBefore      // the process dies
	diesAfter
	slow // time passes first
	fates
)

// call is one call under way.
type call struct {
	fates    map[int]fate
	requests int
	dead     bool
	sends    int        // requests on the wires
	messages int        // of them, those that a service did not refuse for certain
	refused  bool       // the latest request, so that another service may have the message
	begun    time.Time  // of the first request
	lease    otp.Millis // until which no other call may send
	id       string     // under which the message is counted
	seed     string     // of the challenge that it owns
	client   string
	cancel   context.CancelFunc
	mu       sync.Mutex // SNS's side is a goroutine of its own
}

var errLost = errors.New("scripted loss")

// newCall draws the fate of a call: nothing fails, or one request does, or two.
func (w *world) newCall() *call {
	c := &call{fates: map[int]fate{}}
	switch {
	case w.script != nil:
		c.fates = w.script.fates
	case !w.calm:
		for range max(0, w.r.IntN(5)-2) {
			c.fates[w.r.IntN(7)] = 1 + fate(w.r.IntN(int(fates)-1))
		}
	}
	return c
}

// next returns the fate of the next request of the call.
func (c *call) next() fate {
	c.requests++
	if c.dead {
		return diesBefore
	}
	return c.fates[c.requests-1]
}

// request does one request to the table as its fate is. A slow count would make the wire
// later than the ledger, and so would anything slow after it.
func (w *world) request(do func() error, maySlow bool) error {
	c := w.call
	f := c.next()
	switch f {
	case lost, diesBefore:
		c.dead = c.dead || f == diesBefore
		return errLost
	case slow:
		if maySlow && c.id == "" {
			w.clock.Advance(w.pause())
		}
	case repeated:
		if err := do(); err != nil {
			return err
		}
	}
	err := do()
	if f == answerLost || f == diesAfter {
		c.dead = f == diesAfter
		return errLost
	}
	return err
}

func (w *world) pause() time.Duration {
	pauses := []time.Duration{
		time.Second, 8 * time.Second, otp.Lease - time.Second, otp.Lease, otp.Lease + time.Second, time.Minute,
	}
	return pauses[w.r.IntN(len(pauses))]
}

// Send implements [otp.Sender]. It is the provider's, unless the process dies.
func (w *world) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	c := w.call
	f := c.next()
	if f == diesBefore {
		c.dead = true
		return otp.MaybeSent, "", errLost
	}
	if c.id == "" || w.sent[c.id] {
		w.t.Errorf("a message with the id %q goes out: it is not counted, or was sent under the same id", c.id)
	}
	w.sent[c.id] = true
	if code, ok := w.codes[c.seed]; ok && code != m.Code {
		w.t.Error("two copies of one challenge have two codes")
	}
	w.codes[c.seed], w.code = m.Code, m.Code
	delivery, id, err := w.sender.Send(ctx, m)
	c.mu.Lock()
	defer c.mu.Unlock()
	w.note("  wire: %d %v", delivery, err)
	if f == answerLost || f == diesAfter {
		c.dead = f == diesAfter
		return otp.MaybeSent, "", errLost
	}
	return delivery, id, err
}

// watched is the store, with notes of what is applied.
type watched struct {
	storetest.Store
	*world
}

func (s watched) Reserve(
	ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis,
) (otp.Write, error) {
	w, err := s.Store.Reserve(ctx, c, over, now)
	if w.Applied {
		s.call.seed, s.call.lease = string(c.Seed), c.Lease
	}
	return w, err
}

func (s watched) TakeOver(ctx context.Context, t otp.TakeOver) (otp.Write, error) {
	w, err := s.Store.TakeOver(ctx, t)
	if w.Applied {
		s.call.seed, s.call.lease = string(w.Item.Seed), w.Item.Lease
	}
	return w, err
}

func (s watched) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	w, err := s.Store.Claim(ctx, c)
	if w.Applied {
		s.call.seed, s.call.lease = string(w.Item.Seed), w.Item.Lease
	}
	return w, err
}

func (s watched) Spend(ctx context.Context, p otp.Spend) (otp.Spent, error) {
	got, err := s.Store.Spend(ctx, p)
	s.note("  spend %s %s %v %v", p.Key[:6], p.ID, p.Now.Time().Format("15:04:05.000"), got.Applied)
	counts := func(s send) bool { return s.id == p.ID }
	switch {
	case err != nil:
	case got.Applied:
		s.call.id, s.refusal = p.ID, ""
		if !slices.ContainsFunc(s.counted, counts) { // else in another ledger
			s.counted = append(s.counted, send{p.ID, p.Now.Time()})
		}
	case !got.Item.Counted(p.ID):
		s.refusal, _ = p.Limits.Refusal(*got.Item, p.Now)
	}
	return got, err
}

func (s watched) Refund(ctx context.Context, key, id string, charged ...guard.Charged) error {
	err := s.Store.Refund(ctx, key, id, charged...)
	s.note("  refund %s %s %v", key[:6], id, err)
	if err == nil {
		s.counted = slices.DeleteFunc(s.counted, func(s send) bool { return s.id == id })
		s.call.id = ""
	}
	return err
}
