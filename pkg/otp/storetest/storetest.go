// Package storetest is the conformance suite of the stores: what [otp.Challenges]
// and [otp.Ledgers] promise, and what follows from it for whole challenges. A
// store's own test calls [Run]; two stores are compared by [Agree].
//
// Time is virtual throughout and nothing is ever swept, so that no rule can
// lean on a store's clock or on its TTL deletion.
package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// Store is what a store must offer.
type Store interface {
	otp.Challenges
	otp.Ledgers
}

// Opener makes stores for the suite.
type Opener struct {
	// Open makes a fresh, empty store. It is closed by t.Cleanup.
	Open func(t testing.TB) Store
	// Lossy makes a fresh store as Open does, over a connection that loses
	// messages: before each request it asks what becomes of it. The store's client
	// repeats what was lost, as it does in production. A store in the same process
	// wraps itself in [Redo].
	Lossy func(t testing.TB, next func() Fate) Store
	// Races is on how many challenges the race for one right code is run.
	Races int
}

// Fate is what becomes of one request.
type Fate int

const (
	// Through: the request is applied and answered.
	Through Fate = iota
	// LostBefore: the request is lost before it is applied.
	LostBefore
	// LostAfter: the request is applied and its answer is lost.
	LostAfter
)

// Run runs the whole suite.
func Run(t *testing.T, o Opener) {
	t.Run("reserve", func(t *testing.T) { testReserve(t, o) })
	t.Run("every field", func(t *testing.T) { testEveryField(t, o) })
	t.Run("take over", func(t *testing.T) { testTakeOver(t, o) })
	t.Run("settle", func(t *testing.T) { testSettle(t, o) })
	t.Run("attempt", func(t *testing.T) { testAttempt(t, o) })
	t.Run("ledger", func(t *testing.T) { testLedger(t, o) })
	t.Run("windows", func(t *testing.T) { testWindows(t, o) })
	t.Run("life", func(t *testing.T) { testLife(t, o) })
	t.Run("idempotency", func(t *testing.T) { testIdempotency(t, o) })
	t.Run("rotation", func(t *testing.T) { testRotation(t, o) })
	t.Run("users", func(t *testing.T) { testUsers(t, o) })
	t.Run("claim", func(t *testing.T) { testClaim(t, o) })
	t.Run("resend", func(t *testing.T) { testResend(t, o) })
	t.Run("send", func(t *testing.T) { testSend(t, o) })
	t.Run("races", func(t *testing.T) { testRaces(t, o) })
	t.Run("lost answers", func(t *testing.T) { testLostAnswers(t, o) })
	t.Run("lost resends", func(t *testing.T) { testLostResends(t, o) })
	t.Run("corners", func(t *testing.T) { testCorners(t, o) })
	t.Run("crashes", func(t *testing.T) { testCrashes(t, o) })
}

// world is a service on one store, with a clock and a phone.
type world struct {
	Issuer   otp.Issuer
	Verifier otp.Verifier
	Clock    *Clock
	Inbox    *Inbox
	Store    Store
}

func newWorld(s Store) *world {
	clock, inbox := &Clock{now: epoch}, &Inbox{}
	return &world{
		Issuer:   otp.Issuer{Challenges: s, Ledgers: s, Sender: inbox, Keys: Keys(), Now: clock.Now, Rand: rand.Reader},
		Verifier: otp.Verifier{Challenges: s, Keys: Keys(), Now: clock.Now, Rand: rand.Reader},
		Clock:    clock, Inbox: inbox, Store: s,
	}
}

// epoch is when every test begins. Its milliseconds are not round.
var epoch = now.Time()

// Keys returns keys of a fixed secret, version 1.
func Keys() *otp.Keys {
	secret := make([]byte, otp.MinSecret)
	k, err := otp.NewKeys(otp.Secrets{1: secret}, 1, otp.Secrets{1: secret})
	if err != nil {
		panic(err)
	}
	return k
}

// start asks for a challenge with the default policy.
func start(id string, to otp.Phone) otp.Start {
	return otp.Start{
		Client: "demo", ID: id, Fingerprinted: []string{"OTP", "SMS", "MOBILENO", to.E164()},
		To: to, Mask: "+60******6353", Policy: otp.DefaultPolicy(),
		Text: func(code string, left time.Duration) string { return fmt.Sprint(code, " is your code for ", left) },
	}
}

const phone otp.Phone = "+606543216353"

// init makes a challenge that must come out as want.
func (w *world) init(t testing.TB, r otp.Start, want otp.Outcome) otp.Started {
	t.Helper()
	got, err := w.Issuer.Init(context.Background(), r)
	if err != nil {
		t.Fatalf("init %s: %v", r.ID, err)
	}
	if got.Outcome != want {
		t.Fatalf("init %s: %s, want %s", r.ID, got.Outcome, want)
	}
	return got
}

// verify checks a code, which must come out as want.
func (w *world) verify(t testing.TB, id string, code otp.Code, want otp.Outcome) otp.Checked {
	t.Helper()
	got, err := w.Verifier.Verify(context.Background(), otp.Check{Client: "demo", ID: id, Code: code})
	if err != nil {
		t.Fatalf("verify %s: %v", id, err)
	}
	if got.Outcome != want {
		t.Fatalf("verify %s: %s, want %s", id, got.Outcome, want)
	}
	return got
}

// wrong returns the n-th code of six digits that is not the right one.
func wrong(right otp.Code, n int) otp.Code {
	code := otp.Code(fmt.Sprintf("%06d", n))
	if string(code) >= string(right) {
		code = otp.Code(fmt.Sprintf("%06d", n+1))
	}
	return code
}

// Clock is virtual time, safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the virtual time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves it.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Inbox is a sender that keeps what it gets. Answers scripts what it says to
// the next messages, Accepted when it has run out.
type Inbox struct {
	mu       sync.Mutex
	messages []otp.Message
	Answers  []otp.Delivery
}

// Send keeps m, whatever it then answers but Refused.
func (b *Inbox) Send(_ context.Context, m otp.Message) (otp.Delivery, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	answer := otp.Accepted
	if len(b.Answers) > 0 {
		answer, b.Answers = b.Answers[0], b.Answers[1:]
	}
	if answer != otp.Refused {
		b.messages = append(b.messages, m)
	}
	if answer == otp.Accepted {
		return answer, nil
	}
	return answer, fmt.Errorf("inbox: scripted answer %d", answer)
}

// Messages returns what came in, oldest first.
func (b *Inbox) Messages() []otp.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]otp.Message(nil), b.messages...)
}

// last returns the code of the latest message.
func (b *Inbox) last(t testing.TB) otp.Code {
	t.Helper()
	m := b.Messages()
	if len(m) == 0 {
		t.Fatal("no message was sent")
	}
	return m[len(m)-1].Code
}
