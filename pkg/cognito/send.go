package cognito

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/telemetry"
)

// Pace is the shortest time of a call that sends a message, or seems to. It is longer than nearly every send,
// so the time does not show whether there is a user to send to. A person waits longer for the message.
const Pace = time.Second

// patience is the time that the sender gets. It leaves the table enough time for its slowest call, which
// stores the outcome of the message.
const patience = 2 * time.Second

// send sends the code of a session, or takes as long as if it did. The answer does not depend on the outcome:
// after a limit, a refusal or an unclear answer of the sender, the app may ask for the code again. An error
// means that the tables could not be written.
func (t *Triggers) send(
	ctx context.Context, c *clients.Client, e *events.CognitoEventUserPoolsCreateAuthChallenge,
	s session, now otp.Millis,
) error {
	begun := t.Now()
	defer func() { t.Wait(ctx, max(0, begun.Add(Pace).Sub(t.Now()))) }()
	if err := t.count(ctx, c); err != nil {
		return err
	}
	n, refusal := t.recipient(ctx, c, e.Request)
	start, err := t.Messages.Start(ctx, c, n, otp.Payment{}, e.Request.UserAttributes["locale"])
	if err != nil {
		return errUndecided
	}
	start.ID, start.Refusal = challengeID(e.CognitoEventUserPoolsHeader, s.ID), cmp.Or(refusal, start.Refusal)
	start.Source = source(c, e.Request.ClientMetadata)
	start.Policy.Validity = s.Ends.Sub(now) // shorter for a code made late, because a limit refused the first message
	issuer := t.Messages.Issuer
	issuer.Sender = hasty{issuer.Sender}
	got, err := issuer.Send(ctx, start)
	record := telemetry.From(ctx)
	record.Started("send", got, err)
	record.AuthID = cmp.Or(got.AuthID, record.AuthID)
	if err != nil {
		return errUndecided
	}
	return nil
}

// recipient returns the number of a user, or the outcome that refuses to send to it. A challenge is made in
// either case, so the tables are called in either case.
//
// The number must be verified. Otherwise someone who can edit another person's profile could have that
// person's code sent to a phone of his own.
func (t *Triggers) recipient(
	ctx context.Context, c *clients.Client, r events.CognitoEventUserPoolsCreateAuthChallengeRequest,
) (n phone.Number, refusal otp.Outcome) {
	record, number := telemetry.From(ctx), r.UserAttributes["phone_number"]
	switch {
	case r.UserNotFound:
		return n, otp.NoUser
	case number == "":
		record.Detail = "phone_number: the user has none"
		return n, otp.Undeliverable
	case !isTrue(r.UserAttributes["phone_number_verified"]):
		record.Detail = "phone_number_verified: is not true"
		return n, otp.Undeliverable
	}
	n, refusal = t.Messages.Recipient(ctx, c, number)
	if refusal != "" {
		record.Detail = "phone_number: " + admission.Rule(c, n, refusal)
		n = phone.Number{} // it is not stored
	}
	return n, refusal
}

// hasty gives its sender [patience], which is less than the sender's own limit.
type hasty struct{ otp.Sender }

func (h hasty) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return h.Sender.Send(ctx, m)
}
