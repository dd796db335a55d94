package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"countersign/pkg/otp"

	"countersign/pkg/clocktest"
)

// world is a service on one store, with a clock and an inbox.
type world struct {
	Issuer   otp.Issuer
	Verifier otp.Verifier
	Clock    *clocktest.Clock
	Inbox    *Inbox
	Store    Store
}

func newWorld(s Store) *world {
	clock, inbox := clocktest.New(epoch), &Inbox{}
	ahead, _ := s.(otp.Ahead)
	return &world{
		Issuer: otp.Issuer{
			Challenges: s, Ledgers: s, Sender: inbox, Keys: Keys(), Now: clock.Now, Rand: rand.Reader, Ahead: ahead,
		},
		Verifier: otp.Verifier{Challenges: s, Keys: Keys(), Now: clock.Now, Rand: rand.Reader},
		Clock:    clock, Inbox: inbox, Store: s,
	}
}

// epoch is the time at which every test begins.
var epoch = now.Time()

// start asks for a challenge with the default policy.
func start(id string, to otp.Phone) otp.Start {
	return otp.Start{
		Client: "demo", ID: id, Fingerprinted: []string{"OTP", "SMS", "MOBILENO", to.E164()},
		To: to, Mask: "+60******6353", Policy: otp.DefaultPolicy(),
		Text: func(code string, left time.Duration) string { return fmt.Sprint(code, " is your code for ", left) },
	}
}

const phone, phone2 otp.Phone = "+606543216353", "+606543216354"

var cooldown = otp.DefaultPolicy().Cooldown

// init makes a challenge, which must come out as want.
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
	return w.confirm(t, id, code, otp.Payment{}, want)
}

// initFails fails the test unless an init by i ends in an error and no outcome.
func (w *world) initFails(t testing.TB, i otp.Issuer) {
	t.Helper()
	if got, err := i.Init(ctx, start("id", phone)); err == nil || got.Outcome != "" {
		t.Fatalf("init: %+v %v, want an error and no outcome", got, err)
	}
}

// verifyFails fails the test unless a verify of the latest code by v ends in an error
// and no outcome.
func (w *world) verifyFails(t testing.TB, v otp.Verifier) {
	t.Helper()
	got, err := v.Verify(ctx, otp.Check{Client: "demo", ID: "id", Code: w.Inbox.last(t)})
	if err == nil || got.Outcome != "" {
		t.Fatalf("verify: %+v %v, want an error and no outcome", got, err)
	}
}

// messages fails the test unless so many messages were sent.
func (w *world) messages(t testing.TB, want int) {
	t.Helper()
	if got := len(w.Inbox.Messages()); got != want {
		t.Errorf("%d messages, want %d", got, want)
	}
}

// counted fails the test unless the ledger of phone has so many sends, at least one.
func (w *world) counted(t testing.TB, want int) {
	t.Helper()
	sp := spend(Keys().LedgerKeys("demo", phone)[0], "none", now)
	sp.Limits = otp.Limits{Windows: []otp.Window{{Sends: 1, In: 50 * 365 * 24 * time.Hour}}}
	if got := len(spent(t, w.Store, sp, false).Sends); got != want {
		t.Errorf("%d sends are counted, want %d", got, want)
	}
}

// unclear makes a world with a challenge whose sender gave no clear answer.
func unclear(t *testing.T, o Opener) *world {
	w := newWorld(o.Open(t))
	initUnclear(t, w)
	return w
}

// wrong returns the n-th code of six digits that is not the right one.
func wrong(right otp.Code, n int) otp.Code {
	code := otp.Code(fmt.Sprintf("%06d", n))
	if string(code) >= string(right) {
		code = otp.Code(fmt.Sprintf("%06d", n+1))
	}
	return code
}

// Inbox is a sender that keeps its messages. Answers are its next ones; without any
// it returns Accepted.
type Inbox struct {
	mu       sync.Mutex
	messages []otp.Message
	Answers  []otp.Delivery
}

// Send keeps m, unless it answers Refused.
func (b *Inbox) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
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
		return answer, messageID(len(b.messages)), nil
	}
	return answer, "", fmt.Errorf("inbox: scripted answer %d", answer)
}

// messageID returns the id of the n-th message that an inbox accepted or may have.
func messageID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// Messages returns the messages that were sent, oldest first.
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

// meanwhile is a sender that calls do before it sends.
type meanwhile struct {
	*Inbox
	do func()
}

func (m meanwhile) Send(ctx context.Context, msg otp.Message) (otp.Delivery, string, error) {
	m.do()
	return m.Inbox.Send(ctx, msg)
}
