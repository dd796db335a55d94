package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testShared counts the messages of all clients together to one number.
func testShared(t *testing.T, o Opener) {
	run(t, o, cases{
		{"without the limit, each client has its own only", sharedOff},
		{"clients share the messages of a number", sharedTogether},
		{"each kind of message counts", sharedKinds},
		{"a message that it refuses is given back to the client", sharedGivesBack},
		{"a copy of an unclear message that it refuses stays unclear", sharedUnclear},
		{"no limit is forgotten while the number key is rotated", sharedRotated},
		{"a message that cannot be given back is an error", sharedKeeps},
		{"many clients at once", sharedAtOnce},
		{"one write more for each message", sharedWrites},
	})
}

// by asks for a challenge of one of many clients.
func by(client int, id string) otp.Start {
	r := start(id, phone)
	r.Client = fmt.Sprint("client", client)
	return r
}

// shared makes a world in which all clients together may send three messages a day.
func shared(t *testing.T, o Opener) *world {
	w := newWorld(o.Open(t))
	w.Issuer.NumberPerDay = 3
	return w
}

func sharedOff(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for n := range 12 {
		w.init(t, by(n, "id"), otp.Sent)
	}
	w.Issuer.NumberPerDay = 3 // from now on
	for n := range 3 {
		w.init(t, by(n, "more"), otp.TooSoon) // for the client
		w.init(t, by(20+n, "more"), otp.Sent)
	}
	w.init(t, by(30, "id"), otp.TooMany)
}

func sharedTogether(t *testing.T, o Opener) {
	w := shared(t, o)
	for n := range 3 {
		w.init(t, by(n, "id"), otp.Sent)
		w.Clock.Advance(time.Minute)
	}
	for n := range 5 {
		if got := w.init(t, by(n, "over"), otp.TooMany); got.Wait < 24*time.Hour-3*time.Minute {
			t.Errorf("client %d: wait %v, want a day after the first message", n, got.Wait)
		}
	}
	other := by(0, "other")
	other.To = phone2
	w.init(t, other, otp.Sent) // another number is free
	w.Clock.Advance(24*time.Hour + otp.LongestLife - 3*time.Minute)
	w.init(t, by(4, "again"), otp.Sent)
	w.init(t, by(3, "again"), otp.TooMany) // the second message of before is still in the window
}

func sharedKinds(t *testing.T, o Opener) {
	w := shared(t, o)
	w.init(t, by(1, "id"), otp.Sent)
	first := w.init(t, start("id", phone), otp.Sent)
	w.Clock.Advance(cooldown)
	w.resend(t, again("r", first), otp.Sent)
	w.Clock.Advance(cooldown)
	w.resend(t, again("r2", first), otp.TooMany)
	w.resend(t, again("", first), otp.TooMany)
	w.send(t, scenario(""), otp.TooMany)
	w.init(t, by(2, "id"), otp.TooMany)
	w.messages(t, 3)
}

func sharedGivesBack(t *testing.T, o Opener) {
	w := shared(t, o)
	for n := range 3 {
		w.init(t, by(n, "id"), otp.Sent)
	}
	for n := range 8 { // more than the client may send in an hour
		w.init(t, start(fmt.Sprint("over", n), phone), otp.TooMany)
	}
	w.Issuer.NumberPerDay = 10
	w.init(t, start("id", phone), otp.Sent)
	w.counted(t, 1)
}

func sharedUnclear(t *testing.T, o Opener) {
	w := shared(t, o)
	initUnclear(t, w)
	code := w.Inbox.last(t)
	for n := range 2 {
		w.init(t, by(n, "id"), otp.Sent)
	}
	w.Clock.Advance(cooldown)
	w.init(t, start("id", phone), otp.Unclear)
	w.messages(t, 3)
	w.counted(t, 1) // the copy was given back
	w.verify(t, "id", code, otp.Passed)
}

func sharedRotated(t *testing.T, o Opener) {
	w := shared(t, o)
	for n, keys := range []*otp.Keys{Numbered(t, 1), Numbered(t, 2, 1), Numbered(t, 1)} {
		w.Issuer.Keys = keys
		w.init(t, by(n, "id"), otp.Sent)
	}
	w.Issuer.Keys = Numbered(t, 2, 1)
	w.init(t, by(3, "id"), otp.TooMany)
	w.Issuer.Keys = Numbered(t, 2) // the older key is retired: the newer ledger has one send
	for n := range 2 {
		w.init(t, by(10+n, "id"), otp.Sent)
	}
	w.init(t, by(12, "id"), otp.TooMany)
}

func sharedKeeps(t *testing.T, o Opener) {
	w := shared(t, o)
	w.send(t, scenario(""), otp.Sent)
	for n := range 2 {
		w.init(t, by(n, "id"), otp.Sent)
	}
	w.Clock.Advance(cooldown)
	broken := w.Issuer
	broken.Ledgers = failing(w.Store, nth(3, LostBefore)) // after both counts
	w.initFails(t, broken)
	broken.Ledgers = failing(w.Store, nth(3, LostBefore))
	w.Clock.Advance(cooldown)
	other := scenario("")
	other.Digits = 8
	if got, err := broken.Send(ctx, other); err == nil || got.Outcome != "" {
		t.Errorf("%+v %v, want an error and no outcome", got, err)
	}
	w.init(t, start("id", phone), otp.Unclear) // it found a message of the challenge counted
	w.Clock.Advance(cooldown)
	w.init(t, start("id", phone), otp.TooMany)
	w.messages(t, 3)
}

func sharedAtOnce(t *testing.T, o Opener) {
	w := shared(t, o)
	const n = 60
	call := func(id string) func(int) (otp.Outcome, error) {
		return func(client int) (otp.Outcome, error) {
			got, err := w.Issuer.Init(ctx, by(client, id))
			return got.Outcome, err
		}
	}
	Want(t, Together(t, n, call("id")), map[otp.Outcome]int{otp.Sent: 3, otp.TooMany: n - 3})
	w.messages(t, 3)
	w.Issuer.NumberPerDay = 0 // whoever was refused has the messages of its own ledger
	Want(t, Together(t, n, call("more")), map[otp.Outcome]int{otp.Sent: n - 3, otp.TooSoon: 3})
}

func sharedWrites(t *testing.T, o Opener) {
	w := shared(t, o)
	r := &recorder{Store: w.Store, Inbox: w.Inbox}
	w.Issuer.Ledgers, w.Issuer.Challenges, w.Issuer.Sender = r, r, r
	for n, want := range []string{
		"reserve spend spend send settle", "reserve spend spend send settle", "reserve spend spend send settle",
		"reserve spend spend refund settle",
	} {
		r.calls = nil
		if _, err := w.Issuer.Init(ctx, by(n, "id")); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(r.calls, " "); got != want {
			t.Errorf("init %d: the calls are %q, want %q", n, got, want)
		}
	}
	if keys := Keys().SharedLedgerKeys(phone); r.spent[1].Key != keys[0] || r.spent[0].Key == keys[0] {
		t.Errorf("spent at %q and %q, want the client's ledger and then that of all clients",
			r.spent[0].Key, r.spent[1].Key)
	}
}
