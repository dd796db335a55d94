package console

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/inquiry"
	"countersign/pkg/keyring"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
)

// TestHappened: the page has the facts with links, chosen by client and kind, newest first. Deployed tables have none.
func TestHappened(t *testing.T) {
	onEachPast(t, func(p *past) {
		if !p.local() {
			page := p.get(t, 200, "/console/happened")
			wants(t, page, "Deployed tables have no list of what happened", "Find a number")
			return
		}
		wants(t, p.get(t, 200, "/console/happened"), "Nothing happened since the server was started. Send a code")
		p.addClient("other")
		id := p.init(otp.Sent, p.start("order", number))
		p.guess("order", "000000")
		p.init(otp.TooSoon, p.start("soon", number))
		other := p.start("order", number)
		other.Client = "other"
		p.init(otp.Sent, other)
		unreadable := changes.NewUnreadable("a-stream", "17", "no state", p.now)
		p.facts = append([]changes.Event{unreadable.Event()}, p.facts...)
		page := p.get(t, 200, "/console/happened")
		wants(t, page, "12:30:01 UTC wrong code A wrong code was typed 4 attempts left +60*****6789 MY acme "+id,
			"refused Refused: the latest message to the number was a moment before, or the client's messages of the "+
				"day were used up",
			"unreadable A record of the stream cannot be read no state",
			"sent The message was sent message "+p.message(1))
		link := `href="/console/happened/` + id + `?client=acme"`
		if !strings.Contains(page, link) || !strings.Contains(page, `data-live="facts"`) {
			t.Errorf("no link to the challenge, or not live: %s", page)
		}
		if strings.Index(page, "A wrong code") > strings.Index(page, p.message(1)) {
			t.Error("the newest fact is not the first one")
		}
		page = p.get(t, 200, "/console/happened?client=other&kind=ChallengeSent")
		wants(t, page, p.message(2))
		lacks(t, page, p.message(1), "A wrong code was", "cannot be read")
		wants(t, p.get(t, 200, "/console/happened?client=nobody"), "Nothing of this kind happened")
	})
}

// TestHappenedPages: a thousand facts are ten pages, and each is quick.
func TestHappenedPages(t *testing.T) {
	s := localSite(t)
	var facts []changes.Event
	for i := range 1000 {
		fact := changes.Fact{ID: fmt.Sprint("f", i), Kind: changes.Sent, Time: testNow}
		fact.MessageID = fmt.Sprintf("m-%d.", i)
		fact.Client, fact.AuthID = "a b", strings.Repeat("1", 35)
		facts = append(facts, fact.Event())
	}
	s.Local.Facts = func() []changes.Event { return facts }
	begin := time.Now()
	for n := 1; n <= 10; n++ {
		page := s.get(t, 200, fmt.Sprint("/console/happened?client=a+b&page=", n))
		wants(t, page, fmt.Sprintf("m-%d.", (n-1)*100), fmt.Sprintf("m-%d.", n*100-1))
		lacks(t, page, fmt.Sprintf("m-%d.", n*100))
		next := fmt.Sprintf(`/console/happened?client=a&#43;b&amp;page=%d"`, n+1)
		if strings.Contains(page, next) != (n < 10) {
			t.Errorf("page %d: the link to older facts is wrong", n)
		}
	}
	if took := time.Since(begin) / 10; took > time.Second {
		t.Errorf("a page takes %s", took)
	}
	for _, n := range []string{"0", "-1", "11", "99999999999999999999", "x"} {
		s.get(t, 200, "/console/happened?page="+n)
	}
}

// TestFind finds a number as a person writes it, for one client or for all, and a challenge by its id.
func TestFind(t *testing.T) {
	onEachPast(t, func(p *past) {
		p.addClient("other")
		first := p.init(otp.Sent, p.start("first", number))
		p.receive(1, otp.ReasonArrived)
		other := p.start("order", number)
		other.Client = "other"
		p.init(otp.Sent, other)
		p.later(48 * time.Hour)
		second := p.init(otp.Sent, p.start("second", number))
		for _, typed := range []string{number, "60-123456789", " +60 12-345 6789 "} {
			page := p.post(200, "number", typed).Body.String()
			wants(t, page, "The number +60*****6789, MY", "waits for its code acme 0 of 5 no receipt "+second,
				"expired acme 0 of 5 delivered "+first, "Limits for client acme", "Limits for client other",
				"in 30s , at 2026-11-29 12:30:31 UTC , to anybody")
			page = p.post(200, "number", typed, "client", "other").Body.String()
			wants(t, page, "client other", "Limits for client other")
			found, _, _ := strings.Cut(page, "Find a number") // the facts behind it are of all clients
			lacks(t, found, second, "Limits for client acme")
		}
		page := p.post(200, "of", second, "client", "acme").Body.String()
		wants(t, page, first, second)
		lacks(t, page, "Limits for client other")
		wants(t, p.post(200, "number", "+60123456780").Body.String(), "Nothing was sent to it")
		wants(t, p.post(200, "number", number, "client", "nobody").Body.String(),
			"Limits for client nobody",
			"There is no such client any more, so it has no limits.")
		to := p.post(303, "authenticationId", first, "client", "acme").Header().Get("Location")
		if to != addressOf("acme", first) {
			t.Errorf("the form leads to %s", to)
		}
		if to := p.post(303, "authenticationId", first).Header().Get("Location"); to != "/console/happened/"+first {
			t.Errorf("the form leads to %s", to)
		}
		wants(t, p.post(404, "of", "20200101"+first[8:]).Body.String(), "is not known any more")
	})
}

// TestFindMany: a flood of refused challenges of a number does not bury those that were sent, and the page stays short.
func TestFindMany(t *testing.T) {
	sent := inquiry.Life{AuthID: "sent", State: inquiry.Live}
	for _, c := range []struct{ before, sent, after, want, wantSent int }{
		{99, 1, 0, 100, 1}, {3000, 1, 0, 100, 1}, {0, 2, 3000, 100, 2}, {50, 150, 50, 100, 100}, {0, 0, 101, 100, 0},
	} {
		f := foundNumber{}
		for range c.before {
			f.Challenges = append(f.Challenges, inquiry.Life{State: inquiry.Unsent})
		}
		f.Challenges = append(f.Challenges, slices.Repeat([]inquiry.Life{sent}, c.sent)...)
		for range c.after {
			f.Challenges = append(f.Challenges, inquiry.Life{State: inquiry.Unsent})
		}
		total := len(f.Challenges)
		f.shorten()
		got := 0
		for _, l := range f.Challenges {
			if l.AuthID == "sent" {
				got++
			}
		}
		if len(f.Challenges) != c.want || got != c.wantSent || (len(f.Notes) == 1) != (total > shownChallenges) {
			t.Errorf("%+v: %d challenges, %d were sent, %q", c, len(f.Challenges), got, f.Notes)
		}
	}
	onEachPast(t, func(p *past) {
		id := p.init(otp.Sent, p.start("order", number))
		for i := range 120 {
			p.init(otp.TooSoon, p.start(fmt.Sprint("flood", i), number))
		}
		page := p.post(200, "number", number).Body.String()
		wants(t, page, id, "It has 121 challenges, and the page shows 100.")
		if n := strings.Count(page, "not sent"); n != 99 {
			t.Errorf("%d refused ones", n)
		}
	})
}

// TestFindRefuses: a form that cannot be read stays as it was, with the reason at the field.
func TestFindRefuses(t *testing.T) {
	onEachPast(t, func(p *past) {
		for _, c := range []struct{ field, typed, want string }{
			{"number", "0123456789", "This number is not possible."},
			{"number", `"><script>1</script>`, "This number is not possible."},
			{"number", "", "Type a number"},
			{"authenticationId", "123", "An authenticationId has 35 digits"},
			{"authenticationId", strings.Repeat("1", 36), "An authenticationId has 35 digits"},
		} {
			page := p.post(422, c.field, c.typed, "client", "acme").Body.String()
			wants(t, page, c.want)
			if !strings.Contains(page, `aria-invalid="true"`) || !strings.Contains(page, `value="acme"`) ||
				c.typed != "" && c.typed[0] != '"' && !strings.Contains(page, `value="`+c.typed+`"`) {
				t.Errorf("%s %q: what was typed is not there", c.field, c.typed)
			}
			if strings.Contains(page, "<script>1") {
				t.Error("what was typed is taken for HTML")
			}
		}
		p.post(422, "number", strings.Repeat("9", 20<<10))
	})
}

// TestFindSaysWhatItCosts: on deployed tables the form warns before it reads a whole table.
func TestFindSaysWhatItCosts(t *testing.T) {
	onEachPast(t, func(p *past) {
		p.Place.Engine = "" // that of AWS, where there is no engine
		page := p.get(t, 200, "/console/happened")
		got := strings.Contains(words(page), "A search by number reads the whole table of challenges")
		if got == p.local() {
			t.Errorf("the warning is there: %t", got)
		}
	})
}

// TestFindTestNumber: a test number has challenges, but no count.
func TestFindTestNumber(t *testing.T) {
	onEachPast(t, func(p *past) {
		n, _ := plan.Lookup("+12025550123")
		if err := p.registry.AddTestNumber(t.Context(), "acme", n, "135790", p.now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		page := p.post(200, "number", "+12025550123").Body.String()
		wants(t, page, "It is a test number of client acme: no message goes to it")
		lacks(t, page, "135790")
	})
}

// TestHappenedWithoutKeys: a challenge is shown to a person who may not read keys, without its limits.
func TestHappenedWithoutKeys(t *testing.T) {
	onEachPast(t, func(p *past) {
		id := p.init(otp.Sent, p.start("order", number))
		p.Ring = func() (*keyring.Ring, error) { return nil, Plain("This needs the keyring.") }
		page := p.page(id)
		wants(t, page, "The limits of the number are not shown. This needs the keyring.", "The message was sent")
		wants(t, p.post(500, "number", number).Body.String(), "This needs the keyring.")
	})
}

// TestHappenedShowsNoSecret walks all pages after each kind of challenge, and finds neither a code, nor a seed, a
// digest or a key, nor a number in clear, in what they show and in the log.
func TestHappenedShowsNoSecret(t *testing.T) {
	onEachPast(t, func(p *past) {
		ids := p.everything()
		var pages []string
		for _, id := range ids {
			authID := p.idOf(id)
			pages = append(pages, p.page(authID))
			pages = append(pages, p.post(200, "of", authID, "client", "acme").Body.String())
		}
		pages = append(pages, p.get(t, 200, "/console/happened"), p.post(200, "number", number).Body.String())
		pages = append(pages, p.log.String())
		secrets := p.secrets(ids)
		if len(secrets) < 40 {
			t.Fatalf("%d secrets are looked for", len(secrets))
		}
		for _, page := range pages {
			lacks(t, page, secrets...)
		}
	})
}

// everything makes a challenge of each kind, and returns their ids.
func (p *past) everything() []string {
	test := p.start("test", "+12025550123")
	test.Test = otp.Test{Code: "86420864", Until: otp.MillisOf(p.now.Add(time.Hour))}
	chosen := p.start("chosen", "+60123456782")
	chosen.Code = "97539753"
	pays := p.start("pays", "+60123456780")
	pays.Payment = otp.Payment{Amount: "4711.50", Currency: "MYR", Payee: "Payee Canary"}
	p.init(otp.Sent, p.start("passed", number))
	p.guess("passed", "99999999", p.code)
	p.init(otp.TooSoon, p.start("soon", number))
	p.init(otp.Sent, pays)
	p.init(otp.Sent, test)
	p.done(otp.Sent)(p.issuer().Send(p.t.Context(), chosen))
	p.delivery = otp.Refused
	p.init(otp.Undeliverable, p.start("refused", "+60123456783"))
	p.delivery = otp.MaybeSent
	p.init(otp.Unclear, p.start("unclear", "+60123456784"))
	p.receive(1, otp.ReasonArrived)
	return []string{"passed", "soon", "pays", "chosen", "refused", "unclear", "test"}
}

// secrets returns what no page may have: codes, numbers, and all bytes and keys of the challenges and their ledgers.
func (p *past) secrets(ids []string) []string {
	all := append([]string{"4711.50", "Payee Canary", "97539753", "86420864", "2025550123"}, p.codes...)
	for _, n := range []string{number, "+60123456780", "+60123456782", "+60123456783", "+60123456784"} {
		all = append(all, n, n[1:], n[3:])
	}
	for _, id := range ids {
		c, err := p.Store.Challenge(p.t.Context(), otp.ChallengeKey("acme", id))
		if err != nil {
			p.t.Fatal(err)
		}
		all = append(all, c.Key, c.Owner)
		if c.LedgerKey != "" {
			all = append(all, c.LedgerKey, strings.TrimPrefix(c.LedgerKey, "N#"))
		}
		v := reflect.ValueOf(*c)
		for i := range v.NumField() {
			b, ok := v.Field(i).Interface().([]byte)
			if name := v.Type().Field(i).Name; !ok || len(b) < 6 || name == "Messages" {
				continue
			}
			all = append(all, hex.EncodeToString(b), base64.StdEncoding.EncodeToString(b),
				base64.RawURLEncoding.EncodeToString(b))
		}
	}
	return all
}

// TestHappenedFaults: a store that cannot be read is a page that names no cause, and a line of the log that has it.
func TestHappenedFaults(t *testing.T) {
	s := localSite(t)
	s.Local.Facts = func() []changes.Event { return nil }
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	page := s.get(t, http.StatusInternalServerError, addressOf("acme", strings.Repeat("1", 35)))
	wants(t, page, "The store cannot be read")
	if !strings.Contains(s.log.String(), "cause=") {
		t.Errorf("the log is %q", s.log)
	}
}
