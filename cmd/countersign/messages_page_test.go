package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"countersign/pkg/filetest"
	"countersign/pkg/inquiry"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// history is a service with a clock of its own, whose messages have known ids.
type history struct {
	t     *testing.T
	now   time.Time
	store *sqlitestore.Store
	sends int
	code  otp.Code // of the latest message
	fails bool     // the sender refuses
}

func newHistory(t *testing.T) *history {
	t.Helper()
	return &history{t: t, store: sqlitetest.New(t), now: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)}
}

// Send implements [otp.Sender].
func (h *history) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	h.code = m.Code
	if h.fails {
		return otp.Refused, "", fmt.Errorf("refused")
	}
	h.sends++
	return otp.Accepted, h.message(h.sends), nil
}

// message is the id of the n-th message.
func (h *history) message(n int) string { return fmt.Sprintf("3f6a1e0c-52d4-4b8e-9c1f-%012d", n) }

func (h *history) issuer() otp.Issuer {
	random := rand.NewChaCha8([32]byte{byte(h.sends)})
	clock := func() time.Time { return h.now }
	return otp.Issuer{
		Challenges: h.store, Ledgers: h.store, Sender: h, Keys: storetest.Keys(), Now: clock, Rand: random,
	}
}

func text(code string, _ time.Duration) string { return code }

// send sends a code to a number, and returns the authenticationId.
func (h *history) send(to string) string {
	h.t.Helper()
	n := h.number(to)
	got, err := h.issuer().Init(h.t.Context(), otp.Start{
		Client: "acme", ID: fmt.Sprint("order-", to), To: n.E164, Mask: n.Mask, Region: n.Region,
		Policy: otp.DefaultPolicy(), Text: text,
	})
	if err != nil || got.Outcome != otp.Sent && !h.fails {
		h.t.Fatal(got.Outcome, err)
	}
	return got.AuthID
}

func (h *history) number(to string) phone.Number {
	h.t.Helper()
	n, ok := plan.Lookup(to)
	if !ok {
		h.t.Fatalf("%s is no number", to)
	}
	return n
}

// later moves the clock.
func (h *history) later(d time.Duration) { h.now = h.now.Add(d) }

// resend sends the code of a challenge again.
func (h *history) resend(authID string) {
	h.t.Helper()
	got, err := h.issuer().Resend(h.t.Context(), otp.Resend{
		Client: "acme", AuthID: authID, Policy: otp.DefaultPolicy(), Text: text,
	})
	if err != nil || got.Outcome != otp.Sent {
		h.t.Fatal(got.Outcome, err)
	}
}

// guess types a code.
func (h *history) guess(to string, code otp.Code) {
	h.t.Helper()
	v := otp.Verifier{
		Challenges: h.store, Keys: storetest.Keys(), Now: func() time.Time { return h.now },
		Rand: rand.NewChaCha8([32]byte{9}),
	}
	if _, err := v.Verify(h.t.Context(), otp.Check{Client: "acme", ID: "order-" + to, Code: code}); err != nil {
		h.t.Fatal(err)
	}
}

// receive is a report about the latest message.
func (h *history) receive(to string, reason otp.Reason, network string, micros int64) {
	h.t.Helper()
	r := otp.Receipt{
		MessageID: h.message(h.sends), Reason: reason, Network: network, At: otp.MillisOf(h.now), Price: micros,
		Reported: otp.Reported{Region: h.number(to).Region},
	}
	if micros > 0 {
		r.Parts = 1
	}
	if _, err := h.store.Receive(h.t.Context(), r); err != nil {
		h.t.Fatal(err)
	}
}

// found returns what the command finds for a number.
func (h *history) found(to string) lives {
	h.t.Helper()
	f := inquiry.Findings{Store: h.store, Now: h.now}
	if err := f.Number(h.t.Context(), storetest.Keys(), []string{"acme"}, h.number(to).E164); err != nil {
		h.t.Fatal(err)
	}
	l := livesOf(f.Lives)
	l.noteNothing("acme", h.number(to), true)
	return l
}

// stories are the captures of docs/messages.md, by the last digit of the number.
var stories = map[string]func(h *history, to string){
	"1": func(h *history, to string) {
		h.send(to)
		h.later(3 * time.Second)
		h.receive(to, otp.ReasonArrived, "502-12", 34_200)
		h.guess(to, h.code)
	},
	"2": func(h *history, to string) {
		id := h.send(to)
		h.later(8 * time.Second)
		h.receive(to, otp.ReasonPhoneUnreachable, "502-19", 0)
		h.later(40 * time.Second)
		h.resend(id)
		h.later(time.Second)
	},
	"3": func(h *history, to string) {
		h.send(to)
		h.later(2 * time.Second)
		h.receive(to, otp.ReasonCarrierBlocked, "502-16", 0)
	},
	"4": func(h *history, to string) {
		h.send(to)
		h.later(5*time.Minute + time.Second)
		h.receive(to, otp.ReasonExpired, "", 0)
	},
	"5": func(h *history, to string) {
		h.send(to)
		h.later(time.Second)
		h.receive(to, otp.ReasonOptedOut, "", 0)
	},
	"6": func(h *history, to string) {
		h.send(to)
		h.later(time.Minute)
		h.fails = true
		h.send("+60123456780")
		h.later(48 * time.Hour)
		if _, err := h.store.Sweep(h.t.Context(), otp.MillisOf(h.now)); err != nil {
			h.t.Fatal(err)
		}
	},
	"7": func(*history, string) {},
}

var update = flag.Bool("update", false, "write the captures of docs/messages.md and docs/india.md")

// TestMessagesPage: docs/messages.md has what the command prints, to the letter.
func TestMessagesPage(t *testing.T) {
	const page = "../../docs/messages.md"
	blocks := strings.Split(string(filetest.Read(t, page)), "```")
	shown := 0
	for i := 1; i+2 < len(blocks); i += 2 {
		rest, ok := strings.CutPrefix(blocks[i], "\ncountersign messages --number ")
		if !ok {
			continue
		}
		to, _, _ := strings.Cut(rest, " ")
		t.Run(to, func(t *testing.T) {
			h := newHistory(t)
			stories[to[len(to)-1:]](h, to)
			f := h.found(to)
			got := "\n" + f.text()
			if got != blocks[i+2] && !*update {
				t.Errorf("the page has\n%s\nthe command prints\n%s", blocks[i+2], got)
			}
			blocks[i+2] = got
			silent(t, "the command", []byte(got), []string{string(cmp.Or(h.code, "no code")), to[1:], to[3:]})
		})
		shown++
	}
	if shown != len(stories) {
		t.Errorf("the page shows %d numbers, want %d", shown, len(stories))
	}
	if *update {
		filetest.Write(t, page, []byte(strings.Join(blocks, "```")), 0o600)
	}
}
