package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// bill is the payment of these cases.
var bill = otp.Payment{Amount: "10.50", Currency: "EUR", Payee: "Café ☕ 東京 \U0001F600", Purpose: "deposit"}

// changedBills are other payments than bill, by what is changed: each field by itself, and no payment at all.
func changedBills() map[string]otp.Payment {
	all := map[string]otp.Payment{"none": {}}
	for name, change := range map[string]func(p *otp.Payment){
		"amount":     func(p *otp.Payment) { p.Amount = "10.51" },
		"spelling":   func(p *otp.Payment) { p.Amount = "10.5" },
		"currency":   func(p *otp.Payment) { p.Currency = "USD" },
		"payee":      func(p *otp.Payment) { p.Payee += "." },
		"purpose":    func(p *otp.Payment) { p.Purpose = "refund" },
		"no purpose": func(p *otp.Payment) { p.Purpose = "" },
		"shifted":    func(p *otp.Payment) { p.Payee, p.Purpose = p.Payee+p.Purpose[:1], p.Purpose[1:] },
		"swapped":    func(p *otp.Payment) { p.Payee, p.Purpose = p.Purpose, p.Payee },
	} {
		p := bill
		change(&p)
		all[name] = p
	}
	return all
}

// paying is a start for a payment, whose text shows it.
func paying(r otp.Start, p otp.Payment) otp.Start {
	r.Payment, r.Text = p, billText(p)
	return r
}

func billText(p otp.Payment) otp.Text {
	return func(code string, _ time.Duration) string {
		return fmt.Sprint(code, "\n", p.Currency, " ", p.Amount, ": ", p.Payee)
	}
}

// showing is a re-send whose text shows the payment that it gets.
func showing(r otp.Resend) otp.Resend {
	text := r.Text
	r.Wording = func(_ string, p otp.Payment) (otp.Text, string, error) {
		if p.None() {
			return text, "", nil
		}
		return billText(p), "", nil
	}
	return r
}

// confirm verifies a code for a payment, which must come out as want.
func (w *world) confirm(t testing.TB, id string, code otp.Code, p otp.Payment, want otp.Outcome) otp.Checked {
	t.Helper()
	got, err := w.Verifier.Verify(ctx, otp.Check{Client: "demo", ID: id, Code: code, Payment: p})
	if err != nil || got.Outcome != want {
		t.Fatalf("verify %s: %s %v, want %s", id, got.Outcome, err, want)
	}
	return got
}

// testPayments binds codes to payments.
func testPayments(t *testing.T, o Opener) {
	run(t, o, cases{
		{"a guess that names another payment is wrong and counted", changedPayment},
		{"another payment uses up the attempts", otherPaymentLocks},
		{"a guess that names a payment where there is none is wrong and counted", paymentOfNone},
		{"another client and another id are refused", paymentElsewhere},
		{"a repeat with another payment is inconsistent", repeatedPayment},
		{"a re-send has the same code and shows the payment", resentPayment},
		{"a re-send that cannot show the payment sends nothing", paymentNotShown},
		{"another payment of a scenario is another code, with the attempts that were left", sentPayment},
		{"a code that is replaced while it is sent again is not sent", replacedMeanwhile},
		{"a chosen code is bound too", chosenPayment},
		{"the code of a test number is bound too", testedPayment},
		{"a payment survives a rotation", rotatedPayment},
	})
}

func changedPayment(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for name, other := range changedBills() {
		w.Clock.Advance(24 * time.Hour)
		w.init(t, paying(start(name, phone), bill), otp.Sent)
		code := w.Inbox.last(t)
		if got := w.confirm(t, name, code, other, otp.Unmatched); got.Left != 4 {
			t.Errorf("%s: %d attempts left, want 4", name, got.Left)
		}
		if got := w.confirm(t, name, wrong(code, 0), bill, otp.Unmatched); got.Left != 3 {
			t.Errorf("%s: %d attempts left, want 3", name, got.Left)
		}
		w.confirm(t, name, code, bill, otp.Passed)
		w.confirm(t, name, code, bill, otp.Used)
	}
}

func otherPaymentLocks(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.init(t, paying(start("id", phone), bill), otp.Sent)
	code, other := w.Inbox.last(t), bill
	other.Amount = "9.50"
	for range 4 {
		w.confirm(t, "id", code, other, otp.Unmatched)
	}
	w.confirm(t, "id", code, other, otp.Exhausted)
	w.confirm(t, "id", code, bill, otp.Locked)
}

func paymentOfNone(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.init(t, start("id", phone), otp.Sent)
	code := w.Inbox.last(t)
	if got := w.confirm(t, "id", code, bill, otp.Unmatched); got.Left != 4 {
		t.Errorf("%d attempts left, want 4", got.Left)
	}
	w.verify(t, "id", code, otp.Passed)
}

func paymentElsewhere(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.init(t, paying(start("id", phone), bill), otp.Sent)
	code := w.Inbox.last(t)
	w.confirm(t, "other", code, bill, otp.Unknown)
	got, err := w.Verifier.Verify(ctx, otp.Check{Client: "other", ID: "id", Code: code, Payment: bill})
	if err != nil || got.Outcome != otp.Unknown {
		t.Errorf("another client: %+v %v, want %s", got, err, otp.Unknown)
	}
	if used := stored(t, w.Store, otp.ChallengeKey("demo", "id")).Attempts; used != 0 {
		t.Errorf("another client used %d attempts, want none", used)
	}
	w.confirm(t, "id", code, bill, otp.Passed)
}

func repeatedPayment(t *testing.T, o Opener) {
	for _, first := range []otp.Outcome{otp.Sent, otp.Unclear} {
		w := newWorld(o.Open(t))
		if first == otp.Unclear { // then the repeat sends a further copy
			w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
		}
		w.init(t, paying(start("id", phone), bill), first)
		w.Clock.Advance(cooldown)
		for _, other := range changedBills() {
			w.init(t, paying(start("id", phone), other), otp.Inconsistent)
		}
		w.init(t, paying(start("id", phone), bill), otp.Sent)
		w.init(t, paying(start("id", phone), bill), otp.Sent)
		w.messages(t, map[otp.Outcome]int{otp.Sent: 1, otp.Unclear: 2}[first])
		w.shows(t, bill)
		w.confirm(t, "id", w.Inbox.last(t), bill, otp.Passed)
	}
	w := newWorld(o.Open(t))
	w.init(t, start("id", phone), otp.Sent)
	w.init(t, paying(start("id", phone), bill), otp.Inconsistent)
}

// shows fails the test unless each message has the code of the first one, and shows a payment.
func (w *world) shows(t testing.TB, p otp.Payment) {
	t.Helper()
	for n, m := range w.Inbox.Messages() {
		if want := billText(p)(string(w.Inbox.Messages()[0].Code), 0); m.Text != want {
			t.Errorf("message %d is %q, want %q", n, m.Text, want)
		}
	}
}

func resentPayment(t *testing.T, o Opener) {
	for _, p := range []otp.Payment{
		bill, {Amount: "1", Currency: "JPY", Payee: "A"},
		{Amount: "999999999999.999", Currency: "KWD", Payee: " A  B "},
	} {
		w := newWorld(o.Open(t))
		first := w.init(t, paying(start("id", phone), p), otp.Sent)
		for _, id := range []string{"", "again"} {
			w.Clock.Advance(cooldown)
			w.resend(t, showing(again(id, first)), otp.Sent)
		}
		w.messages(t, 3)
		w.shows(t, p)
		w.confirm(t, "id", w.Inbox.last(t), p, otp.Passed)
	}
	w := newWorld(o.Open(t)) // a challenge without a payment has the text of others
	first := w.init(t, start("id", phone), otp.Sent)
	w.Clock.Advance(cooldown)
	w.resend(t, showing(again("", first)), otp.Sent)
	if got := w.Inbox.Messages()[1].Text; !strings.Contains(got, "is your code") {
		t.Errorf("the message of a challenge without a payment is %q", got)
	}
}

func paymentNotShown(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	first := w.init(t, paying(start("id", phone), bill), otp.Sent)
	w.Clock.Advance(cooldown)
	unfit := again("unfit", first)
	unfit.Wording = func(string, otp.Payment) (otp.Text, string, error) {
		return nil, "", errors.New("it does not fit")
	}
	for _, r := range []otp.Resend{again("none", first), unfit} {
		if got, err := w.Issuer.Resend(ctx, r); err == nil || got.Outcome != "" {
			t.Errorf("%s: %+v %v, want an error and no outcome", r.ID, got, err)
		}
	}
	w.messages(t, 1)
	w.counted(t, 1)
	w.resend(t, showing(again("", first)), otp.Sent) // the lease is given up
}

func sentPayment(t *testing.T, o Opener) {
	for name, other := range changedBills() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(o.Open(t))
			r := paying(scenario(""), bill)
			w.send(t, r, otp.Sent)
			code := w.Inbox.last(t)
			w.confirm(t, r.ID, code, other, otp.Unmatched)
			w.Clock.Advance(cooldown)
			w.send(t, r, otp.Sent) // the live code, again
			w.shows(t, bill)
			w.Clock.Advance(cooldown)
			w.send(t, paying(scenario(""), other), otp.Sent)
			latest := w.Inbox.last(t)
			if text := w.Inbox.Messages()[2].Text; text != billText(other)(string(latest), 0) {
				t.Errorf("the message is %q", text)
			}
			w.confirm(t, r.ID, code, bill, otp.Unmatched)
			if got := w.confirm(t, r.ID, latest, bill, otp.Unmatched); got.Left != 2 {
				t.Errorf("%d attempts left, want the 2 that the first code had left", got.Left)
			}
			w.confirm(t, r.ID, latest, other, otp.Passed)
		})
	}
}

// beforeClaim is a store in which something happens before the next claim.
type beforeClaim struct {
	otp.Challenges
	do func()
}

func (m *beforeClaim) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return m.Challenges.Claim(ctx, c)
}

func replacedMeanwhile(t *testing.T, o Opener) {
	for name, other := range map[string]func(r *otp.Start){
		"amount":     func(r *otp.Start) { *r = paying(*r, otp.Payment{Amount: "9.50", Currency: "EUR", Payee: "A"}) },
		"purpose":    func(r *otp.Start) { r.Payment.Purpose = "refund" },
		"no payment": func(r *otp.Start) { *r = start(r.ID, phone) },
		"digits":     func(r *otp.Start) { r.Digits = 8 },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(o.Open(t))
			r := paying(scenario(""), bill)
			r.Policy.Cooldown, r.Digits = 0, 6
			w.send(t, r, otp.Sent)
			replacing := r
			other(&replacing)
			replacing.Policy = r.Policy
			w.Issuer.Challenges = &beforeClaim{w.Issuer.Challenges, func() { w.send(t, replacing, otp.Sent) }}
			w.send(t, r, otp.InProgress)
			w.messages(t, 2)
			w.counted(t, 2)
			w.send(t, replacing, otp.Sent) // the lease is given up
			w.confirm(t, r.ID, w.Inbox.last(t), replacing.Payment, otp.Passed)
		})
	}
}

func chosenPayment(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := paying(chosen("123456"), bill)
	for range 2 {
		w.send(t, r, otp.Sent)
		w.Clock.Advance(cooldown)
	}
	w.shows(t, bill)
	first := w.Inbox.Messages()[0]
	other := bill
	other.Amount = "99.00"
	w.confirm(t, r.ID, first.Code, other, otp.Unmatched)
	w.send(t, paying(chosen("123456"), other), otp.Sent) // the same code for another payment
	w.confirm(t, r.ID, first.Code, bill, otp.Unmatched)
	w.confirm(t, r.ID, first.Code, other, otp.Passed)
}

func testedPayment(t *testing.T, o Opener) {
	w, _ := testWorld(t, o)
	first := w.init(t, tested(paying(start("id", phone), bill)), otp.Sent)
	w.resend(t, showing(again("", first)), otp.Sent)
	for _, other := range changedBills() {
		r := tested(paying(start("id", phone), other))
		w.init(t, r, otp.Inconsistent)
	}
	w.confirm(t, "id", reviewer, otp.Payment{}, otp.Unmatched)
	w.confirm(t, "id", reviewer, bill, otp.Passed)
}

func rotatedPayment(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Keys = rotated(t, 1)
	first := w.init(t, paying(start("id", phone), bill), otp.Sent)
	w.Issuer.Keys, w.Verifier.Keys = rotated(t, 2, 1), rotated(t, 2, 1)
	w.Clock.Advance(cooldown)
	w.resend(t, showing(again("", first)), otp.Sent)
	w.shows(t, bill)
	w.init(t, paying(start("id", phone), otp.Payment{}), otp.Inconsistent)
	if got := w.confirm(t, "id", w.Inbox.last(t), otp.Payment{}, otp.Unmatched); got.Left != 4 {
		t.Errorf("%d attempts left, want 4", got.Left)
	}
	w.confirm(t, "id", w.Inbox.last(t), bill, otp.Passed)
}
