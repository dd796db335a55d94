package registry_test

import (
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/clients/origins"
)

// A sender that a newer rule refuses stops neither requests nor other edits of the client. It is refused once the
// client's senders are written anew.
func TestOldSenders(t *testing.T) {
	r := clientstest.New(t)
	old := map[string]clients.Sender{"MY": {Identity: "ACME"}}
	r.MustAdd(t, clients.Record{ID: "acme", Senders: old}, "") // before there were rules
	r.Defaults.CheckSender = origins.Check
	edit := func(change func(*clients.Record)) error {
		return r.Edit(t.Context(), "acme", func(c *clients.Record) error { change(c); return nil })
	}
	if err := edit(func(c *clients.Record) { c.Brand = "Acme" }); err != nil {
		t.Errorf("another edit: %v", err)
	}
	if got := r.MustFind(t, "acme").Senders["MY"]; got != old["MY"] {
		t.Errorf("requests find the sender %+v, want %+v", got, old["MY"])
	}
	err := edit(func(c *clients.Record) {
		c.Senders = map[string]clients.Sender{"MY": old["MY"], "DE": {Identity: "ACME"}}
	})
	clientstest.WantError(t, err, "senders[MY]: phones in MY show no sender ids")
	if got := r.MustFind(t, "acme").Senders; len(got) != 1 {
		t.Errorf("a refused edit left %v", got)
	}
	if err := edit(func(c *clients.Record) { c.Senders = nil }); err != nil {
		t.Errorf("without it: %v", err)
	}
}
