package fallover_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/fallover"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
	"countersign/pkg/smsvoice"
	"countersign/pkg/snssender"
	"countersign/pkg/telemetry"
)

// side is a service with its fake.
type side struct {
	fallover.Service
	wire     *awsfake.Server
	operator awsfake.Answer // refuses for a reason that the operator must mend
	reason   string         // of that refusal, in the line
	number   awsfake.Answer // refuses the number
	busy     awsfake.Answer
	// unclear are answers after which the message may have been sent, or of which that is not certain.
	unclear map[string]awsfake.Answer
}

// unclear returns the faults that a wire of any service has.
func unclear(own map[string]awsfake.Answer) map[string]awsfake.Answer {
	for name, answer := range map[string]awsfake.Answer{
		"dropped": awsfake.Drop(), "dropped after": awsfake.DropAfter(), "cut": awsfake.Cut(), "half": awsfake.Half(),
		"no body": awsfake.Body(200, ""), "a page": awsfake.Body(200, "<html>"), "502": awsfake.Body(502, "<html>"),
		"403 of a proxy": awsfake.Body(403, "Forbidden"), "429 of a proxy": awsfake.Body(429, "Too many"),
		"redirect": awsfake.Redirect(307),
	} {
		own[name] = answer
	}
	return own
}

func startSNS(t *testing.T) side {
	t.Helper()
	fake := awsfake.StartSNS(t)
	sender, err := snssender.New(awsfake.AWS(), snssender.Config{SenderID: "Acme", Endpoint: fake.URL})
	if err != nil {
		t.Fatal(err)
	}
	return side{
		Service: fallover.Service{Name: "sns", Sender: sender}, wire: fake.Server,
		operator: awsfake.FailSNS(403, "AuthorizationError"), reason: "sns: AuthorizationError",
		number: awsfake.FailSNS(400, "InvalidParameter"),
		busy:   awsfake.FailSNS(400, "Throttling"),
		unclear: unclear(map[string]awsfake.Answer{
			"broken": awsfake.FailSNS(500, "InternalError"), "unknown": awsfake.FailSNS(400, "SomethingNew"),
			"refused with 500": awsfake.FailSNS(500, "AuthorizationError"),
			"busy with 503":    awsfake.FailSNS(503, "Throttling"),
			"old credentials":  awsfake.FailSNS(400, "ExpiredToken"),
		}),
	}
}

func startSMSVoice(t *testing.T) side {
	t.Helper()
	fake := awsfake.StartSMSVoice(t)
	sender, err := smsvoice.New(awsfake.AWS(), smsvoice.Config{OriginationIdentity: "pool-1", Endpoint: fake.URL})
	if err != nil {
		t.Fatal(err)
	}
	const quota, spent = "ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"
	return side{
		Service: fallover.Service{Name: "sms-voice", Sender: sender}, wire: fake.Server,
		operator: awsfake.RefuseText(400, quota, spent), reason: "sms-voice: " + quota + ": " + spent,
		number: awsfake.RefuseText(400, "ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
		busy:   awsfake.RefuseText(400, "ThrottlingException", ""),
		unclear: unclear(map[string]awsfake.Answer{
			"broken":           awsfake.RefuseText(500, "InternalServerException", ""),
			"unknown":          awsfake.RefuseText(400, "SomethingNewException", ""),
			"unknown reason":   awsfake.RefuseText(400, "ConflictException", "SOMETHING_NEW"),
			"refused with 500": awsfake.RefuseText(500, quota, spent),
			"busy with 503":    awsfake.RefuseText(503, "ThrottlingException", ""),
			"old credentials":  awsfake.RefuseText(400, "ExpiredTokenException", ""),
		}),
	}
}

// pairs runs a test with each service as the first one.
func pairs(t *testing.T, test func(t *testing.T, first, second side)) {
	t.Helper()
	t.Run("SNS first", func(t *testing.T) { test(t, startSNS(t), startSMSVoice(t)) })
	t.Run("End User Messaging first", func(t *testing.T) { test(t, startSMSVoice(t), startSNS(t)) })
}

func over(first, second side) *fallover.Sender {
	return fallover.New(first.Service, second.Service, time.Now)
}

// The suite for senders, with either service as the provider: the first one, and the second one after a refusal.
func TestSuite(t *testing.T) {
	for _, of := range []string{"first", "second"} {
		t.Run("the "+of, func(t *testing.T) {
			pairs(t, func(t *testing.T, a, b side) {
				sendertest.Run(t, func(t *testing.T, p sendertest.Provider, taken func()) otp.Sender {
					answers := func(s side) awsfake.Answer {
						return map[sendertest.Provider]awsfake.Answer{
							sendertest.Accepting: awsfake.Serve(), sendertest.Refusing: s.number,
							sendertest.Failing: awsfake.Drop(), sendertest.Hanging: awsfake.Hang(nil),
						}[p].Calling(func(*http.Request) { taken() })
					}
					a.wire.Otherwise(answers(a))
					if of == "second" {
						a.wire.Otherwise(a.operator)
						b.wire.Otherwise(answers(b))
					}
					return over(a, b)
				})
			})
		})
	}
}

// want is what a message must lead to.
type want struct {
	delivery      otp.Delivery
	first, second int // requests on the wires
	service       string
	operator      bool
	causes        int // parts of the cause
}

// check sends one message and compares.
func check(t *testing.T, a, b side, w want) {
	t.Helper()
	first, second := a.wire.Count(), b.wire.Count()
	ctx, line := telemetry.Begin(t.Context(), time.Time{})
	d, id, err := over(a, b).Send(ctx, sendertest.Message())
	sendertest.Silent(t, err)
	line.Started("store", started(d, err), nil)
	first, second = a.wire.Count()-first, b.wire.Count()-second
	if d != w.delivery || (id != "") != (d == otp.Accepted) || (err != nil) != (d != otp.Accepted) ||
		first != w.first || second != w.second {
		t.Errorf("Send = %v, %q, %v with %d and %d requests, want %+v", d, id, err, first, second, w)
	}
	if line.Service != w.service || line.Operator != w.operator ||
		strings.Count(line.Cause, a.Name+": ") != min(1, w.causes) ||
		strings.Count(line.Cause, "; then ") != max(0, w.causes-1) {
		t.Errorf("the line has the service %s, operator %v and the cause %q, want %+v",
			line.Service, line.Operator, line.Cause, w)
	}
}

// started is the outcome of a delivery, as the domain has it.
func started(d otp.Delivery, err error) otp.Started {
	outcome := map[otp.Delivery]otp.Outcome{
		otp.Accepted: otp.Sent, otp.MaybeSent: otp.Unclear, otp.Refused: otp.Undeliverable,
	}
	return otp.Started{Outcome: outcome[d], Cause: err}
}

// Only a definite refusal that the number is not the cause of leads to a request to the second service.
func TestFirstWire(t *testing.T) {
	pairs(t, func(t *testing.T, a, b side) {
		a.wire.Next(awsfake.Serve())
		check(t, a, b, want{delivery: otp.Accepted, first: 1, service: a.Name})
		a.wire.Next(a.operator)
		check(t, a, b, want{delivery: otp.Accepted, first: 1, second: 1, service: b.Name, operator: true, causes: 1})
		a.wire.Next(a.busy)
		check(t, a, b, want{delivery: otp.Accepted, first: 1, second: 1, service: b.Name, causes: 1})
		a.wire.Next(a.number)
		check(t, a, b, want{delivery: otp.Refused, first: 1, service: a.Name, causes: 1})
		for name, answer := range a.unclear {
			t.Run(name, func(t *testing.T) {
				a.wire.Next(answer)
				check(t, a, b, want{delivery: otp.MaybeSent, first: 1, service: a.Name, causes: 1,
					operator: name == "old credentials" || name == "unknown reason"})
			})
		}
	})
}

// After a refusal, the answer of the second service counts. The operator's fault of the first is in the line whatever
// that is.
func TestSecondWire(t *testing.T) {
	pairs(t, func(t *testing.T, a, b side) {
		for name, c := range map[string]struct {
			first, second awsfake.Answer
			delivery      otp.Delivery
			operator      bool
		}{
			"operator, number":   {a.operator, b.number, otp.Refused, true},
			"operator, operator": {a.operator, b.operator, otp.Refused, true},
			"operator, busy":     {a.operator, b.busy, otp.MaybeSent, true},
			"busy, number":       {a.busy, b.number, otp.Refused, false},
			"busy, operator":     {a.busy, b.operator, otp.MaybeSent, true},
			"busy, busy":         {a.busy, b.busy, otp.MaybeSent, false},
		} {
			t.Run(name, func(t *testing.T) {
				a.wire.Next(c.first)
				b.wire.Next(c.second)
				check(t, a, b, want{delivery: c.delivery, first: 1, second: 1, service: b.Name,
					operator: c.operator, causes: 2})
			})
		}
		for name, answer := range b.unclear {
			t.Run(name, func(t *testing.T) {
				a.wire.Next(a.operator)
				b.wire.Next(answer)
				check(t, a, b, want{delivery: otp.MaybeSent, first: 1, second: 1, service: b.Name,
					operator: true, causes: 2})
			})
		}
	})
}

// The line of an accepted message has the refusal in AWS's words.
func TestCause(t *testing.T) {
	pairs(t, func(t *testing.T, a, b side) {
		a.wire.Next(a.operator)
		ctx, line := telemetry.Begin(t.Context(), time.Time{})
		if d, _, err := over(a, b).Send(ctx, sendertest.Message()); d != otp.Accepted || err != nil {
			t.Fatal(d, err)
		}
		line.Fail("store", fmt.Errorf("settle: lost"))
		whole := strings.HasPrefix(line.Cause, a.reason) && strings.HasSuffix(line.Cause, "; settle: lost")
		if !whole || !line.Operator {
			t.Errorf("the cause is %q, operator %v, want %s and the fault", line.Cause, line.Operator, a.reason)
		}
	})
}

// Messages fall over at the same time, each with one request to each service.
func TestParallel(t *testing.T) {
	pairs(t, func(t *testing.T, a, b side) {
		const n = 32
		s := over(a, b)
		a.wire.Otherwise(a.operator)
		var all sync.WaitGroup
		for range n {
			all.Go(func() {
				d, id, err := s.Send(t.Context(), sendertest.Message())
				if d != otp.Accepted || id == "" || err != nil {
					t.Errorf("Send = %v, %q, %v, want Accepted", d, id, err)
				}
			})
		}
		all.Wait()
		if a.wire.Count() != n || b.wire.Count() != n {
			t.Errorf("%d and %d requests, want %d each", a.wire.Count(), b.wire.Count(), n)
		}
	})
}
