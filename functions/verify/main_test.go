package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/starttest"
)

// phone keeps the code of the last message.
type phone struct{ code string }

func (p *phone) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	p.code = string(m.Code)
	return otp.Accepted, "", nil
}

// The function checks a code that another process has sent. The processes share the table and the keys only.
func TestWired(t *testing.T) {
	f, p := starttest.Environment(t), &phone{}
	handler, err := wire(slog.New(slog.DiscardHandler), starttest.Ignore)
	if err != nil {
		t.Fatal(err)
	}
	issuer := otp.Issuer{
		Challenges: f.Store,
		Ledgers:    f.Store,
		Sender:     p,
		Keys:       f.Keys,
		Now:        time.Now,
		Rand:       rand.Reader,
	}
	got, err := issuer.Init(t.Context(), otp.Start{
		Client: "demo",
		ID:     "id",
		To:     "+606543216353",
		Policy: otp.DefaultPolicy(),
		Text:   func(c string, _ time.Duration) string { return c },
	})
	if err != nil || got.Outcome != otp.Sent {
		t.Fatal(got, err)
	}
	for _, want := range []string{"SUCCESS", "AUTHENTICATION_REQUEST_ID_INVALID"} {
		out, err := handler.Invoke(t.Context(), fmt.Appendf(nil,
			`{"clientId":"demo","authenticationType":"OTP","authenticationRequestId":"id","authenticationValue":%q}`,
			p.code))
		var answer struct {
			Result struct{ ResultCode string }
		}
		if err != nil || json.Unmarshal(out, &answer) != nil || answer.Result.ResultCode != want {
			t.Errorf("%v %s, want %s", err, out, want)
		}
	}
}
