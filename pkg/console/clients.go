package console

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/profile"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
)

// listedClients is how many clients a page has, and listedCountries how many countries of each.
const listedClients, listedCountries = 50, 8

// clientsPage is the content of the list of clients.
type clientsPage struct {
	Find       string // part of an id
	Rows       []clientRow
	Pager      pager
	All        int // clients that there are
	Unreadable []clientName
	Error      string
}

// clientName is a client that the page links to.
type clientName struct{ Who, Link string }

// clientRow is a client of the list.
type clientRow struct {
	clientName
	Active                        bool
	Status, AMS, Unimatrix, Guard string
	Countries                     string
	Added                         time.Time
	Demo                          bool
	Warnings                      []string // in a word or two
}

// clientPage is the content of the page about a client.
type clientPage struct {
	Who         string
	Demo        bool // it has no record
	Unreadable  bool
	Local       bool
	Active      bool
	Status      string
	Warnings    []string
	Notes       []string
	Facts       []clientFact
	Credentials []credential
	Limits      []clientLimit
	Flags       string
	Happened    string // link to what happened to its challenges
	Guard       string
}

// clientFact is a line about a client, with the command that changes it.
type clientFact struct{ Name, Text, Change string }

// credential is what a client proves itself by.
type credential struct {
	Kind, Name string
	Added      time.Time
	Age        string
	Change     string
}

// clientLimit is a limit in force.
type clientLimit struct {
	profile.Limit
	Change string
}

// clients shows the list of clients, or one of them.
func (c *Console) clients(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if id := q.Get("client"); id != "" {
		c.client(w, r, id)
		return
	}
	c.listClients(w, r, http.StatusOK, q, "")
}

// listClients answers with the list. reason is the reason for which it is not what was asked for.
func (c *Console) listClients(w http.ResponseWriter, r *http.Request, status int, q url.Values, reason string) {
	all, unreadable, err := c.allRecords(r.Context())
	if err != nil {
		c.fault(w, r, err)
		return
	}
	p := clientsPage{Find: strings.TrimSpace(q.Get("find")), All: len(all) + len(unreadable), Error: reason}
	for _, id := range unreadable {
		p.Unreadable = append(p.Unreadable, clientName{shownID(id), clientLink(id)})
	}
	all = slices.DeleteFunc(all, func(r clients.Record) bool {
		return !strings.Contains(strings.ToLower(r.ID), strings.ToLower(p.Find))
	})
	p.Pager = newPager(q, len(all), listedClients)
	for _, r := range all[p.Pager.From:p.Pager.To] {
		p.Rows = append(p.Rows, c.clientRow(r))
	}
	c.show(w, r, status, "clients.html", "/console/clients", "Clients", p)
}

// PageLink is the address of another page.
func (p clientsPage) PageLink(steps int) string {
	p.Pager.Page += steps
	return pageAddress("/console/clients", map[string]string{"find": p.Find, "page": p.Pager.here()})
}

// clientRow returns the row of a client.
func (c *Console) clientRow(r clients.Record) clientRow {
	row := clientRow{
		clientName: clientName{shownID(r.ID), clientLink(r.ID)}, Active: r.Status == clients.StatusActive,
		Status: r.Status, AMS: profile.Signing(r), Unimatrix: profile.Unimatrix(r), Guard: profile.Guard(r),
		Countries: shortList(r.Countries, listedCountries), Added: r.Added, Demo: c.isDemo(r),
	}
	if r.Unsigned {
		row.Warnings = append(row.Warnings, "unsigned")
	}
	if r.ShowsItsKey() {
		row.Warnings = append(row.Warnings, "its id is its access key")
	}
	if !profile.CanCall(r) {
		row.Warnings = append(row.Warnings, "cannot call")
	}
	if r.Check(c.Config.Defaults(), clients.Reading) != nil {
		row.Warnings = append(row.Warnings, "its record is wrong")
	}
	return row
}

// isDemo reports whether a record is that of the demo client, which no store has.
func (c *Console) isDemo(r clients.Record) bool {
	return c.Demo.ID != "" && r.ID == c.Demo.ID && r.Added.IsZero()
}

// client shows a client.
func (c *Console) client(w http.ResponseWriter, r *http.Request, id string) {
	record, err := c.recordOf(r.Context(), id)
	var broken registry.Unreadable
	switch {
	case errors.Is(err, documents.ErrNotFound):
		q := url.Values{"find": {strings.ToValidUTF8(id, "�")}}
		c.listClients(w, r, http.StatusUnprocessableEntity, q, "There is no client of this id.")
		return
	case errors.As(err, &broken):
		p := clientPage{Who: shownID(id), Unreadable: true, Flags: placeFlags(c.Place)}
		c.show(w, r, http.StatusOK, "client.html", "/console/clients", "Client "+p.Who, p)
		return
	case err != nil:
		c.fault(w, r, err)
		return
	}
	p := c.clientPage(record)
	c.show(w, r, http.StatusOK, "client.html", "/console/clients", "Client "+p.Who, p)
}

// clientPage returns the page about a client. It has no secret: see [masked] for numbers.
func (c *Console) clientPage(r clients.Record) clientPage {
	d := c.Config.Defaults()
	warnings := warningsOf(r, d, c.Place.Deployed())
	r = masked(r)
	p := clientPage{
		Who: shownID(r.ID), Demo: c.isDemo(r), Local: c.Local != nil,
		Active: r.Status == clients.StatusActive, Status: r.Status, Flags: placeFlags(c.Place),
		Guard:    (&guardPage{Client: r.ID}).address(""),
		Happened: factFilter{Client: r.ID}.address(1),
	}
	p.Warnings, p.Notes = warnings, profile.Notes(r, d.Brand)
	for _, f := range profile.Of(r, d.Brand, c.Now())[1:] { // the first one is the id
		p.Facts = append(p.Facts, clientFact{f.Name, f.Text, p.change(f.Change, r.ID)})
	}
	if in := r.Within(d.Countries); p.Local && !slices.Equal(in, r.Countries) {
		text := "the setting COUNTRIES allows none of them"
		if len(in) > 0 {
			text = strings.Join(in, ", ")
		}
		p.Facts = append(p.Facts, clientFact{"countries in force", text, ""})
	}
	p.Credentials = p.credentials(r, c.Now())
	for _, l := range profile.InForce(r, d) {
		p.Limits = append(p.Limits, clientLimit{l, p.change("client set ID "+l.Flag+" "+limitValue(l), r.ID)})
	}
	return p
}

// limitValue is the value in force as a command takes it, or an example where there is no limit.
func limitValue(l profile.Limit) string {
	switch {
	case l.Text == profile.Unlimited:
		return "1000"
	case l.Flag == "--brand":
		return inShell(l.Text)
	}
	value, _, _ := strings.Cut(l.Text, ",") // after which comes why it is less than what the record has
	return value
}

// change is the command for a form of [commandFor], "" for none.
func (p *clientPage) change(form, id string) string {
	if form == "" || p.Demo {
		return ""
	}
	return commandFor(form, id)
}

// warningsOf are the sentences on what is wrong with a client.
func warningsOf(r clients.Record, d clients.Defaults, deployed bool) (all []string) {
	if r.Status == clients.StatusDisabled {
		all = append(all, "it is disabled: all its requests are refused")
	}
	if err := r.Check(d, clients.Reading); err != nil {
		all = append(all, "its record is wrong, and its requests fail: "+
			maskedNumbers(strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
	all = append(all, profile.Warnings(r, deployed)...)
	for _, warning := range profile.SenderWarnings(r) {
		all = append(all, maskedNumbers(warning))
	}
	return all
}

// credentials returns what a client proves itself by. Keys are public; of the others it has dates.
func (p *clientPage) credentials(r clients.Record, now time.Time) (all []credential) {
	add := func(kind, name string, added time.Time, change string) {
		all = append(all, credential{kind, name, added, age(now, added), p.change(change, r.ID)})
	}
	for _, k := range r.Keys {
		add("public key "+k.Version, fingerprint(k.PEM), k.Added, "client remove-key ID "+k.Version)
	}
	for _, k := range r.AccessKeys {
		name := k.Digest.Fingerprint()
		if k.IsID {
			name += ", the client's id"
		}
		add("Unimatrix access key", name, k.Added, "client remove-access-key ID "+k.Digest.Fingerprint())
	}
	for i, s := range r.Secrets {
		name, change := "the newest", "client rotate-secret ID"
		if i > 0 {
			name, change = "the one before", "client remove-secret ID"
		}
		add("HMAC secret", name, s.Added, change)
	}
	return all
}

// fingerprint is the SHA-256 of a public key in DER.
func fingerprint(key string) string {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return "cannot be read"
	}
	sum := sha256.Sum256(block.Bytes)
	return "SHA-256 " + hex.EncodeToString(sum[:])
}

// age is the time since an instant, in whole days.
func age(now, then time.Time) string {
	switch days := int(now.Sub(then).Hours() / 24); {
	case days < 1:
		return "today"
	case days == 1:
		return "1 day"
	default:
		return fmt.Sprint(days, " days")
	}
}
