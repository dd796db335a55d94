package console

import (
	"net/http"

	"countersign/pkg/outbox"
)

// shownMessages is how many messages a page of the phone has.
const shownMessages = 50

// phonePage is the content of the phone's page.
type phonePage struct {
	Messages []outbox.Entry
	Try      tryPage
}

// phone shows the messages as a phone does, newest first, and beside it the form that calls the contracts.
func (c *Console) phone(w http.ResponseWriter, r *http.Request) {
	c.showPhone(w, r, http.StatusOK, c.newTry(r.Context()))
}

// showPhone answers with the phone beside a form.
func (c *Console) showPhone(w http.ResponseWriter, r *http.Request, status int, form tryPage) {
	all, err := c.Local.Outbox.List("")
	if err != nil {
		c.fault(w, r, err)
		return
	}
	c.show(w, r, status, "phone.html", "/", "Phone", phonePage{all[:min(len(all), shownMessages)], form})
}
