// Package changestest leads a life of challenges on a store, from which every kind of fact
// follows. It is for tests of the followers of stores.
package changestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

// Store is the store of a life.
type Store interface {
	otp.Challenges
	otp.Ledgers
	otp.Receipts
}

// epoch is the begin of a life: in 2100, so that no engine deletes items by TTL.
const epoch otp.Millis = 4_102_531_208_457

// Life leads challenges through everything that can happen to them, by the domain's own
// code, and records the facts that must follow. Its randomness is fixed: two stores get
// the same bytes, and their facts have the same ids.
type Life struct {
	Want  []Fact
	Keys  []string   // of all challenges
	Codes []string   // every code
	Now   otp.Millis // the present time; at the end, TTL may delete the first challenges

	t        testing.TB
	issuer   otp.Issuer
	verifier otp.Verifier
	answers  []otp.Delivery // the next ones of the sender; after them, Accepted
	code     otp.Code       // of the latest message
	numbers  int
	messages int // with an id
	receipts otp.Receipts
	client   string
	policy   otp.Policy
}

// Numbers is the prefix of all numbers of a life. No fact may hold a whole number.
const Numbers = "+6065432"

// NewLife returns a life of one client on a store. Its keys are fixed too.
func NewLife(t testing.TB, s Store, client string) *Life {
	secret := bytes.Repeat([]byte("k"), otp.MinSecret)
	keys, err := otp.NewKeys(otp.Secrets{1: secret}, 1, otp.Secrets{1: secret})
	if err != nil {
		t.Fatal(err)
	}
	l := &Life{t: t, Now: epoch, client: client, policy: otp.DefaultPolicy(), receipts: s}
	clock := func() time.Time { return l.Now.Time() }
	var random io.Reader = rand.NewChaCha8([32]byte{1})
	l.issuer = otp.Issuer{Challenges: s, Ledgers: s, Sender: l, Keys: keys, Now: clock, Rand: random}
	l.verifier = otp.Verifier{Challenges: s, Keys: keys, Now: clock, Rand: random}
	return l
}

// On continues the life on another store, such as the same one after a restart.
func (l *Life) On(s Store) {
	l.issuer.Challenges, l.issuer.Ledgers, l.verifier.Challenges, l.receipts = s, s, s, s
}

// Send implements [otp.Sender].
func (l *Life) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	l.code, l.Codes = m.Code, append(l.Codes, string(m.Code))
	answer := otp.Accepted
	if len(l.answers) > 0 {
		answer, l.answers = l.answers[0], l.answers[1:]
	}
	if answer != otp.Accepted {
		return answer, "", errors.New("the test makes the message fail")
	}
	l.messages++
	return answer, messageID(l.messages), nil
}

// messageID returns the id of the n-th message.
func messageID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// start returns the request of a challenge to a number of its own.
func (l *Life) start(id string) otp.Start {
	l.numbers++
	return otp.Start{
		Client: l.client, ID: id, Fingerprinted: []string{id},
		To:     otp.Phone(fmt.Sprintf("%s%04d", Numbers, l.numbers)),
		Mask:   fmt.Sprintf("+60******%04d", l.numbers),
		Region: []string{"MY", "SG", ""}[l.numbers%3],
		Policy: l.policy,
		Text:   onlyCode,
	}
}

// onlyCode is the text of every message.
func onlyCode(code string, _ time.Duration) string { return code }

func (l *Life) init(r otp.Start, want otp.Outcome) (authID string) {
	l.t.Helper()
	got, err := l.issuer.Init(l.t.Context(), r)
	l.expect("init "+r.ID, got.Outcome, err, want)
	return l.made(r)
}

func (l *Life) send(r otp.Start, want otp.Outcome) (authID string) {
	l.t.Helper()
	got, err := l.issuer.Send(l.t.Context(), r)
	l.expect("send "+r.ID, got.Outcome, err, want)
	return l.made(r)
}

func (l *Life) expect(call string, got otp.Outcome, err error, want otp.Outcome) {
	l.t.Helper()
	if err != nil || got != want {
		l.t.Fatalf("%s: %s %v, want %s", call, got, err, want)
	}
}

// made keeps the key of a challenge and returns its authenticationId.
func (l *Life) made(r otp.Start) string {
	key := otp.ChallengeKey(r.Client, r.ID)
	if !slices.Contains(l.Keys, key) {
		l.Keys = append(l.Keys, key)
	}
	return l.Now.Time().Format("20060102") + key[strings.LastIndex(key, "#")+1:]
}

func (l *Life) resend(authID, id string, want otp.Outcome) {
	l.t.Helper()
	got, err := l.issuer.Resend(l.t.Context(), otp.Resend{
		Client: l.client, AuthID: authID, ID: id, Policy: l.policy, Text: onlyCode,
	})
	l.expect("resend "+id, got.Outcome, err, want)
}

func (l *Life) verify(id string, code otp.Code, want otp.Outcome) {
	l.t.Helper()
	got, err := l.verifier.Verify(l.t.Context(), otp.Check{Client: l.client, ID: id, Code: code})
	l.expect("verify "+id, got.Outcome, err, want)
}

// wrong returns a wrong code.
func (l *Life) wrong() otp.Code {
	last := l.code[len(l.code)-1]
	return l.code[:len(l.code)-1] + otp.Code('0'+(last-'0'+1)%10)
}

// wants adds a fact that must follow. left is -1 for none.
func (l *Life) wants(authID string, kind changes.Kind, left int, reason ...string) {
	l.Want = append(l.Want, Fact{authID, kind, left, strings.Join(reason, "")})
}

// refused adds the fact of a refusal.
func (l *Life) refused(authID string, why otp.Outcome) {
	l.wants(authID, changes.Refused, -1, string(why))
}

// Steps returns the parts of the life, in their order. A follower may read the store
// between them, or at the end only.
func (l *Life) Steps() []func() {
	return []func(){
		l.passes, l.exhausts, l.expires, l.isRefused, l.isUnclear, l.isSentAgain, l.isReplaced, l.isRestored,
		l.isReported, l.crashes,
	}
}

// Crowd leads challenges of several clients. Each stays in the table as it ends, so that
// the facts can be counted from the table.
func (l *Life) Crowd() {
	for n, client := range []string{"demo", "other", "A & B", "demo"} {
		l.client = client
		for _, wrong := range []int{0, 1, 5} {
			id := fmt.Sprint("crowd ", n, " ", wrong)
			r := l.start(id)
			l.init(r, otp.Sent)
			for left := range wrong {
				l.verify(id, l.wrong(), map[bool]otp.Outcome{true: otp.Exhausted, false: otp.Unmatched}[left == 4])
			}
			if wrong < 5 {
				l.verify(id, l.code, otp.Passed)
			}
			if n == 0 {
				r.ID, r.Fingerprinted = id+" too soon", nil
				l.init(r, otp.TooSoon)
			}
		}
	}
}

// Lead leads the whole life.
func (l *Life) Lead() {
	for _, step := range l.Steps() {
		step()
	}
}
