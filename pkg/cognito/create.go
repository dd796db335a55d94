package cognito

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// create serves CreateAuthChallenge. It sends the code in the first round, and when the app asks for it
// again. After a wrong answer it only returns the number of attempts that are left.
func (t *Triggers) create(ctx context.Context, e *events.CognitoEventUserPoolsCreateAuthChallenge) error {
	e.Response = events.CognitoEventUserPoolsCreateAuthChallengeResponse{} // the response of the event is ignored
	client, err := t.client(ctx)
	if err != nil {
		return err
	}
	record := telemetry.From(ctx)
	now, resend := otp.MillisOf(t.Now()), resends(e.Request.ClientMetadata)
	s, step := follow(e.Request.Session, resend, now)
	switch {
	case e.Request.ChallengeName != custom, step != begins && step != continues:
		return fault(ctx, "session", errors.New("unexpected event: DefineAuthChallenge did not ask for a challenge"))
	case step == begins:
		if s, err = t.begin(client, now); err != nil {
			return fault(ctx, "entropy", err)
		}
		err = t.send(ctx, client, e, s, now)
	case resend && s.Asked.Add(client.Policy.Cooldown) <= now:
		s.Asked = now
		err = t.send(ctx, client, e, s, now)
	case resend: // nothing would go out
		record.Outcome, record.Wait = otp.TooSoon, s.Asked.Add(client.Policy.Cooldown).Sub(now)
	}
	if err != nil {
		return err
	}
	record.Result, record.Left = "challenge", s.Left
	e.Response.ChallengeMetadata = s.metadata()
	e.Response.PrivateChallengeParameters = map[string]string{"session": s.ID}
	e.Response.PublicChallengeParameters = public(client, s, now)
	return nil
}

func (t *Triggers) begin(c *clients.Client, now otp.Millis) (session, error) {
	id, err := newID(t.Rand)
	return session{ID: id, Ends: now.Add(c.Policy.Validity), Left: c.Policy.Attempts, Asked: now}, err
}

// public returns the parameters that the app can see: the form of the code and the state of the session, in
// whole seconds. They are the same for every user.
func public(c *clients.Client, s session, now otp.Millis) map[string]string {
	seconds := func(until otp.Millis) string {
		return strconv.FormatInt(max(0, int64((until.Sub(now)+time.Second-1)/time.Second)), 10)
	}
	return map[string]string{
		"channel":   "sms",
		"digits":    strconv.Itoa(c.Policy.Digits),
		"attempts":  strconv.Itoa(s.Left),
		"expiresIn": seconds(s.Ends),
		"resendIn":  seconds(s.Asked.Add(c.Policy.Cooldown)),
	}
}
