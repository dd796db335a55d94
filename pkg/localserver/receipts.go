package localserver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/outbox"
	"countersign/pkg/phone/plan"
	"countersign/pkg/receipts"
)

// fate is what becomes of all messages, as countersign serve --receipts names it.
type fate struct {
	name   string
	event  string     // the type of the event of End User Messaging that reports it; "" for no report
	reason otp.Reason // what the event comes to
	late   bool       // the report comes when the code is over
}

// fates has the default first.
var fates = []fate{
	{"delivered", "TEXT_DELIVERED", otp.ReasonArrived, false},
	{"undelivered", "TEXT_UNREACHABLE", otp.ReasonPhoneUnreachable, false},
	{"invalid", "TEXT_INVALID", otp.ReasonInvalidNumber, false},
	{"opted-out", "TEXT_BLOCKED", otp.ReasonOptedOut, false},
	{"blocked", "TEXT_CARRIER_BLOCKED", otp.ReasonCarrierBlocked, false},
	{"expired", "TEXT_TTL_EXPIRED", otp.ReasonExpired, true},
	{"late", "TEXT_DELIVERED", otp.ReasonArrived, true},
	{"none", "", "", false},
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

// silence is the age from which nothing is reported about a message: no provider reports so late.
const silence = 72 * time.Hour

// The network in reports is one of those for tests (ITU-T E.212).
const testMCC, testMNC = "001", "01"

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
	again(ctx, log, "receipts", asideOfCalls, func() (more bool, err error) { return r.turn(ctx) })
}

// asideOfCalls leaves calls nearly all of the time while there are many messages: a phone network runs on machines of
// its own. Their receipts come later then.
func asideOfCalls(took time.Duration) time.Duration { return 49 * took }

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

// due returns the first messages whose receipt is due. They are in the order in which they were sent; if the code of
// one ends later than that of the next, the next one waits for it.
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

// receive reports about messages as AWS does: by a call of what stores the receipts of a deployment. A message without
// a receipt has nil.
func (r *reporter) receive(ctx context.Context, due []outbox.Entry) ([]*outbox.Receipt, error) {
	list := make([]*outbox.Receipt, len(due))
	var call notifications
	for i, e := range due {
		if !otp.IsMessageID(e.ID) || e.SentAt.Add(silence).Before(r.now()) {
			continue // of an earlier version, or too old
		}
		list[i] = &outbox.Receipt{State: r.reason.State(), Reason: r.reason.Words(), At: r.at(e)}
		if err := call.add(r.report(e)); err != nil {
			return nil, err
		}
	}
	if len(call.Records) == 0 {
		return list, nil
	}
	text, err := json.Marshal(call)
	if err != nil {
		return nil, err
	}
	var unreadable []error
	_, err = receipts.Handler{
		Receipts: r.receipts, Now: r.now, Log: slog.New(slog.DiscardHandler),
		Changed:    func(context.Context, otp.Receipt) {},
		Unreadable: func(_ context.Context, cause error) { unreadable = append(unreadable, cause) },
		Unstored:   func(context.Context, int, int, error) {}, // the error of the call has it
	}.Handle(ctx, text)
	return list, errors.Join(append(unreadable, err)...)
}

// notifications is a call of the topic of events, which function receipts takes as it does messages of its queue.
type notifications struct {
	Records []notification
}

type notification struct {
	EventSource string
	Sns         struct{ Message string }
}

// add adds an event.
func (n *notifications) add(e event) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	one := notification{EventSource: "aws:sns"}
	one.Sns.Message = string(text)
	n.Records = append(n.Records, one)
	return nil
}

// event is an event of End User Messaging, as far as it is read.
type event struct {
	Type    string            `json:"eventType"`
	Time    int64             `json:"eventTimestamp"` // in milliseconds
	Final   bool              `json:"isFinal"`
	To      string            `json:"destinationPhoneNumber"`
	Country string            `json:"isoCountryCode"`
	MCC     string            `json:"mcc"`
	MNC     string            `json:"mnc"`
	ID      string            `json:"messageId"`
	Status  string            `json:"messageStatus"`
	Context map[string]string `json:"context"`
}

// report returns the event about a message.
func (r *reporter) report(e outbox.Entry) event {
	n, _ := plan.Lookup(e.To)
	return event{
		Type: r.event, Time: r.at(e).UnixMilli(), Final: true, To: e.To, Country: n.Region,
		MCC: testMCC, MNC: testMNC, ID: e.ID, Status: strings.ToUpper(string(r.reason)),
		Context: map[string]string{otp.ContextClient: otp.ClientReference(e.Client), otp.ContextAuthID: e.AuthID},
	}
}
