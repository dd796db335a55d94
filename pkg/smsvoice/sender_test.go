package smsvoice

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
)

const pool = "arn:aws:sms-voice:eu-west-1:123456789012:pool/pool-0123456789abcdef0123456789abcdef"

// good is the least that is needed.
var good = Config{OriginationIdentity: pool}

// start returns a stub and a sender that talks to it.
func start(t *testing.T, c Config) (*awsfake.SMSVoice, *Sender) {
	t.Helper()
	stub := awsfake.StartSMSVoice(t)
	c.Endpoint = stub.URL
	s, err := New(awsfake.AWS(), c)
	if err != nil {
		t.Fatal(err)
	}
	return stub, s
}

// The suite for senders, with the service as the provider.
func TestSuite(t *testing.T) {
	answers := map[sendertest.Provider]awsfake.Answer{
		sendertest.Accepting: awsfake.Serve(),
		sendertest.Refusing:  awsfake.RefuseText(400, conflict, "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
		sendertest.Failing:   awsfake.RefuseText(500, "InternalServerException", ""),
		sendertest.Hanging:   awsfake.Hang(nil),
	}
	sendertest.Run(t, func(t *testing.T, p sendertest.Provider, taken func()) otp.Sender {
		stub, s := start(t, good)
		stub.Otherwise(answers[p].Calling(func(*http.Request) { taken() }))
		return s
	})
}

// The service gives a message up when its code is over, within its bounds: 5 seconds to 72 hours.
func TestTimeToLive(t *testing.T) {
	for life, want := range map[time.Duration]int{
		5 * time.Minute:                       300,
		5*time.Minute - time.Millisecond:      299,
		10 * time.Minute:                      600,
		5 * time.Second:                       5,
		5*time.Second - time.Millisecond:      5,
		time.Second:                           5,
		0:                                     5,
		-time.Minute:                          5,
		72 * time.Hour:                        259200,
		72*time.Hour + time.Millisecond:       259200,
		1000 * 24 * time.Hour:                 259200,
		time.Duration(1<<63 - 1):              259200,
		90*time.Second + 999*time.Millisecond: 90,
	} {
		stub, s := start(t, good)
		m := sendertest.Message()
		m.Life = life
		if d, _, err := s.Send(t.Context(), m); d != otp.Accepted || err != nil {
			t.Fatalf("%v: Send = %v, %v, want Accepted", life, d, err)
		}
		if got := stub.Requests()[0].TimeToLive; got == nil || *got != want {
			t.Errorf("%v: TimeToLive %v, want %d", life, got, want)
		}
	}
}

// A price always has a point on the wire.
func TestMaxPrice(t *testing.T) {
	for price, want := range map[string]string{"1": "1.0", "12": "12.0", "0.50": "0.50", "99.99999": "99.99999"} {
		stub, s := start(t, Config{OriginationIdentity: pool, MaxPrice: price})
		if d, _, err := s.Send(t.Context(), sendertest.Message()); d != otp.Accepted || err != nil {
			t.Fatalf("%s: Send = %v, %v, want Accepted", price, d, err)
		}
		if got := stub.Requests()[0].MaxPrice; got == nil || *got != want {
			t.Errorf("%s: MaxPrice %v, want %s", price, got, want)
		}
	}
}

// A name of the client's own goes with its message where the country shows names, and nowhere else.
func TestFrom(t *testing.T) {
	for _, c := range []struct{ region, from, want string }{
		{"GB", "", pool},
		{"GB", "Shop", "Shop"},
		{"GB", "AC-ME", "AC-ME"},
		{"SG", "Shop", "Shop"},
		{"FR", "Shop", "Shop"},
		{"FR", "AC-ME", pool},
		{"US", "Shop", pool},
		{"MY", "Shop", pool},
		{"CN", "Shop", pool},
		{"BR", "Shop", pool},
		{"", "Shop", pool},
		{"GB", "Acme Shop", pool},
		{"GB", "ABCDEFGHIJKL", pool},
		{"GB", "12345", pool},
		{"GB", "Shop\n", pool},
		{"GB", "店", pool},
	} {
		stub, s := start(t, good)
		m := sendertest.Message()
		m.Region, m.Origin.Name = c.region, c.from
		for _, m := range []otp.Message{m, sendertest.Message()} {
			if d, _, err := s.Send(t.Context(), m); d != otp.Accepted || err != nil {
				t.Fatalf("%q: Send = %v, %v, want Accepted", c.from, d, err)
			}
		}
		for i, want := range []string{c.want, pool} {
			if got := stub.Requests()[i].OriginationIdentity; got == nil || *got != want {
				t.Errorf("message %d to %s from %q: identity %v, want %s", i, c.region, c.from, got, want)
			}
		}
	}
}

func TestParallel(t *testing.T) {
	const n = 64
	stub, s := start(t, Config{OriginationIdentity: pool, MaxPrice: "0.50"})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			to := fmt.Sprintf("+4420794600%02d", i)
			m := otp.Message{To: otp.Phone(to), Region: "GB", Text: "for " + to, Life: time.Minute}
			m.Origin.Name = fmt.Sprintf("Shop%04d", i)
			if d, _, err := s.Send(context.Background(), m); d != otp.Accepted || err != nil {
				t.Errorf("Send = %v, %v, want Accepted", d, err)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, r := range stub.Requests() {
		to := *r.DestinationPhoneNumber
		seen[to] = true
		if *r.MessageBody != "for "+to || *r.OriginationIdentity != "Shop00"+to[len(to)-2:] {
			t.Errorf("mixed up: %s from %s", *r.MessageBody, *r.OriginationIdentity)
		}
	}
	if len(seen) != n || stub.Count() != n {
		t.Errorf("%d requests to %d numbers, want %d to %d", stub.Count(), len(seen), n, n)
	}
}
