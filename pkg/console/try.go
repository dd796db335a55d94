package console

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"countersign/pkg/clients"
)

// Contracts that the form calls.
const (
	contractAMS       = "ams"
	contractUnimatrix = "unimatrix"
)

// What the buttons of the forms do.
const (
	doSend   = "send"
	doVerify = "verify"
	doResend = "resend"
	doNew    = "new" // a new id; nothing is sent
)

// patience bounds a call. It is longer than any contract needs.
const patience = 20 * time.Second

// try answers a form of Try it with the page of the phone.
func (c *Console) try(w http.ResponseWriter, r *http.Request) {
	in, refused := readTry(w, r)
	ctx := context.WithoutCancel(r.Context()) // a call that is under way ends, whoever waits for it
	page, status := c.tryAgain(ctx, in), http.StatusOK
	var done tried
	var again bool
	var err error
	switch {
	case len(refused) > 0:
		err = refused
	case in["do"] == doNew:
		page.values["request-id"], page.focus = c.newID(), "send-number"
	default:
		done, again, err = c.tryCall(ctx, r, in)
	}
	switch {
	case errors.As(err, &refused):
		page.refuse(in["do"], refused)
		status = http.StatusUnprocessableEntity
	case err != nil:
		c.fault(w, r, err)
		return
	case in["do"] != doNew:
		page.did(in, done, again)
	}
	c.showPhone(w, r, status, page)
}

// tryCall makes the call that a form asks for, once: the same form again has the same answer, and again is true.
func (c *Console) tryCall(ctx context.Context, r *http.Request, in tryInput) (done tried, again bool, err error) {
	to, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return tried{}, false, errors.New("the server's own address is not known: the request did not come over HTTP")
	}
	return c.calls.do(in.identity(), in.stays, func() (tried, error) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		from, err := c.caller(ctx, in["client"])
		if err != nil {
			return tried{}, err
		}
		sent, err := c.request(from, in)
		if err != nil {
			return tried{}, err
		}
		sent.to = to.String()
		done := tried{sent: sent}
		if done.answer, err = sent.exchange(ctx); err != nil {
			c.Log.Error("console", "part", "try", "cause", err.Error())
			done.verdict = noAnswer
			return done, nil
		}
		done.verdict = judge(in, done.answer)
		if done.challenge, err = c.challengeOf(ctx, from.record.ID, in); err != nil {
			c.Log.Error("console", "part", "try", "cause", err.Error()) // the call was made, and must not come again
		}
		return done, nil
	})
}

// newID returns a random id for a request.
func (c *Console) newID() string {
	var b [10]byte
	io.ReadFull(c.Local.Rand, b[:]) // crypto/rand never fails
	return "TRY" + hex.EncodeToString(b[:])
}

// mostListed is how many clients the form lists. Where there are more, the person types the id.
const mostListed = 200

var errEnough = errors.New("enough")

// activeIDs returns the ids of the clients that can call, and many if there are more than the form lists.
func (c *Console) activeIDs(ctx context.Context) (ids []string, many bool) {
	ids = []string{c.Demo.ID}
	err := c.Store.Documents().List(ctx, clients.DocumentPrefix, func(_ string, text []byte, _ int64) error {
		r, err := clients.ParseRecord(text)
		switch {
		case err != nil || r.ID == c.Demo.ID || r.Status == clients.StatusDisabled:
			return nil // a record that cannot be read cannot call either
		case len(ids) == mostListed:
			return errEnough
		}
		ids = append(ids, r.ID)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) && ctx.Err() == nil { // else the reader has left the page
		c.Log.Error("console", "part", "try", "cause", err.Error())
	}
	return ids, errors.Is(err, errEnough)
}
