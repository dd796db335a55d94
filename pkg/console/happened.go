package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"countersign/pkg/changes"
	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
	"countersign/pkg/inquiry"
)

// shownFacts is how many facts a page has.
const shownFacts = 100

// happenedPage is the content of the page of all facts.
type happenedPage struct {
	Local        bool
	Find         findForm
	Filter       factFilter
	Clients      []string // that the facts name
	Kinds        []changes.Kind
	Facts        []factRow
	Newer, Older string // addresses of the pages beside this one
}

// factFilter chooses facts, by the fields of the address.
type factFilter struct {
	Client string
	Kind   changes.Kind
}

// factRow is a fact as a row of the table.
type factRow struct {
	changes.Fact
	Text string
	More []string
	Tone inquiry.Tone
}

// factState returns the state of a challenge or a message after a fact, in words.
func factState(kind changes.Kind) string { return factStates[kind] }

// factStates has each kind of a fact.
var factStates = map[changes.Kind]string{
	changes.Sent: "sent", changes.Passed: "passed", changes.Failed: "wrong code", changes.Exhausted: "locked",
	changes.Expired: "expired", changes.Refused: "refused", changes.Delivered: "delivered",
	changes.Undelivered: "not delivered", changes.Blocked: "blocked", changes.MessageExpired: "message expired",
	changes.Unreadable: "unreadable",
}

// factKinds are the kinds in the order in which they may happen.
var factKinds = []changes.Kind{
	changes.Sent, changes.Delivered, changes.Undelivered, changes.Blocked, changes.MessageExpired, changes.Passed,
	changes.Failed, changes.Exhausted, changes.Expired, changes.Refused, changes.Unreadable,
}

// facts returns the latest facts, newest first. Deployed tables keep none.
func (c *Console) facts() []changes.Event {
	if c.Local == nil {
		return nil
	}
	return c.Local.Facts()
}

// happened shows the facts, and the form that finds a challenge or a number.
func (c *Console) happened(w http.ResponseWriter, r *http.Request) {
	c.showHappened(w, r, http.StatusOK, findForm{})
}

func (c *Console) showHappened(w http.ResponseWriter, r *http.Request, status int, form findForm) {
	form.Deployed = c.Place.Deployed()
	query := r.URL.Query()
	p := happenedPage{Local: c.Local != nil, Find: form, Kinds: factKinds, Filter: factFilter{
		Client: query.Get("client"), Kind: changes.Kind(query.Get("kind")),
	}}
	p.list(c.facts(), query)
	c.show(w, r, status, "happened.html", "/console/happened", "What happened", p)
}

// list puts those facts on the page that the query chooses.
func (p *happenedPage) list(facts []changes.Event, query url.Values) {
	var chosen []changes.Event
	for _, e := range facts {
		if id := e.Detail.Client; id != "" && !slices.Contains(p.Clients, id) {
			p.Clients = append(p.Clients, id)
		}
		if p.Filter.chooses(e) {
			chosen = append(chosen, e)
		}
	}
	if id := p.Filter.Client; id != "" && !slices.Contains(p.Clients, id) {
		p.Clients = append(p.Clients, id)
	}
	slices.Sort(p.Clients)
	at := newPager(query, len(chosen), shownFacts)
	for _, e := range chosen[at.From:at.To] {
		p.Facts = append(p.Facts, rowOf(e.Detail))
	}
	if at.Page > 1 {
		p.Newer = p.Filter.address(at.Page - 1)
	}
	if at.Page < at.Pages {
		p.Older = p.Filter.address(at.Page + 1)
	}
}

func (f factFilter) chooses(e changes.Event) bool {
	return (f.Client == "" || e.Detail.Client == f.Client) && (f.Kind == "" || e.DetailType == f.Kind)
}

// address returns that of a page of the facts.
func (f factFilter) address(page int) string {
	return pageAddress("/console/happened", map[string]string{
		"client": f.Client, "kind": string(f.Kind), "page": pager{Page: page}.here(),
	})
}

func rowOf(f changes.Fact) factRow {
	r := factRow{Fact: f}
	r.Text, r.More, r.Tone = inquiry.FactWords(f)
	return r
}

// addressOf returns that of a challenge's page. A client of "" is any.
func addressOf(client, authID string) string {
	return pageAddress("/console/happened/"+authID, map[string]string{"client": client})
}

// meant returns the ids of the clients that are meant, and their records: the named one, or all. A client that was
// removed, or whose record cannot be read, has no record, and may have challenges.
func (c *Console) meant(ctx context.Context, client string) (ids []string, records []clients.Record, err error) {
	if client == "" {
		records, ids, err = c.allRecords(ctx)
		for _, r := range records {
			ids = append(ids, r.ID)
		}
		slices.Sort(ids)
		return ids, records, err
	}
	var unreadable registry.Unreadable
	switch r, err := c.recordOf(ctx, client); {
	case err == nil:
		records = append(records, r)
	case !errors.Is(err, documents.ErrNotFound) && !errors.As(err, &unreadable):
		return nil, nil, err
	}
	return []string{client}, records, nil
}
