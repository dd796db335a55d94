package otp

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// post is one message on its way: to be counted, and handed over.
type post struct {
	id      string // under which it is counted, see [SendID]
	maybe   bool   // an earlier try may have gone out
	to      Phone
	from    string
	text    Text
	told    time.Duration
	limits  Limits
	ledgers []string // newest first
	now     Millis
}

func (i Issuer) post(keys *Keys, c Challenge, r Start, now Millis) post {
	return post{
		id: SendID(c.Seed), to: r.To, from: r.From, text: r.Text, told: r.StatedValidity,
		limits: r.Policy.Limits(), ledgers: keys.LedgerKeys(r.Client, r.To), now: now,
	}
}

// spend counts a message in the number's ledgers, once however often its
// challenge is taken over. There is more than one while the number key is being
// rotated. The oldest comes first: it has every send that the newer ones have, so
// that these refuse nothing that it allows. What was not answered is counted in it
// alone, as every process knows it, and answers are marked there.
func (i Issuer) spend(ctx context.Context, p post) (time.Duration, Outcome, error) {
	for n := len(p.ledgers) - 1; n >= 0; n-- {
		limits := p.limits
		if n < len(p.ledgers)-1 {
			limits.Unanswered = 0
		}
		wait, refusal, err := i.spendIn(ctx, p, p.ledgers[n], limits)
		if err != nil {
			return 0, "", err
		}
		if refusal != "" {
			return wait, refusal, i.refund(ctx, p, p.ledgers[n+1:])
		}
	}
	return 0, "", nil
}

func (i Issuer) spendIn(ctx context.Context, p post, ledger string, limits Limits) (time.Duration, Outcome, error) {
	s, err := i.Ledgers.Spend(ctx, Spend{
		Key: ledger, ID: p.id, Now: p.now, Limits: limits, TTL: p.now.Add(ledgerMemory).Seconds(),
	})
	switch {
	case err != nil:
		return 0, "", fmt.Errorf("spend: %w", err)
	case s.Applied || s.Item.Counted(p.id):
		return 0, "", nil
	}
	refusal, wait := limits.Refusal(*s.Item, p.now)
	if refusal == "" {
		return 0, "", fmt.Errorf("spend: the ledger refused a send that no limit speaks against")
	}
	return wait, refusal, nil
}

// refund takes a message off again that will never go out. Where an earlier try
// may have gone out, it stays counted.
func (i Issuer) refund(ctx context.Context, p post, ledgers []string) error {
	if p.maybe {
		return nil
	}
	for _, ledger := range ledgers {
		if err := i.Ledgers.Refund(ctx, ledger, p.id); err != nil {
			return fmt.Errorf("refund: %w", err)
		}
	}
	return nil
}

// ledgerMemory is how long a ledger outlives its last send: longer than any
// window and any pause.
const ledgerMemory = 30 * 24 * time.Hour

// errLate: this call was stopped for so long that another may be sending by now.
var errLate = errors.New("the lease of this call is over")

// publish hands the message of a challenge to the sender, unless the lease is
// over. cause is what the sender said of a message that it did not take.
func (i Issuer) publish(ctx context.Context, keys *Keys, c Challenge, p post) (d Delivery, cause, err error) {
	code, err := keys.codeOf(c)
	if err != nil {
		return 0, nil, err
	}
	if MillisOf(i.Now()) >= c.Lease {
		return 0, nil, errLate
	}
	left := c.ExpiresAt.Sub(p.now)
	if p.told > 0 {
		left = min(left, p.told)
	}
	d, cause = i.Sender.Send(ctx, Message{To: p.to, From: p.from, Text: p.text(string(code), left), Code: code})
	return d, cause, nil
}
