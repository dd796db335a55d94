package ams_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/phone/plan"
)

// hanging stands in for each dependency. From one call on it answers only when its context ends. The calls before take
// as long as a dependency may.
type hanging struct {
	otp.Challenges
	otp.Ledgers
	calls, from int
}

func (h *hanging) call(ctx context.Context) error {
	if h.calls++; h.calls >= h.from {
		<-ctx.Done()
		return errors.New("no answer")
	}
	time.Sleep(2 * time.Second) // virtual time, a little below the limit of a store
	return ctx.Err()
}

func (h *hanging) Reserve(ctx context.Context, _ otp.Challenge, _ *otp.Challenge, _ otp.Millis) (otp.Write, error) {
	return otp.Write{Applied: true}, h.call(ctx)
}
func (h *hanging) Spend(ctx context.Context, _ otp.Spend) (otp.Spent, error) {
	return otp.Spent{Applied: true}, h.call(ctx)
}
func (h *hanging) Settle(ctx context.Context, _ otp.Settlement) (otp.Write, error) {
	return otp.Write{Applied: true}, h.call(ctx)
}
func (h *hanging) Attempt(ctx context.Context, _ otp.Guess) (otp.Write, error) {
	return otp.Write{}, h.call(ctx)
}
func (h *hanging) Send(ctx context.Context, _ otp.Message) (otp.Delivery, string, error) {
	return otp.MaybeSent, "", h.call(ctx)
}

// Whichever dependency hangs, the answer is "unknown" and in time (P17, P18).
func TestHanging(t *testing.T) {
	keys := storetest.Keys()
	for from := 1; from <= 4; from++ {
		synctest.Test(t, func(t *testing.T) {
			h := &hanging{from: from}
			gate := &ams.Gate{Door: &admission.Door{
				Clients: clients.Static{
					"demo": {ID: "demo", Countries: []string{"*"}, Policy: otp.DefaultPolicy(), Brand: "Acme"},
				},
				Now: time.Now, Log: slog.New(slog.DiscardHandler),
			}}
			init := gateway.Handler{Serve: (&ams.Init{Gate: gate, Messages: admission.Messages{
				Lookup: plan.Lookup, Text: languages.For,
				Issuer: otp.Issuer{Challenges: h, Ledgers: h, Sender: h, Keys: keys, Now: time.Now, Rand: zeros{}},
			}}).Serve}
			verify := gateway.Handler{Serve: (&ams.Verify{Gate: gate,
				Verifier: otp.Verifier{Challenges: h, Keys: keys, Now: time.Now, Rand: zeros{}}}).Serve}
			for _, c := range []struct {
				handler gateway.Handler
				body    string
			}{{init, docRequest}, {verify, docVerify}} {
				begin := time.Now()
				out, err := c.handler.Invoke(context.Background(), []byte(`{"clientId":"demo",`+c.body[1:]))
				if err != nil {
					t.Fatal(err)
				}
				got := parse(t, gateway.Response{Body: out}).Result
				if got.Code != "UNKNOWN_EXCEPTION" || got.Status != "U" {
					t.Errorf("from call %d on: answered %s", from, out)
				}
				if took := time.Since(begin); took > 9*time.Second {
					t.Errorf("from call %d on: took %v", from, took)
				}
				h.calls = 4 // verify makes one call, and it hangs
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
