package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
	"countersign/pkg/inquiry"
	"countersign/pkg/keyring"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// findForm is the form that finds a number or a challenge, with what was typed, and its answer.
type findForm struct {
	Number, AuthID, Client   string // as typed, if it is refused
	NumberError, AuthIDError string
	Deployed                 bool // the answer costs a read of a whole table of AWS
	Found                    *foundNumber
}

// foundNumber is what is known of a number.
type foundNumber struct {
	Number, Country string // masked
	Client          string // that was asked for, "" for all
	inquiry.Lives
	Limits []limitsPart
	Notes  []string
}

// limitsPart are the limits of a number, or the reason why they are not known.
type limitsPart struct {
	inquiry.Limits
	Unknown string
	Apart   bool // the process that sends may have other limits than this one
}

// impossibleNumber is why a number is refused that nobody can have.
const impossibleNumber = "This number is not possible. Type a calling code and a number, such as +606543216353, " +
	"+60 6543-216353 or 60-6543216353."

// maxTyped is more than any field has.
const maxTyped = 256

// find answers the form. It is sent in a body, so that no address has a number.
func (c *Console) find(w http.ResponseWriter, r *http.Request) {
	field := func(name string) string {
		text := strings.TrimSpace(r.PostFormValue(name))
		return text[:min(len(text), maxTyped)]
	}
	form := findForm{Number: field("number"), AuthID: field("authenticationId"), Client: field("client")}
	switch of := field("of"); {
	case of != "":
		c.findBeside(w, r, of, form.Client)
	case form.AuthID != "" && otp.IsAuthID(form.AuthID):
		http.Redirect(w, r, addressOf(form.Client, form.AuthID), http.StatusSeeOther)
	case form.AuthID != "":
		form.AuthIDError = "An authenticationId has 35 digits: init answers it."
		c.showHappened(w, r, http.StatusUnprocessableEntity, form)
	case form.Number == "":
		form.NumberError = "Type a number, or an authenticationId below."
		c.showHappened(w, r, http.StatusUnprocessableEntity, form)
	default:
		n, err := inquiry.Typed(form.Number)
		if err != nil {
			form.NumberError = impossibleNumber
			c.showHappened(w, r, http.StatusUnprocessableEntity, form)
			return
		}
		c.findNumber(w, r, n, form.Client)
	}
}

// findNumber shows what is known of a number.
func (c *Console) findNumber(w http.ResponseWriter, r *http.Request, n phone.Number, client string) {
	out := http.NewResponseController(w)
	out.SetReadDeadline(time.Time{}) // a million challenges of a deployment take a minute or two
	out.SetWriteDeadline(time.Time{})
	found, err := c.foundNumber(r.Context(), n, client)
	if err != nil {
		c.fault(w, r, err)
		return
	}
	c.showHappened(w, r, http.StatusOK, findForm{Client: client, Found: found})
}

// findBeside shows what is known of the number of a challenge, which nobody has to type.
func (c *Console) findBeside(w http.ResponseWriter, r *http.Request, authID, client string) {
	ring, err := c.Ring()
	if err != nil {
		c.fault(w, r, err)
		return
	}
	s, err := c.story(r.Context(), authID, client, ring.Keys(r.Context()))
	switch {
	case err != nil:
		c.fault(w, r, err)
	case s == nil || s.Number.E164 == "":
		c.fail(w, r, http.StatusNotFound, "The number of this challenge is not known any more: the challenge is "+
			"deleted, or the key of its number is retired.")
	default:
		c.findNumber(w, r, s.Number, s.Client)
	}
}

// foundNumber reads what is known of a number, for one client or for all. It reads the whole table of challenges.
func (c *Console) foundNumber(ctx context.Context, n phone.Number, client string) (*foundNumber, error) {
	ring, err := c.Ring()
	if err != nil {
		return nil, err
	}
	ids, records, err := c.meant(ctx, client)
	if err != nil {
		return nil, err
	}
	in := inquiry.Findings{Store: c.Store, Now: c.Now()}
	if err := in.Number(ctx, ring.Keys(ctx), ids, n.E164); err != nil {
		return nil, err
	}
	found := &foundNumber{Number: n.Mask, Country: n.Region, Client: client, Lives: in.Lives}
	for _, id := range ids {
		if client == "" && !in.Names(id) {
			continue
		}
		part, err := c.limits(ctx, ring, id, n)
		if err != nil {
			return nil, err
		}
		found.Limits = append(found.Limits, part)
	}
	found.note(ctx, c, ring, records, n)
	found.shorten()
	return found, nil
}

// shownChallenges is how many challenges of a number a page has.
const shownChallenges = 100

// shorten leaves challenges out where there are too many for a page. Anybody who may call can make any number of those
// that are refused, so they give way to the others.
func (f *foundNumber) shorten() {
	total, refused := len(f.Challenges), func(l inquiry.Life) bool { return l.State == inquiry.Unsent }
	if total <= shownChallenges {
		return
	}
	room := shownChallenges // for refused ones
	for _, l := range f.Challenges {
		if !refused(l) {
			room--
		}
	}
	var shown []inquiry.Life
	for _, l := range f.Challenges {
		if refused(l) {
			if room--; room < 0 {
				continue
			}
		}
		if len(shown) < shownChallenges {
			shown = append(shown, l)
		}
	}
	f.Challenges = shown
	f.Notes = append(f.Notes, "It has "+grouped(total)+" challenges, and the page shows "+
		grouped(shownChallenges)+". Refused ones are left out first, then the oldest. countersign messages --number "+
		"prints all.")
}

// limits returns those of a number for a client.
func (c *Console) limits(ctx context.Context, ring *keyring.Ring, id string, n phone.Number) (limitsPart, error) {
	part := limitsPart{Limits: inquiry.Limits{Client: id, Number: n.Mask}, Apart: c.Local == nil}
	client, unknown, err := c.clientOf(ctx, ring, id)
	if client == nil || err != nil {
		part.Unknown = unknown
		return part, err
	}
	part.Limits, err = inquiry.DeskOf(c.Store, client, ring.Keys(ctx), n).Limits(ctx, c.Now())
	return part, err
}

// clientOf returns a client, or why it is not known.
func (c *Console) clientOf(ctx context.Context, ring *keyring.Ring, id string) (*clients.Client, string, error) {
	const unusable = "The record of the client cannot be used: the terminal of this program has the reason."
	var unreadable registry.Unreadable
	r, err := c.recordOf(ctx, id)
	switch {
	case errors.Is(err, documents.ErrNotFound):
		return nil, "There is no such client any more, so it has no limits.", nil
	case errors.As(err, &unreadable):
		return nil, unusable, nil
	case err != nil:
		return nil, "", err
	}
	client, err := r.Client(ctx, c.Config.Defaults(), ring)
	if err != nil {
		c.Log.Warn("console", "client", id, "cause", err.Error())
		return nil, unusable, nil
	}
	return client, "", nil
}

// note adds what a reader may miss.
func (f *foundNumber) note(
	ctx context.Context, c *Console, ring *keyring.Ring, records []clients.Record, n phone.Number,
) {
	for _, id := range inquiry.TestNumberOf(ctx, n, records, c.Config.Defaults(), ring, func(id string, err error) {
		c.Log.Warn("console", "client", id, "cause", err.Error())
	}) {
		f.Notes = append(f.Notes, "It is a test number of client "+shownID(id)+": no message goes to it, and "+
			"none is counted. Find its challenges by their authenticationId.")
	}
	if len(f.Challenges)+len(f.Others) == 0 {
		f.Notes = append(f.Notes, "Nothing was sent to it, or all of it was more than 30 days ago.")
	}
}
