package sending

import (
	"context"
	"fmt"
	"sync"

	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// Router is the sender of a process that has several services: each message goes through the one that its origin names,
// else through the standard one. It opens another one at the first message for it, so that a process that starts pays
// for one only.
type Router struct {
	standard otp.Sender
	name     string // of the standard one
	others   map[string]func() (otp.Sender, error)
}

var _ otp.Sender = (*Router)(nil)

// Route makes the router over the sender that [Senders.Open] makes, and all others.
func (s Senders) Route(getenv func(string) string, standard string) (*Router, error) {
	r := &Router{name: Chosen(getenv, standard), others: map[string]func() (otp.Sender, error){}}
	var err error
	if r.standard, err = s.Open(getenv, standard); err != nil {
		return nil, err
	}
	for name, open := range s {
		if name != r.name {
			r.others[name] = sync.OnceValues(func() (otp.Sender, error) { return open(getenv) })
		}
	}
	return r, nil
}

// Standard returns the name of the sender of messages that name none.
func (r *Router) Standard() string { return r.name }

// Send implements [otp.Sender]. A message for a service that the process does not have, or cannot open, is refused:
// nothing has gone out, and each further one would be refused too. The line of the request names a service that is not
// the standard one.
func (r *Router) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	service := m.Origin.Service
	if service == "" || service == r.name {
		return r.standard.Send(ctx, m)
	}
	open, ok := r.others[service]
	if !ok {
		return otp.Refused, "", unavailable{fmt.Sprintf("there is no sender %q: mend the via of the entry for %s",
			service, m.Region)}
	}
	telemetry.From(ctx).Service = service
	sender, err := open()
	if err != nil {
		return otp.Refused, "", unavailable{fmt.Sprintf("the sender %s cannot start: %v", service, err)}
	}
	return sender.Send(ctx, m)
}

// unavailable is a sender that a message needs and the process does not have.
type unavailable struct{ reason string }

func (u unavailable) Error() string { return u.reason }

// ForOperator makes the failure an alarm: every message for the sender fails alike.
func (u unavailable) ForOperator() bool { return true }

// ForAnother lets another service have the message: nothing has gone out.
func (u unavailable) ForAnother() bool { return true }
