package console

import (
	"context"
	"net/http"
	"slices"

	"countersign/pkg/clients"
	"countersign/pkg/inquiry"
	"countersign/pkg/otp"
)

// challengePage is the content of a challenge's page.
type challengePage struct {
	inquiry.Story
	Local  bool
	Limits *limitsPart
	// NoKeys is why the page lacks what the keyring is needed for, "" if it lacks nothing.
	NoKeys string
}

// challenge shows the life of a challenge.
func (c *Console) challenge(w http.ResponseWriter, r *http.Request) {
	id, client := r.PathValue("id"), r.URL.Query().Get("client")
	if !otp.IsAuthID(id) {
		c.fail(w, r, http.StatusNotFound, noSuchChallenge)
		return
	}
	ctx := r.Context()
	p := challengePage{Local: c.Local != nil}
	var keys *otp.Keys
	ring, err := c.Ring()
	if err != nil {
		c.Log.Warn("console", "path", r.URL.Path, "cause", err.Error())
		p.NoKeys = remedy(err)
	} else {
		keys = ring.Keys(ctx)
	}
	s, err := c.story(ctx, id, client, keys)
	switch {
	case err != nil:
		c.fault(w, r, err)
		return
	case s == nil:
		c.fail(w, r, http.StatusNotFound, missing(client))
		return
	}
	p.Story = *s
	if p.Number.E164 != "" && !p.Test {
		limits, err := c.limits(ctx, ring, s.Client, s.Number)
		if err != nil {
			c.fault(w, r, err)
			return
		}
		p.Limits = &limits
	}
	c.show(w, r, http.StatusOK, "challenge.html", "/console/happened", "A challenge", p)
}

const noSuchChallenge = "There is no such challenge: an authenticationId has 35 digits."

// missing returns why there is no challenge.
func missing(client string) string {
	who := "No client has this challenge."
	if clients.ValidID(client) { // else the text may be anything that a link of a stranger has
		who = "The client " + shownID(client) + " does not have this challenge: it may be of another client."
	}
	return who + " A challenge is deleted a day after its code is over, and the next one of its id replaces it. The " +
		"page What happened finds a number: it shows when its messages were counted."
}

// story returns the life of a challenge, nil if nobody knows it. Without a client, all are looked at.
func (c *Console) story(ctx context.Context, authID, client string, keys *otp.Keys) (*inquiry.Story, error) {
	ids := []string{client}
	if client == "" {
		var err error
		if ids, _, err = c.meant(ctx, client); err != nil {
			return nil, err
		}
	}
	in := inquiry.Findings{Store: c.Store, Now: c.Now()}
	return in.Story(ctx, keys, ids, authID, c.facts())
}

// StateWords is the state of the challenge in words.
func (p challengePage) StateWords() string {
	if p.Gone {
		return "deleted"
	}
	return stateWords(p.State)
}

// stateWords returns the state of a challenge in words.
func stateWords(state string) string {
	words := map[string]string{
		inquiry.Pending: "not sent yet", inquiry.Unsent: "not sent", inquiry.Live: "waits for its code",
		inquiry.Asks:     "asks for a password",
		string(otp.Used): "passed", string(otp.Locked): "locked", string(otp.Expired): "expired",
	}[state]
	if words == "" {
		return state
	}
	return words
}

// StateTone is that of the mark with the state.
func (p challengePage) StateTone() inquiry.Tone { return stateTone(p.State) }

func stateTone(state string) inquiry.Tone {
	switch state {
	case string(otp.Used):
		return inquiry.Good
	case inquiry.Unsent, string(otp.Locked):
		return inquiry.Bad
	case string(otp.Expired), inquiry.Pending:
		return inquiry.Warn
	}
	return inquiry.Plain
}

// News is what happened last, for a screen reader: the page says it when a moment is added.
func (p challengePage) News() string {
	for _, m := range slices.Backward(p.Moments) {
		if !m.Future {
			return m.Text
		}
	}
	return ""
}

// Lived reports whether the challenge has or had a code, or asked for a password, and is still known.
func (p challengePage) Lived() bool {
	return !p.Gone && p.State != inquiry.Unsent && p.State != inquiry.Pending
}

// Waits reports whether the right code, or the right password, would pass.
func (p challengePage) Waits() bool {
	return p.State == inquiry.Live || p.State == inquiry.Asks
}

// OnPhone reports whether the phone may have messages of the challenge.
func (p challengePage) OnPhone() bool {
	return p.Local && !p.Password && !p.Test && (p.Gone || p.Lived())
}

// Left is how many attempts are left.
func (p challengePage) Left() int { return max(0, p.Allowed-p.Attempts) }
