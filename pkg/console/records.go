package console

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
	"countersign/pkg/guard/report"
)

// allRecords returns the records of all clients, with that of the demo client, and the ids of those whose record cannot
// be read. The log has the reasons.
func (c *Console) allRecords(ctx context.Context) (all []clients.Record, unreadable []string, err error) {
	all, broken, err := registry.Registry{Table: c.Store.Documents()}.Readable(ctx)
	if err != nil {
		return nil, nil, err
	}
	demo := c.Demo.ID != ""
	for _, u := range broken {
		c.Log.Warn("console", "record", u.Key, "cause", u.Err.Error())
		id := idOf(u.Key)
		unreadable = append(unreadable, id)
		demo = demo && id != c.Demo.ID
	}
	if demo {
		all = report.WithDemo(all, c.Demo)
	}
	return all, unreadable, nil
}

// recordOf returns the record of a client. The error wraps [documents.ErrNotFound] or a [registry.Unreadable], or is
// one of the store.
func (c *Console) recordOf(ctx context.Context, id string) (clients.Record, error) {
	if !clients.ValidID(id) {
		return clients.Record{}, documents.ErrNotFound
	}
	key := clients.DocumentKey(id)
	text, revision, err := c.Store.Documents().Get(ctx, key)
	switch {
	case err != nil:
		return clients.Record{}, err
	case revision == 0 && id == c.Demo.ID: // an id of "" was refused
		return c.Demo, nil
	case revision == 0:
		return clients.Record{}, documents.ErrNotFound
	}
	r, err := clients.ParseRecord(text)
	if err != nil {
		c.Log.Warn("console", "record", key, "cause", err.Error())
		return r, registry.Unreadable{Key: key, Err: err}
	}
	return r, nil
}

// idOf returns the id of the client with a key of [clients.DocumentKey].
func idOf(key string) string {
	escaped := strings.TrimPrefix(key, clients.DocumentPrefix)
	if id, err := url.QueryUnescape(escaped); err == nil {
		return id
	}
	return escaped
}

// clientLink is the address of the page about a client.
func clientLink(id string) string {
	return pageAddress("/console/clients", map[string]string{"client": id})
}

// pager is a page of a list.
type pager struct {
	Page, Pages     int // the first is 1
	From, To, Total int // the elements are From to To-1
}

// newPager returns the page that a query asks for. A page that does not exist is the nearest one.
func newPager(q url.Values, total, size int) pager {
	p := pager{Total: total, Pages: max(1, (total+size-1)/size)}
	n, _ := strconv.Atoi(q.Get("page"))
	p.Page = min(max(1, n), p.Pages)
	p.From = (p.Page - 1) * size
	p.To = min(p.From+size, total)
	return p
}

// here is the page as an address has it, "" for the first.
func (p pager) here() string {
	if p.Page < 2 {
		return ""
	}
	return strconv.Itoa(p.Page)
}

// First is the number of the first element for people, who count from 1.
func (p pager) First() int { return min(p.From+1, p.Total) }

// sentence returns a text with a capital letter and a full stop.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return strings.TrimSuffix(string(unicode.ToUpper(first))+text[size:], ".") + "."
}
