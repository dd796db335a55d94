// Package fallover sends a message through a second service if the first one refuses it, so that a spend limit, a
// permission or a registration of one service does not keep people from their codes.
//
// P4 holds over both wires: one message at most goes out. The second service gets the message only if the first one is
// certain not to send it, for a cause that the second may not have: a fault of the operator, or too many messages at
// once. It never gets a message if the number is the cause, because a person who has opted out of the first service has
// not asked for the second. Nor does it get one that may be under way, after a drop, a timeout, a 5xx or an answer that
// cannot be read.
package fallover

import (
	"cmp"
	"context"
	"errors"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// Timeout bounds both requests together, as each sender bounds its own: an init needs the rest of its nine seconds for
// its writes.
const Timeout = 4 * time.Second

// Enough is the least time for the second service: a new connection and a request take a part of it. A sign-in of
// Cognito has two seconds for both services. A refusal is fast: if less than this is left, the first service is in
// trouble, or the call is nearly over.
const Enough = time.Second

// Service is a service that sends messages, by its name in the settings.
type Service struct {
	Name   string
	Sender otp.Sender
}

// Sender is an [otp.Sender] over two services. It is safe for concurrent use.
type Sender struct {
	first, second Service
	now           func() time.Time
}

var _ otp.Sender = (*Sender)(nil)

// New returns a sender that falls over from the first service to the second. Both may be one router: a message whose
// origin names the second service has no other one.
func New(first, second Service, now func() time.Time) *Sender {
	return &Sender{first: first, second: second, now: now}
}

// Send sends m through the first service, or else through the second one: two requests at most, on two wires, and one
// message. The line of the request names the service that the message was handed to last, and the refusal of the first.
func (s *Sender) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	end, _ := ctx.Deadline()
	window, cancel := context.WithDeadline(ctx, end.Add(-Enough))
	defer cancel()

	begun, line := s.now(), telemetry.From(ctx)
	line.Service = cmp.Or(m.Origin.Service, s.first.Name)
	delivery, id, refusal := s.first.Sender.Send(ctx, m)
	if !forAnother(refusal) || line.Service == s.second.Name {
		return delivery, id, refusal
	}
	line.FellOver(refusal)
	took := s.now().Sub(begun)
	if window.Err() != nil || took > Timeout-Enough || m.Lease != 0 && otp.MillisOf(s.now()) >= m.Lease {
		return otp.MaybeSent, "", &Error{first: refusal, second: errLate}
	}
	line.Service = s.second.Name
	m.Life -= took
	m.Origin = s.elsewhere(m.Origin)
	again, id, err := s.second.Sender.Send(ctx, m)
	if err != nil {
		err = &Error{first: refusal, second: err}
	}
	return both(delivery, again, err), id, err
}

// elsewhere returns the origin of a message that the second service sends. An identity or a name may be registered with
// the first one alone, so the second uses its own. The price and the ids of the text hold for any service.
func (s *Sender) elsewhere(o otp.Origin) otp.Origin {
	o.Service, o.Identity, o.Name = s.second.Name, "", ""
	return o
}

// both returns what became of a message that the first service did not send. A refusal is for good only if it is of
// both services, or if the number is the cause.
func both(first, second otp.Delivery, err error) otp.Delivery {
	if second == otp.Refused && first == otp.MaybeSent && forAnother(err.(*Error).second) {
		return otp.MaybeSent // the first had too many messages at once, and may take it later
	}
	return second
}

// forAnother reports whether another service may take the message that err refused.
func forAnother(err error) bool {
	var e interface{ ForAnother() bool } // awssender.Error
	return errors.As(err, &e) && e.ForAnother()
}

// errLate is why the second service did not get a message.
var errLate = errors.New("no time was left for another service")

// Error is the refusal of the first service, and why the second one did not send the message either, or may not have.
// Like those of the senders it does not unwrap.
type Error struct{ first, second error }

// Error names both causes.
func (e *Error) Error() string { return e.first.Error() + "; then " + e.second.Error() }

// ForOperator reports whether the operator must act on one of the two.
func (e *Error) ForOperator() bool { return forOperator(e.first) || forOperator(e.second) }

func forOperator(err error) bool {
	var e interface{ ForOperator() bool } // awssender.Error
	return errors.As(err, &e) && e.ForOperator()
}
