package sending_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/awssender"
	"countersign/pkg/fallover"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
	"countersign/pkg/service/sending"
	"countersign/pkg/telemetry"
)

// named is a sender that counts its messages.
type named struct{ count *atomic.Int64 }

func (n named) Send(context.Context, otp.Message) (otp.Delivery, string, error) {
	n.count.Add(1)
	return otp.Accepted, "id", nil
}

// A message goes through the service that its origin names, and through no other. A service that no message names is
// never opened, and one that several name at once is opened once.
func TestRouter(t *testing.T) {
	opened, sent := map[string]*atomic.Int64{}, map[string]*atomic.Int64{}
	table := sending.Senders{}
	for _, name := range []string{"first", "second", "third"} {
		opened[name], sent[name] = new(atomic.Int64), new(atomic.Int64)
		table[name] = func(func(string) string) (otp.Sender, error) {
			opened[name].Add(1)
			return named{sent[name]}, nil
		}
	}
	r, err := table.Route(func(string) string { return "" }, "first")
	if err != nil {
		t.Fatal(err)
	}
	if name := r.Standard(); name != "first" || opened["second"].Load() != 0 {
		t.Errorf("the standard sender is %s, want first; second is opened before a message names it", name)
	}
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			m := sendertest.Message()
			m.Origin.Service = []string{"", "first", "second"}[i%3]
			if d, id, err := r.Send(t.Context(), m); d != otp.Accepted || id != "id" || err != nil {
				t.Errorf("Send = %v, %q, %v", d, id, err)
			}
		})
	}
	all.Wait()
	for name, want := range map[string][2]int64{"first": {1, 20}, "second": {1, 10}, "third": {0, 0}} {
		if opened[name].Load() != want[0] || sent[name].Load() != want[1] {
			t.Errorf("%s: opened %d times, %d messages, want %v", name, opened[name].Load(), sent[name].Load(), want)
		}
	}
}

// The line of a request names the service of its message where that is not the standard one.
func TestRouterNamesService(t *testing.T) {
	table := sending.Senders{}
	for _, name := range []string{"first", "second"} {
		table[name] = func(func(string) string) (otp.Sender, error) { return named{new(atomic.Int64)}, nil }
	}
	r, err := table.Route(func(string) string { return "" }, "first")
	if err != nil {
		t.Fatal(err)
	}
	for service, want := range map[string]string{"": "", "first": "", "second": "second"} {
		ctx, line := telemetry.Begin(t.Context(), time.Time{})
		m := sendertest.Message()
		m.Origin.Service = service
		if _, _, err := r.Send(ctx, m); err != nil || line.Service != want {
			t.Errorf("%q: the line names %q, want %q (%v)", service, line.Service, want, err)
		}
	}
}

// A message whose service the process does not have, or cannot open, is refused: nothing has gone out. The operator
// must act.
func TestRouterWithoutSender(t *testing.T) {
	table := sending.Senders{
		"first":  func(func(string) string) (otp.Sender, error) { return named{new(atomic.Int64)}, nil },
		"broken": func(func(string) string) (otp.Sender, error) { return nil, errors.New("no settings") },
	}
	r, err := table.Route(func(string) string { return "" }, "first")
	if err != nil {
		t.Fatal(err)
	}
	for service, want := range map[string]string{"broken": "no settings", "pigeon": "pigeon"} {
		m := sendertest.Message()
		m.Origin.Service = service
		d, id, err := r.Send(t.Context(), m)
		var alarm interface{ ForOperator() bool }
		if d != otp.Refused || id != "" || err == nil || !strings.Contains(err.Error(), want) ||
			!errors.As(err, &alarm) || !alarm.ForOperator() {
			t.Errorf("%s: %v, %q, %v", service, d, id, err)
		}
		sendertest.Silent(t, err)
	}
	if _, err := table.Route(func(string) string { return "" }, "broken"); err == nil {
		t.Error("a standard sender that cannot be opened is no error")
	}
}

// refusing is a sender that does not send, for a cause that another service may not have.
type refusing otp.Delivery

func (d refusing) Send(context.Context, otp.Message) (otp.Delivery, string, error) {
	return otp.Delivery(d), "", &awssender.Error{Sender: "first", Reason: "no", Another: true}
}

// A second service that cannot be opened leaves the refusal of the first one as it is, and names both causes.
func TestFalloverToNone(t *testing.T) {
	for _, want := range []otp.Delivery{otp.Refused, otp.MaybeSent} {
		r, err := sending.Senders{
			"first":  func(func(string) string) (otp.Sender, error) { return refusing(want), nil },
			"broken": func(func(string) string) (otp.Sender, error) { return nil, errors.New("no region") },
		}.Route(func(string) string { return "" }, "first")
		if err != nil {
			t.Fatal(err)
		}
		s := fallover.New(fallover.Service{Name: "first", Sender: r}, fallover.Service{Name: "broken", Sender: r},
			time.Now)
		d, id, err := s.Send(t.Context(), sendertest.Message())
		if d != want || id != "" || err == nil || !strings.HasPrefix(err.Error(), "first: no; then ") ||
			!strings.HasSuffix(err.Error(), "no region") {
			t.Errorf("Send = %v, %q, %v, want %v, and both causes", d, id, err, want)
		}
	}
}
