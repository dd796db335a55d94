package console

import (
	"net/http"
	"strings"
	"time"

	"countersign/pkg/inquiry"
	"countersign/pkg/outbox"
)

// shownMessages is how many messages a page of the phone has.
const shownMessages = 50

// phonePage is the content of the phone's page.
type phonePage struct {
	Messages  []phoneMessage // newest first
	To        string         // the number whose messages these are, as it was typed; "" for all
	Problem   string         // why it is refused
	Challenge string         // the challenge whose messages these are; "" for all
	Before    bool           // newer messages are left out
	Stale     bool           // the place in the address is gone: these are the newest messages
	Newest    string         // address of the newest messages
	Older     string         // address of older ones, "" if there are none
	Try       tryPage
}

// Filtered reports whether the page leaves out messages of other numbers or challenges.
func (p phonePage) Filtered() bool { return p.To != "" || p.Challenge != "" }

// phone shows the messages as a phone does, newest first, and beside it the form that calls the contracts.
func (c *Console) phone(w http.ResponseWriter, r *http.Request) {
	if !maybeAuthID(r.URL.Query().Get("challenge")) {
		c.fail(w, r, http.StatusNotFound, noSuchChallenge)
		return
	}
	c.showPhone(w, r, http.StatusOK, c.newTry(r.Context()))
}

// maybeAuthID reports whether a text may be (the beginning of) an authenticationId. Another one is not shown: a link of
// a stranger could have any sentence there.
func maybeAuthID(text string) bool { return len(text) <= 35 && strings.Trim(text, "0123456789") == "" }

// showPhone answers with the phone beside a form.
func (c *Console) showPhone(w http.ResponseWriter, r *http.Request, status int, form tryPage) {
	p := phonePage{To: Recipient(r), Challenge: r.URL.Query().Get("challenge"), Try: form}
	query := outbox.Query{AuthID: p.Challenge, Before: r.URL.Query().Get("before"), Limit: shownMessages}
	if p.To != "" {
		number, err := inquiry.Typed(strings.TrimSpace(p.To))
		if err != nil {
			status, p.Problem = http.StatusUnprocessableEntity, impossibleNumber
		} else {
			query.To = number.E164.E164() // messages to every spelling of the line
		}
	}
	if p.Problem == "" {
		found, err := c.Local.Outbox.Page(query)
		if err != nil {
			c.fault(w, r, err)
			return
		}
		p.fill(query, found, c.Now(), c.Local.TTL)
	}
	c.show(w, r, status, "phone.html", "/", "Phone", p)
}

// fill adds what was found in the outbox.
func (p *phonePage) fill(q outbox.Query, found outbox.Page, now time.Time, ttl time.Duration) {
	for _, e := range found.Entries {
		p.Messages = append(p.Messages, onScreen(e, now, ttl))
	}
	p.Stale, p.Before = found.Stale, q.Before != "" && !found.Stale
	p.Newest = phoneAddress(q.To, q.AuthID, "")
	if found.Older != "" {
		p.Older = phoneAddress(q.To, q.AuthID, found.Older)
	}
}

// phoneAddress is the address of a page of messages.
func phoneAddress(to, challenge, before string) string {
	return pageAddress("/", map[string]string{"to": to, "challenge": challenge, "before": before})
}

// Recipient returns the number whose messages a request asks for, as its query has it, or "". A plus sign that the
// caller did not escape came as a space.
func Recipient(r *http.Request) string {
	to := r.URL.Query().Get("to")
	if national, ok := strings.CutPrefix(to, " "); ok {
		return "+" + national
	}
	return to
}

// empty empties the outbox, and goes back to the phone.
func (c *Console) empty(w http.ResponseWriter, r *http.Request) {
	if err := c.Local.Outbox.Empty(); err != nil {
		c.fault(w, r, err)
		return
	}
	c.Changed(Messages)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
