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
}

// Fact is the part of a fact that tests compare. The rest is its id, or depends on the
// time at which a store looked.
type Fact struct {
	AuthenticationID string
	Kind             changes.Kind
	Left             int // -1: none
	Reason           string
}

// Of returns the comparable part of facts, each id once, in the order of [Sort].
func Of(facts []changes.Fact) []Fact {
	var out []Fact
	ids := map[string]bool{}
	for _, f := range facts {
		if ids[f.ID] {
			continue
		}
		ids[f.ID] = true
		left := -1
		if f.AttemptsLeft != nil {
			left = *f.AttemptsLeft
		}
		out = append(out, Fact{f.AuthID, f.Kind, left, f.Reason})
	}
	Sort(out)
	return out
}

// Sort puts facts in that order.
func Sort(facts []Fact) {
	slices.SortFunc(facts, func(a, b Fact) int {
		order := func(f Fact) string { return fmt.Sprint(f.AuthenticationID, f.Kind, 9-f.Left, f.Reason) }
		return strings.Compare(order(a), order(b))
	})
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
	l := &Life{t: t, Now: epoch, client: client, policy: otp.DefaultPolicy()}
	clock := func() time.Time { return l.Now.Time() }
	var random io.Reader = rand.NewChaCha8([32]byte{1})
	l.issuer = otp.Issuer{Challenges: s, Ledgers: s, Sender: l, Keys: keys, Now: clock, Rand: random}
	l.verifier = otp.Verifier{Challenges: s, Keys: keys, Now: clock, Rand: random}
	return l
}

// On continues the life on another store, such as the same one after a restart.
func (l *Life) On(s Store) {
	l.issuer.Challenges, l.issuer.Ledgers, l.verifier.Challenges = s, s, s
}

// Send implements [otp.Sender].
func (l *Life) Send(_ context.Context, m otp.Message) (otp.Delivery, error) {
	l.code, l.Codes = m.Code, append(l.Codes, string(m.Code))
	if len(l.answers) == 0 {
		return otp.Accepted, nil
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	if answer != otp.Accepted {
		return answer, errors.New("the test makes the message fail")
	}
	return answer, nil
}

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
		l.passes, l.exhausts, l.expires, l.isRefused, l.isUnclear, l.isSentAgain, l.isReplaced, l.isRestored, l.crashes,
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

func (l *Life) passes() {
	for _, wrong := range []int{0, 2, 4} {
		id := fmt.Sprint("passes after ", wrong)
		auth := l.init(l.start(id), otp.Sent)
		l.wants(auth, changes.Sent, -1)
		for n := range wrong {
			l.verify(id, l.wrong(), otp.Unmatched)
			l.wants(auth, changes.Failed, 4-n)
		}
		l.verify(id, l.code, otp.Passed)
		l.wants(auth, changes.Passed, 4-wrong)
		l.verify(id, l.code, otp.Used) // changes nothing
	}
}

func (l *Life) exhausts() {
	auth := l.init(l.start("exhausts"), otp.Sent)
	l.wants(auth, changes.Sent, -1)
	for n := range 4 {
		l.verify("exhausts", l.wrong(), otp.Unmatched)
		l.wants(auth, changes.Failed, 4-n)
	}
	l.verify("exhausts", l.wrong(), otp.Exhausted)
	l.wants(auth, changes.Exhausted, 0)
	l.verify("exhausts", l.code, otp.Locked)
	l.wants(auth, changes.Expired, 0) // when it is swept
}

func (l *Life) expires() {
	auth := l.init(l.start("expires"), otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.verify("expires", l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 4)
	l.wants(auth, changes.Expired, 4) // when it is swept
}

func (l *Life) isRefused() {
	first := l.start("first")
	auth := l.init(first, otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.wants(auth, changes.Expired, 5) // when it is swept
	soon := first
	soon.ID, soon.Fingerprinted = "too soon", nil
	l.refused(l.init(soon, otp.TooSoon), otp.TooSoon)
	l.init(soon, otp.TooSoon) // again: no further fact
	l.answers = []otp.Delivery{otp.Refused}
	l.refused(l.init(l.start("undeliverable"), otp.Undeliverable), otp.Undeliverable)
	for _, why := range []otp.Outcome{otp.Blocked, otp.NoUser} {
		r := l.start(string(why))
		r.User, r.Refusal, r.To, r.Mask, r.Region = "user", why, "", "", ""
		if auth := l.init(r, why); why != otp.NoUser { // which has no fact
			l.refused(auth, why)
		}
	}
}

func (l *Life) isUnclear() {
	l.answers = []otp.Delivery{otp.MaybeSent, otp.MaybeSent}
	r := l.start("unclear twice")
	auth := l.init(r, otp.Unclear)
	l.init(r, otp.Unclear)
	l.init(r, otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.wants(auth, changes.Expired, 5)

	l.answers = []otp.Delivery{otp.MaybeSent}
	auth = l.init(l.start("unclear for ever"), otp.Unclear)
	l.wants(auth, changes.Expired, 5)

	l.answers = []otp.Delivery{otp.MaybeSent}
	r = l.start("arrived all the same")
	auth = l.init(r, otp.Unclear)
	l.verify(r.ID, l.code, otp.Passed)
	l.wants(auth, changes.Passed, 4)
	l.init(r, otp.Sent)
	l.wants(auth, changes.Sent, -1)

	for _, why := range []otp.Outcome{otp.Blocked, otp.NoUser} {
		l.answers = []otp.Delivery{otp.MaybeSent}
		r = l.start(string(why) + " meanwhile")
		auth = l.init(r, otp.Unclear)
		r.Refusal = why
		if l.init(r, why); why != otp.NoUser {
			l.refused(auth, why)
		}
	}
}

func (l *Life) isSentAgain() {
	auth := l.init(l.start("sent again"), otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.verify("sent again", l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 4)
	l.resend(auth, "too soon", otp.TooSoon) // no fact about the challenge
	l.Now = l.Now.Add(30 * time.Second)
	l.resend(auth, "again", otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.Now = l.Now.Add(30 * time.Second)
	l.resend(auth, "", otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.verify("sent again", l.code, otp.Passed)
	l.wants(auth, changes.Passed, 3)
	l.resend(auth, "passed", otp.Used)
}

func (l *Life) isReplaced() {
	r := l.start("scenario")
	r.Fingerprinted = nil
	auth := l.send(r, otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.verify(r.ID, l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 4)
	l.send(r, otp.TooSoon) // the live code again: refused, and no fact follows
	l.Now = l.Now.Add(30 * time.Second)
	l.send(r, otp.Sent) // the live code again
	l.wants(auth, changes.Sent, -1)
	l.Now = l.Now.Add(10 * time.Minute)
	l.wants(auth, changes.Expired, 4)
	l.send(r, otp.Sent) // another one
	l.wants(auth, changes.Sent, -1)
	l.verify(r.ID, l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 4)
	l.verify(r.ID, l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 3)
	l.Now = l.Now.Add(30 * time.Second)
	r.Digits = 8
	l.send(r, otp.Sent) // in the place of a live one, with the attempts that it had left
	l.wants(auth, changes.Sent, -1)
	l.verify(r.ID, l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 2)
	l.verify(r.ID, l.code, otp.Passed)
	l.wants(auth, changes.Passed, 1)
	l.send(r, otp.TooSoon) // after a pass it is a new challenge, refused at once, and again
	l.refused(auth, otp.TooSoon)
	l.send(r, otp.TooSoon)
	l.refused(auth, otp.TooSoon)
}

// isRestored replaces a challenge by one whose message is refused: the person may still use
// the first code. The first challenge had itself replaced another one.
func (l *Life) isRestored() {
	for _, answer := range []otp.Delivery{otp.Accepted, otp.MaybeSent} {
		r := l.start(fmt.Sprint("restored ", answer))
		r.Fingerprinted = nil
		auth := l.send(r, otp.Sent)
		l.wants(auth, changes.Sent, -1)
		for left := range 2 {
			l.verify(r.ID, l.wrong(), otp.Unmatched)
			l.wants(auth, changes.Failed, 4-left)
		}
		l.Now = l.Now.Add(30 * time.Second)
		l.answers = []otp.Delivery{answer, otp.Refused}
		r.Digits = 7
		if answer == otp.Accepted {
			l.send(r, otp.Sent)
			l.wants(auth, changes.Sent, -1)
		} else {
			l.send(r, otp.Unclear)
		}
		code := l.code
		l.verify(r.ID, l.wrong(), otp.Unmatched)
		l.wants(auth, changes.Failed, 2)
		l.Now = l.Now.Add(30 * time.Second)
		r.Digits = 8
		l.refused(l.send(r, otp.Undeliverable), otp.Undeliverable)
		l.code = code
		l.verify(r.ID, l.wrong(), otp.Unmatched)
		l.wants(auth, changes.Failed, 1)
		if answer == otp.Accepted {
			l.verify(r.ID, code, otp.Passed)
			l.wants(auth, changes.Passed, 0)
		} else {
			l.wants(auth, changes.Expired, 1)
		}
	}
}

// crashes leaves a challenge that was never sent, and one whose message was not
// settled.
func (l *Life) crashes() {
	alive := l.issuer
	defer func() { l.issuer = alive }()
	for _, id := range []string{"crashed before its message", "crashed after it"} {
		r := l.start(id)
		l.issuer.Challenges = dead{alive.Challenges}
		if id == "crashed before its message" {
			l.issuer.Ledgers = unspent{alive.Ledgers}
		} else {
			l.issuer.Ledgers = alive.Ledgers
		}
		if _, err := l.issuer.Init(l.t.Context(), r); err == nil {
			l.t.Fatalf("%s: no error", id)
		}
		l.made(r)
	}
	l.Now = l.Now.Add(72 * time.Hour)
}

var errDead = errors.New("the process ended")

// dead and unspent fail as if the process had ended.
type (
	dead    struct{ otp.Challenges }
	unspent struct{ otp.Ledgers }
)

func (dead) Settle(context.Context, otp.Settlement) (otp.Write, error) {
	return otp.Write{}, errDead
}

func (unspent) Spend(context.Context, otp.Spend) (otp.Spent, error) { return otp.Spent{}, errDead }

// Diff describes how facts differ from the expected ones, a line for each.
func Diff(got, want []Fact) string {
	var b strings.Builder
	left := slices.Clone(want)
	for _, f := range got {
		if i := slices.Index(left, f); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			fmt.Fprintf(&b, "published, but not expected: %+v\n", f)
		}
	}
	for _, f := range left {
		fmt.Fprintf(&b, "expected, but not published: %+v\n", f)
	}
	return b.String()
}
