package fallover_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/awssender"
	"countersign/pkg/fallover"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
	"countersign/pkg/telemetry"
)

// scripted is a sender that takes some time and then answers. It hangs if answers is nil.
type scripted struct {
	took     time.Duration
	answers  error
	messages []otp.Message
	at       []time.Time
}

func (s *scripted) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	s.messages, s.at = append(s.messages, m), append(s.at, time.Now())
	if s.answers == nil {
		<-ctx.Done()
		return otp.MaybeSent, "", ctx.Err()
	}
	time.Sleep(s.took)
	return otp.Refused, "", s.answers
}

var refused = &awssender.Error{Sender: "sms-voice", Reason: "spent", Operator: true, Another: true}

// P18, in virtual time: both requests end within the time of one, and the second one begins only while enough of that
// is left.
func TestTime(t *testing.T) {
	const instant, late = time.Nanosecond, fallover.Timeout - fallover.Enough
	for name, c := range map[string]struct {
		refusal  time.Duration // after which the first service refuses
		deadline time.Duration // of the caller
		lease    time.Duration // 0: none
		second   bool
		want     time.Duration
	}{
		"at once":              {0, time.Hour, 0, true, fallover.Timeout},
		"in good time":         {time.Second, time.Hour, 0, true, fallover.Timeout},
		"just in time":         {late - instant, time.Hour, 0, true, fallover.Timeout},
		"too late":             {late + instant, time.Hour, 0, false, late + instant},
		"a sign-in":            {time.Second - instant, 2 * time.Second, 0, true, 2 * time.Second},
		"a call that ends":     {time.Second, 2*time.Second - instant, 0, false, time.Second},
		"a call that is over":  {time.Second, time.Second, 0, false, time.Second},
		"before the lease":     {time.Second, time.Hour, time.Second + time.Millisecond, true, fallover.Timeout},
		"at the lease":         {time.Second, time.Hour, time.Second, false, time.Second},
		"after the lease":      {time.Second, time.Hour, time.Second - time.Millisecond, false, time.Second},
		"of a slow second one": {0, time.Hour, time.Hour, true, fallover.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first, second := &scripted{took: c.refusal, answers: refused}, &scripted{}
				s := fallover.New(fallover.Service{Name: "sms-voice", Sender: first},
					fallover.Service{Name: "sns", Sender: second}, time.Now)
				ctx, cancel := context.WithTimeout(t.Context(), c.deadline)
				defer cancel()
				m, begun := sendertest.Message(), time.Now()
				if c.lease != 0 {
					m.Lease = otp.MillisOf(begun.Add(c.lease))
				}
				d, id, err := s.Send(ctx, m)
				if took := time.Since(begun); took != c.want {
					t.Errorf("took %v, want %v", took, c.want)
				}
				if d != otp.MaybeSent || id != "" || (len(second.messages) == 1) != c.second {
					t.Errorf("Send = %v, %q, %v with %d messages to the second service, want MaybeSent, and one: %v",
						d, id, err, len(second.messages), c.second)
				}
				var operator interface{ ForOperator() bool }
				if !errors.As(err, &operator) || !operator.ForOperator() ||
					!c.second && !strings.HasSuffix(err.Error(), "no time was left for another service") {
					t.Errorf("error %v; want the operator's fault, and why it was not mended", err)
				}
			})
		})
	}
}

// The clock of the service counts too: a process that was stopped for a while finds that its lease is over.
func TestClockOfTheService(t *testing.T) {
	const late = fallover.Timeout - fallover.Enough
	for slow, want := range map[time.Duration]int{late: 1, late + 1: 0, time.Minute: 0} {
		now := time.UnixMilli(1_795_317_208_457)
		second := &scripted{answers: refused}
		first := senderFunc(func() { now = now.Add(slow) })
		s := fallover.New(fallover.Service{Name: "sns", Sender: first},
			fallover.Service{Name: "sms-voice", Sender: second}, func() time.Time { return now })
		m := sendertest.Message()
		m.Lease = otp.MillisOf(now.Add(otp.Lease))
		if d, _, err := s.Send(t.Context(), m); len(second.messages) != want {
			t.Errorf("%v: Send = %v, %v with %d messages to the second service, want %d",
				slow, d, err, len(second.messages), want)
		}
	}
}

type senderFunc func()

func (f senderFunc) Send(context.Context, otp.Message) (otp.Delivery, string, error) {
	f()
	return otp.Refused, "", refused
}

// The second service sends from its own settings, keeps the price and the ids of the text, and drops the message when
// the code is over, which is sooner by now.
func TestMessageOfTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := &scripted{took: time.Second, answers: refused}, &scripted{answers: refused}
		s := fallover.New(fallover.Service{Name: "sms-voice", Sender: first},
			fallover.Service{Name: "sns", Sender: second}, time.Now)
		m := sendertest.Message()
		m.Origin = otp.Origin{Service: "sms-voice", Identity: "pool-1", Name: "Acme", EntityID: "1", TemplateID: "2",
			MaxPrice: "0.50"}
		if d, _, err := s.Send(t.Context(), m); d != otp.Refused || first.messages[0] != m {
			t.Errorf("Send = %v, %v, and the first service got %+v", d, err, first.messages[0])
		}
		m.Origin = otp.Origin{Service: "sns", EntityID: "1", TemplateID: "2", MaxPrice: "0.50"}
		m.Life -= time.Second
		if second.messages[0] != m {
			t.Errorf("the second service got %+v, want %+v", second.messages[0], m)
		}
	})
}

// A message that its origin sends through the second service has no other one.
func TestMessageForTheSecond(t *testing.T) {
	for service, want := range map[string]int{"sns": 0, "sms-voice": 1, "": 1} {
		router, second := &scripted{answers: refused}, &scripted{answers: refused}
		s := fallover.New(fallover.Service{Name: "sms-voice", Sender: router},
			fallover.Service{Name: "sns", Sender: second}, time.Now)
		m := sendertest.Message()
		m.Origin.Service = service
		ctx, line := telemetry.Begin(t.Context(), time.Time{})
		d, _, err := s.Send(ctx, m)
		if d != otp.Refused || err == nil || line.Service != "sns" || len(router.messages) != 1 ||
			len(second.messages) != want {
			t.Errorf("a message for %q: Send = %v, %v with %d messages to the second service, want %d; the line has %q",
				service, d, err, len(second.messages), want, line.Service)
		}
	}
}
