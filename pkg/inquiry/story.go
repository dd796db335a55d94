package inquiry

import (
	"context"
	"slices"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// Story is the life of one challenge, as a time line.
type Story struct {
	Life
	Chosen bool // the client chose the code
	User   bool // it is of a user behind a token
	BySend bool // otp.send or a sign-in of Cognito made it: one challenge for each number and intent
	Pays   bool // its code confirms a payment
	Gone   bool // the table does not have it any more: all that is known are facts
	// Number is that of the challenge. E164 is empty if the challenge has none, or its key is not held.
	Number phone.Number
	// DeletedFrom is when the table may forget the challenge, zero if it is Gone.
	DeletedFrom time.Time
	Line
	// Earlier are the facts of challenges that had the same authenticationId before, the oldest first.
	Earlier []Moment
}

// Story returns the life of the challenge with an authenticationId of one of the clients with these ids, nil if neither
// the table nor the facts know it. facts are the latest ones, in any order; there may be none. Without keys, nil, it
// lacks the number, and how the challenge was made.
func (f *Findings) Story(
	ctx context.Context, keys *otp.Keys, ids []string, authID string, facts []changes.Event,
) (*Story, error) {
	c, err := f.lookUp(ctx, ids, authID)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return goneStory(ids, authID, facts), nil
	}
	ledger, err := f.ledger(ctx, *c)
	if err != nil {
		return nil, err
	}
	found := Findings{Store: f.Store, Now: f.Now}
	sends, err := found.add(ctx, *c, ledger)
	if err != nil {
		return nil, err
	}
	s := &Story{
		Life: found.Challenges[0], Chosen: c.Chosen, DeletedFrom: time.Unix(c.TTL, 0),
		Number: phone.Number{Mask: c.Mask, Region: c.Region},
	}
	s.User = c.User != "" && !s.Password
	if keys != nil && !s.Password {
		s.BySend = keys.OfSend(*c)
		if s.Number.E164, s.Pays, err = keys.Addressed(*c); err != nil {
			s.Number.E164 = "" // the key is retired: the page shows what needs none
		}
	}
	l := line{c: *c, now: f.Now, sends: sends, receipts: s.Messages}
	for _, e := range facts {
		switch fact := e.Detail; {
		case fact.Of(c): // a receipt may have no authenticationId
			l.facts = append(l.facts, fact)
		case fact.AuthID == authID && fact.Client == c.Client:
			l.others = append(l.others, fact)
		}
	}
	s.Line, s.Earlier = l.tell()
	return s, nil
}

// ofPassword reports whether a challenge asks for a password, or was refused when it did. The records of re-sends that
// allow no guess either have no number while they are refused.
func ofPassword(c otp.Challenge) bool {
	return c.Max == 0 && (c.State == otp.Asked || c.State == otp.Failed && c.Mask != "")
}

// goneStory returns what facts know of a challenge that the table does not have, nil if they know nothing.
func goneStory(ids []string, authID string, facts []changes.Event) *Story {
	var s *Story
	for _, e := range facts {
		fact := e.Detail
		if fact.AuthID != authID || !slices.Contains(ids, fact.Client) {
			continue
		}
		if s == nil {
			s = &Story{Gone: true, Number: phone.Number{Mask: fact.Mask, Region: fact.Region}, Life: Life{
				Client: fact.Client, AuthID: authID, Number: fact.Mask, Country: fact.Region, Test: fact.Test,
			}}
		}
		s.Moments = append(s.Moments, momentOf(fact))
	}
	if s != nil {
		order(s.Moments)
	}
	return s
}
