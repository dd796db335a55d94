package console

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
	"countersign/pkg/sqlitestore"
)

// past is a site whose challenges the domain makes, with a clock and a sender of its own. The site on SQLite has the
// facts that follow.
type past struct {
	*site
	t        *testing.T
	now      time.Time
	delivery otp.Delivery // what the sender answers
	sends    int
	code     otp.Code // of the latest message
	codes    []string // all of them
	facts    []changes.Event
}

// onEachPast runs a test on a site with the client acme, on each kind of store.
func onEachPast(t *testing.T, test func(p *past)) {
	onEachSite(t, func(t *testing.T, s *site) {
		p := &past{site: s, t: t, now: testNow, delivery: otp.Accepted}
		s.Now = func() time.Time { return p.now }
		if s.Local != nil {
			s.Local.Facts = func() []changes.Event { return slices.Clone(p.facts) }
		}
		p.registry.Now = s.Now
		p.addClient("acme")
		test(p)
	})
}

func (p *past) addClient(id string) {
	p.t.Helper()
	if err := p.registry.Add(p.t.Context(), clients.Record{ID: id, Countries: []string{"*"}}, nil); err != nil {
		p.t.Fatal(err)
	}
}

// Send implements [otp.Sender].
func (p *past) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	p.code = m.Code
	p.codes = append(p.codes, string(m.Code))
	if p.delivery != otp.Accepted {
		return p.delivery, "", errors.New("no")
	}
	p.sends++
	return otp.Accepted, p.message(p.sends), nil
}

// message is the id of the n-th message.
func (p *past) message(n int) string { return fmt.Sprintf("3f6a1e0c-52d4-4b8e-9c1f-%012d", n) }

func (p *past) issuer() otp.Issuer {
	return otp.Issuer{
		Challenges: p.Store, Ledgers: p.Store, Sender: p, Keys: p.ring, Now: p.Now, Rand: rand.Reader,
	}
}

// number is that of the messages.
const number = "+60123456789"

// start asks for a code of acme.
func (p *past) start(id, to string) otp.Start {
	p.t.Helper()
	n, ok := plan.Lookup(to)
	if !ok {
		p.t.Fatalf("%s is no number", to)
	}
	return otp.Start{
		Client: "acme", ID: id, Fingerprinted: []string{to}, To: n.E164, Mask: n.Mask, Region: n.Region,
		Policy: otp.DefaultPolicy(), Text: func(code string, _ time.Duration) string { return code },
	}
}

// init makes a challenge, whose outcome must be the wanted one, and returns its authenticationId.
func (p *past) init(want otp.Outcome, r otp.Start) string {
	p.t.Helper()
	return p.done(want)(p.issuer().Init(p.t.Context(), r))
}

// done returns a function that takes the answer of the domain. A refused challenge has an id too.
func (p *past) done(want otp.Outcome) func(otp.Started, error) string {
	return func(got otp.Started, err error) string {
		p.t.Helper()
		if err != nil || got.Outcome != want {
			p.t.Fatal(got.Outcome, err)
		}
		p.follow()
		return got.AuthID
	}
}

// idOf returns the authenticationId of a challenge that the domain did not return.
func (p *past) idOf(id string) string {
	p.t.Helper()
	c, err := p.Store.Challenge(p.t.Context(), otp.ChallengeKey("acme", id))
	if err != nil || c == nil {
		p.t.Fatal(c, err)
	}
	return c.AuthID
}

// guess types codes.
func (p *past) guess(id string, codes ...otp.Code) {
	p.t.Helper()
	for _, code := range codes {
		p.later(time.Second)
		v := otp.Verifier{Challenges: p.Store, Keys: p.ring, Now: p.Now, Rand: rand.Reader}
		if _, err := v.Verify(p.t.Context(), otp.Check{Client: "acme", ID: id, Code: code}); err != nil {
			p.t.Fatal(err)
		}
		p.follow()
	}
}

// receive is a report about the n-th message.
func (p *past) receive(n int, reason otp.Reason) {
	p.t.Helper()
	p.later(time.Second)
	_, err := p.Store.Receive(p.t.Context(), otp.Receipt{
		MessageID: p.message(n), Reason: reason, Network: "502-12", At: otp.MillisOf(p.now), Parts: 1, Price: 34_200,
		TTL: p.now.Add(otp.ReceiptMemory).Unix(), Reported: otp.Reported{Region: "MY"},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.follow()
}

// later moves the clock.
func (p *past) later(d time.Duration) { p.now = p.now.Add(d) }

// follow adds the facts that follow from what happened, as the local server does.
func (p *past) follow() {
	p.t.Helper()
	db, ok := p.Store.(*sqlitestore.Store)
	if !ok {
		return
	}
	piece, err := db.Feed().Next(p.t.Context(), 100, p.now)
	if err == nil {
		err = db.Feed().Finish(p.t.Context(), piece)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range piece.List {
		for _, f := range changes.Facts(c) {
			p.facts = append([]changes.Event{f.Event()}, p.facts...)
		}
	}
}

// local reports whether the site has facts.
func (p *past) local() bool { return p.Local != nil }

// page returns the page of a challenge of acme.
func (p *past) page(authID string) string {
	p.t.Helper()
	return p.get(p.t, http.StatusOK, addressOf("acme", authID))
}

// post sends a form, and returns the answer.
func (p *past) post(status int, fields ...string) *httptest.ResponseRecorder {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, "/console/happened", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Host, r.RemoteAddr = "127.0.0.1", "127.0.0.1:1"
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Code != status {
		p.t.Fatalf("%v: %d, want %d: %s%s", fields, w.Code, status, p.log, w.Body)
	}
	if status != http.StatusSeeOther {
		checkPage(p.t, "the answer", w.Body.String())
	}
	return w
}
