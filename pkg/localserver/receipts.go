package localserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/outbox"
	"countersign/pkg/phone/plan"
)

// fate is what becomes of all messages, as countersign serve --receipts names it.
type fate struct {
	name   string
	reason otp.Reason // "" reports nothing
	late   bool       // the report comes when the code is over
}

// fates has the default first.
var fates = []fate{
	{"delivered", otp.ReasonArrived, false},
	{"undelivered", otp.ReasonPhoneUnreachable, false},
	{"invalid", otp.ReasonInvalidNumber, false},
	{"opted-out", otp.ReasonOptedOut, false},
	{"blocked", otp.ReasonCarrierBlocked, false},
	{"expired", otp.ReasonExpired, true},
	{"late", otp.ReasonArrived, true},
	{"none", "", false},
}

// fateOf returns the fate of a name.
func fateOf(name string) (fate, error) {
	var names []string
	for _, f := range fates {
		if f.name == cmp.Or(name, fates[0].name) {
			return f, nil
		}
		names = append(names, f.name)
	}
	return fate{}, fmt.Errorf("--receipts %s: must be one of %s", name, strings.Join(names, ", "))
}

// moment is the time from a message, or from the end of its code, to its receipt.
const moment = time.Second

// silence is the age from which nothing is reported about a message: no provider does after so long.
const silence = 72 * time.Hour

// testNetwork is the network in receipts. Its codes are those of test networks (ITU-T E.212).
const testNetwork = "001-01"

// reporter stands for the phone network: it reports about the messages in the outbox, as a provider does about those of
// a deployment.
type reporter struct {
	fate
	outbox   *outbox.Outbox
	receipts otp.Receipts
	now      func() time.Time
	show     func(outbox.Entry) // gets each message with its receipt, and must not block
}

// run reports until ctx ends. What is left then is reported after the next start.
func (r *reporter) run(ctx context.Context, log *slog.Logger) {
	again(ctx, log, "receipts", func() (more bool, err error) { return r.turn(ctx) })
}

// turn reports about the oldest messages, as far as they are due.
func (r *reporter) turn(ctx context.Context) (more bool, err error) {
	waiting, err := r.outbox.Waiting(piece)
	if err != nil {
		return false, err
	}
	due := r.due(waiting)
	receipts, err := r.receive(ctx, due)
	if err != nil || len(due) == 0 {
		return false, err // none of them is written, and all are received again
	}
	if err := r.outbox.Reported(receipts); err != nil {
		return false, err
	}
	for i, e := range due {
		if e.Receipt = receipts[i]; e.Receipt != nil {
			r.show(e)
		}
	}
	return len(due) == piece, nil
}

// due returns the first messages whose receipt is due. They are in the order in which they were sent; if the code of one
// ends later than that of the next, the next one waits for it.
func (r *reporter) due(waiting []outbox.Entry) []outbox.Entry {
	now := r.now()
	for i, e := range waiting {
		if r.at(e).After(now) {
			return waiting[:i]
		}
	}
	return waiting
}

// at returns when the receipt of a message is due.
func (r *reporter) at(e outbox.Entry) time.Time {
	if r.late {
		return e.ExpiresAt.Add(moment)
	}
	return e.SentAt.Add(moment)
}

// together is how many receipts are received at once: the store writes those of SQLite in one transaction.
const together = 16

// receive hands the receipts of messages to the store, as function receipts does. A message that gets none has nil.
func (r *reporter) receive(ctx context.Context, due []outbox.Entry) ([]*outbox.Receipt, error) {
	receipts, faults := make([]*outbox.Receipt, len(due)), make([]error, len(due))
	var all sync.WaitGroup
	slots := make(chan struct{}, together)
	for i, e := range due {
		if !otp.IsMessageID(e.ID) || e.SentAt.Add(silence).Before(r.now()) {
			continue // of an earlier version, or too old
		}
		receipt := r.receipt(e)
		receipts[i] = &outbox.Receipt{State: receipt.State(), Reason: receipt.Reason.Words(), At: receipt.At.Time()}
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			_, faults[i] = r.receipts.Receive(ctx, receipt)
		})
	}
	all.Wait()
	return receipts, errors.Join(faults...)
}

// receipt makes the receipt of a message.
func (r *reporter) receipt(e outbox.Entry) otp.Receipt {
	at := otp.MillisOf(r.at(e))
	receipt := otp.Receipt{
		MessageID: e.ID, Reported: otp.Reported{Client: e.Client, AuthID: e.AuthID},
		Reason: r.reason, Network: testNetwork, At: at, TTL: at.Add(otp.ReceiptMemory).Seconds(),
	}
	if n, ok := plan.Lookup(e.To); ok {
		receipt.Region, receipt.Mask = n.Region, n.Mask
	}
	return receipt
}
