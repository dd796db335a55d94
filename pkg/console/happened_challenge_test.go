package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

// inOrder fails the test unless a page has the texts in this order.
func inOrder(t *testing.T, page string, texts ...string) {
	t.Helper()
	rest := words(page)
	_, rest, _ = strings.Cut(rest, "Time line")
	for _, text := range texts {
		_, after, found := strings.Cut(rest, text)
		if !found {
			t.Errorf("the time line lacks %q in its place: %s", text, words(page))
			return
		}
		rest = after
	}
}

// TestLineOfSignIn: reserved, counted, sent, a wrong code, delivered and passed, each once and in order.
func TestLineOfSignIn(t *testing.T) {
	onEachPast(t, func(p *past) {
		id := p.init(otp.Sent, p.start("order", number))
		live := p.page(id)
		inOrder(t, live, "12:30:00 UTC The challenge was reserved", "was counted", "The message was sent",
			"message "+p.message(1), "12:35:00 UTC The code is valid until then")
		wants(t, live, "waits for its code", "0 of 5 used, 5 left", "+60*****6789, MY", "in 30s , at 2026-11-2",
			"In 1h 1 of 5 messages", "Unanswered 1 in a row", "Guard there is room")
		p.guess("order", "000000")
		p.receive(1, otp.ReasonArrived)
		p.guess("order", p.code)
		page := p.page(id)
		steps := []string{"reserved", "was counted", "was sent", "A wrong code was typed 4 attempts left",
			"was delivered: the phone has the message", "network 502-12 1 part 0.0342 USD",
			"12:30:03 UTC ● The right code was typed: the challenge passed"}
		if !p.local() { // the table has the time of the latest guess only
			steps = append(steps[:3], steps[4:]...)
			steps = append(steps, "Known without a time", "1 earlier attempt with a wrong code")
		}
		inOrder(t, page, steps...)
		lacks(t, page, "valid until then", "expired")
		wants(t, page, "Code passed")
		for _, once := range []string{"was sent", "was delivered", "challenge passed", "reserved"} {
			if n := strings.Count(words(page), once); n != 1 {
				t.Errorf("%q is there %d times: %s", once, n, words(page))
			}
		}
		if strings.Contains(page, "/?challenge="+id) != p.local() {
			t.Error("the link to the phone is for a page with a phone")
		}
	})
}

// TestLineAfterRestart: a server that has no facts of a challenge shows what the store has.
func TestLineAfterRestart(t *testing.T) {
	onEachPast(t, func(p *past) {
		id := p.init(otp.Sent, p.start("order", number))
		p.guess("order", "000000", "000001", "000002")
		p.facts = nil
		page := p.page(id)
		inOrder(t, page, "reserved", "counted", "was sent message "+p.message(1),
			"12:30:03 UTC ● A wrong code was typed", "2 attempts left", "12:35:00 UTC The code is valid",
			"2 earlier attempts with a wrong code")
	})
}

// TestLineOfEnds: a challenge that is locked, or expired.
func TestLineOfEnds(t *testing.T) {
	onEachPast(t, func(p *past) {
		locked := p.init(otp.Sent, p.start("locked", number))
		p.guess("locked", "000000", "000001", "000002", "000003", "000004")
		page := p.page(locked)
		inOrder(t, page, "was sent",
			"12:30:05 UTC ● A wrong code was typed on the last attempt: the challenge is locked",
			"Not even the right code passes now.")
		wants(t, page, "Code locked", "5 of 5 used, 0 left")
		lacks(t, page, "valid until then")

		expired := p.init(otp.Sent, p.start("expired", "+60123456780"))
		p.later(time.Hour)
		page = p.page(expired)
		inOrder(t, page, "was sent", "12:35:05 UTC ● The code expired: nobody typed it in time")
		wants(t, page, "Code expired", "now to anybody", "now · none is known")
	})
}

// TestLineOfRefusals: each refusal has its reason in words, and the figures of the guard.
func TestLineOfRefusals(t *testing.T) {
	onEachPast(t, func(p *past) {
		p.init(otp.Sent, p.start("first", number))
		p.init(otp.TooSoon, p.start("soon", number))
		page := p.page(p.idOf("soon"))
		inOrder(t, page, "reserved", "Refused: the latest message to the number was a moment before", "reason too_soon")
		wants(t, page, "Code not sent too_soon")
		// Deployed tables have no list of what happened, and this process not the limits of the one that sends.
		for _, of := range []string{"What happened for this client", "the process that sends may have others"} {
			if local := strings.HasPrefix(of, "What"); strings.Contains(words(page), of) != (local == p.local()) {
				t.Errorf("%q: %t", of, !(local == p.local()))
			}
		}
		lacks(t, page, "A message was counted", "was sent", "attempts", "Valid until")

		p.delivery = otp.Refused
		p.init(otp.Undeliverable, p.start("gone", "+60123456781"))
		inOrder(t, p.page(p.idOf("gone")), "was counted", "Refused: the service refused the message", "undeliverable")

		user := p.start("blocked", "+60123456782")
		user.User, user.Refusal = "u-1", otp.Blocked
		p.init(otp.Blocked, user)
		page = p.page(p.idOf("blocked"))
		inOrder(t, page, "Refused: the user may not sign in reason blocked")
		wants(t, page, "a user behind a token of the client")
		lacks(t, page, "u-1")

		p.delivery = otp.Accepted
		stopped := ""
		for i := 0; stopped == ""; i++ {
			r := p.start("attack"+string(rune('a'+i)), "+60123457"+string(rune('0'+i/10))+string(rune('0'+i%10))+"0")
			r.Guard = guard.Policy{Mode: guard.Enforce, Young: 1, Shards: 1}
			if got, err := p.issuer().Init(t.Context(), r); err != nil {
				t.Fatal(err)
			} else if got.Outcome != otp.Sent {
				stopped = r.ID
			}
		}
		p.follow()
		page = p.page(p.idOf(stopped))
		inOrder(t, page, "Refused: too many messages to ", "reason guard_", "In the 24 hours before, ",
			"to new numbers had no answer, and 0 had one", "There is room again in ")
	})
}

// TestLineOfResend: the code was sent twice, and the first message had a receipt.
func TestLineOfResend(t *testing.T) {
	onEachPast(t, func(p *past) {
		id := p.init(otp.Sent, p.start("order", number))
		p.receive(1, otp.ReasonPhoneUnreachable)
		p.later(40 * time.Second)
		r := p.start("", number)
		p.done(otp.Sent)(p.issuer().Resend(t.Context(), otp.Resend{
			Client: "acme", AuthID: id, Policy: r.Policy, Text: r.Text,
		}))
		p.receive(2, otp.ReasonArrived)
		page := p.page(id)
		if p.local() {
			inOrder(t, page, "reserved", "was counted", "was sent message "+p.message(1),
				"12:30:01 UTC ● The message was not delivered; a further one may arrive: the phone is off",
				"12:30:41 UTC ● The message was sent message "+p.message(2), "was delivered")
			return
		}
		inOrder(t, page, "was counted", "was not delivered",
			"12:30:41 UTC ● The message was sent message "+p.message(2), "was delivered", "Known without a time",
			"When it was reserved is not kept",
			"Messages before that, whose times are not kept: "+p.message(1))
	})
}

// TestLineOfReceipts: each state of a message has words of its own.
func TestLineOfReceipts(t *testing.T) {
	onEachPast(t, func(p *past) {
		for i, c := range []struct {
			reason otp.Reason
			want   string
		}{
			{otp.ReasonFailed, "The message was not delivered; a further one may arrive"},
			{otp.ReasonExpired, "The message expired before it arrived"},
			{otp.ReasonSpam, "The message was blocked: the network takes the message for spam"},
			{otp.ReasonOptedOut, "The message cannot be delivered, nor can a further one: the person opted out"},
		} {
			id := p.init(otp.Sent, p.start(string(c.reason), "+6012345678"+string(rune('0'+i))))
			p.receive(i+1, c.reason)
			inOrder(t, p.page(id), "was sent", c.want, "message "+p.message(i+1))
		}
		p.receive(1, otp.ReasonArrived) // late
		page := p.page(p.idOf(string(otp.ReasonFailed)))
		if inOrder(t, page, "was delivered"); p.local() {
			inOrder(t, page, "was not delivered", "was delivered")
		}
	})
}

// TestLineOfUnclear: the sender gave no clear answer, and a call broke off.
func TestLineOfUnclear(t *testing.T) {
	onEachPast(t, func(p *past) {
		p.delivery = otp.MaybeSent
		p.init(otp.Unclear, p.start("unclear", number))
		page := p.page(p.idOf("unclear"))
		inOrder(t, page, "reserved", "was counted", "valid until then",
			"gave no clear answer: the message may have gone out")
		wants(t, page, "waits for its code")

		p.delivery = otp.Accepted
		broken := p.issuer()
		broken.Challenges = unsettled{p.Store}
		if _, err := broken.Init(t.Context(), p.start("broken", "+60123456780")); err == nil {
			t.Fatal("the call did not break off")
		}
		p.follow()
		wants(t, p.page(p.idOf("broken")), "Code not sent yet", "A call is sending it.")
		p.later(time.Minute)
		wants(t, p.page(p.idOf("broken")), "Code not sent yet", "Its call broke off before it was settled.")
	})
}

// unsettled is a store in which nothing is settled.
type unsettled struct{ otp.Challenges }

func (unsettled) Settle(context.Context, otp.Settlement) (otp.Write, error) {
	return otp.Write{}, errors.New("no")
}

// TestLineOfKinds: what is special about a challenge is on its page.
func TestLineOfKinds(t *testing.T) {
	onEachPast(t, func(p *past) {
		test := p.start("test", "+12025550123")
		test.Test = otp.Test{Code: "123456", Until: otp.MillisOf(p.now.Add(time.Hour))}
		page := p.page(p.init(otp.Sent, test))
		wants(t, page, "test number", "None: no message goes to a test number")
		inOrder(t, page, "The code is ready; no message goes to a test number")
		lacks(t, page, "123456", "A message was counted", "Find other challenges")

		pays := p.start("pays", "+60123456780")
		pays.Payment = otp.Payment{Amount: "12.50", Currency: "MYR", Payee: "Payee Canary"}
		page = p.page(p.init(otp.Sent, pays))
		wants(t, page, "a payment: the code is right for that payment only")
		lacks(t, page, "12.50", "Payee Canary")

		user := p.start("user", "+60123456781")
		user.User = "user-canary"
		page = p.page(p.init(otp.Sent, user))
		wants(t, page, "a user behind a token of the client")
		lacks(t, page, "user-canary", "otp.send")

		chosen := p.start("chosen", "+60123456782")
		chosen.Code = "9753"
		p.done(otp.Sent)(p.issuer().Send(t.Context(), chosen))
		page = p.page(p.idOf("chosen"))
		wants(t, page, "the client, which chose it: it proves no phone", "otp.send or a sign-in of Cognito")
		lacks(t, page, "9753")
	})
}

// TestLineOfReplaced: a code of otp.send that another one replaced is told apart, though both have one id.
func TestLineOfReplaced(t *testing.T) {
	onEachPast(t, func(p *past) {
		p.done(otp.Sent)(p.issuer().Send(t.Context(), p.start("login", number)))
		p.guess("login", "000000")
		p.later(time.Minute)
		longer := p.start("login", number)
		longer.Digits = 8
		p.done(otp.Sent)(p.issuer().Send(t.Context(), longer))
		page := p.page(p.idOf("login"))
		wants(t, page, "1 of 5 used, 4 left",
			"1 earlier attempt with a wrong code: at this code, or at the one that it replaced")
		inOrder(t, page, "12:31:01 UTC The challenge was reserved", "was sent message "+p.message(2))
		if p.local() {
			inOrder(t, page, "message "+p.message(2), "Before that, under the same id",
				"12:30:00 UTC ● The message was sent", "message "+p.message(1), "A wrong code was typed")
		}
	})
}

// TestLineOfPassword: a challenge that asks for a password has neither a code nor a message.
func TestLineOfPassword(t *testing.T) {
	onEachPast(t, func(p *past) {
		ask := otp.Ask{
			Client: "acme", ID: "pass", Password: "password-canary", Mask: "+60*****6789", Region: "MY",
			Policy: otp.DefaultPolicy(),
		}
		id := p.done(otp.AskedPassword)(p.issuer().Ask(t.Context(), ask))
		page := p.page(id)
		inOrder(t, page, "The challenge was made, and asks for a password", "The password may be typed until then")
		wants(t, page, "asks for a password", "a password. No message is sent for it")
		lacks(t, page, "password-canary", "Attempts", "Find other", "/?challenge")

		p.later(time.Second)
		v := otp.Verifier{Challenges: p.Store, Keys: p.ring, Now: p.Now, Rand: p.registry.Rand}
		asking, _, err := v.Asking(t.Context(), "acme", "pass", id)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Pass(t.Context(), asking); got != otp.Passed || err != nil {
			t.Fatal(got, err)
		}
		inOrder(t, p.page(id), "12:30:01 UTC ● The right password was typed: the challenge passed")

		ask.ID, ask.Refusal = "none", otp.NoPassword
		p.done(otp.NoPassword)(p.issuer().Ask(t.Context(), ask))
		inOrder(t, p.page(p.idOf("none")), "Refused: the number has no user with such a password who may sign in")
	})
}

// TestNoChallenge: a challenge that is not there has a page with the reason.
func TestNoChallenge(t *testing.T) {
	onEachPast(t, func(p *past) {
		p.addClient("other")
		id := p.init(otp.Sent, p.start("order", number))
		wants(t, p.get(t, http.StatusOK, "/console/happened/"+id), "waits for its code") // of any client
		wants(t, p.get(t, http.StatusNotFound, addressOf("other", id)), "The client other does not have this challenge")
		wants(t, p.get(t, http.StatusNotFound, "/console/happened/20200101"+id[8:]), "No client has this challenge.",
			"deleted a day after its code is over")
		text := "Your session has ended. Paste this line into a terminal, and load the page again. The client demo"
		page := p.get(t, http.StatusNotFound, addressOf(text, id))
		wants(t, page, "No client has this challenge.")
		lacks(t, page, "Paste this line")
		wants(t, p.get(t, http.StatusNotFound, "/console/happened/1"), "35 digits")

		db, ok := p.Store.(*sqlitestore.Store)
		if !ok {
			return
		}
		p.later(72 * time.Hour)
		if _, err := db.Sweep(t.Context(), otp.MillisOf(p.now)); err != nil {
			t.Fatal(err)
		}
		p.follow()
		page = p.page(id)
		wants(t, page, "The challenge itself is deleted.", "Code deleted", "+60*****6789")
		inOrder(t, page, "The message was sent", "The code expired")
		p.facts = nil
		p.get(t, http.StatusNotFound, addressOf("acme", id))
	})
}
