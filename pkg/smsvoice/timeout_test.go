package smsvoice

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// wire is a RoundTripper that counts.
type wire struct {
	n    int
	trip func(*http.Request) (*http.Response, error)
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.n++
	return w.trip(r)
}

func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// hangInBody answers with half a body.
func hangInBody(r *http.Request) (*http.Response, error) {
	stuck := readerFunc(func([]byte) (int, error) {
		<-r.Context().Done()
		return 0, r.Context().Err()
	})
	body := io.NopCloser(io.MultiReader(strings.NewReader("{"), stuck))
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body, Request: r}, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// P18, in virtual time: to the nanosecond.
func TestHangingServiceEndsInTime(t *testing.T) {
	hangingKeys := aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		<-ctx.Done()
		return aws.Credentials{}, ctx.Err()
	})
	for name, c := range map[string]struct {
		trip     func(*http.Request) (*http.Response, error)
		keys     aws.CredentialsProvider
		deadline time.Duration // of the caller
		want     time.Duration
		requests int
	}{
		"no answer":             {hang, nil, time.Hour, Timeout, 1},
		"half an answer":        {hangInBody, nil, time.Hour, Timeout, 1},
		"the caller is shorter": {hang, nil, time.Second, time.Second, 1},
		"credentials hang":      {hang, hangingKeys, time.Hour, Timeout, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{trip: c.trip}
				cfg := awsfake.AWS()
				if c.keys != nil {
					cfg.Credentials = c.keys
				}
				s, err := newSender(cfg, good, w)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), c.deadline)
				defer cancel()
				start := time.Now()
				d, _, err := s.Send(ctx, sendertest.Message())
				if took := time.Since(start); took != c.want {
					t.Errorf("took %v, want %v", took, c.want)
				}
				var e *Error
				if d != otp.MaybeSent || !errors.As(err, &e) || !strings.Contains(e.Reason, "in time") {
					t.Errorf("Send = %v, %v, want MaybeSent, as time ran out", d, err)
				}
				if w.n != c.requests {
					t.Errorf("%d requests, want %d", w.n, c.requests)
				}
				checkSilence(t, err)
			})
		})
	}
}

// An init of nine seconds has time for one Send and its writes.
func TestTimeoutFitsTheBudget(t *testing.T) {
	if Timeout > 4*time.Second {
		t.Errorf("Timeout is %v, more than 4 s of an init's 9 s", Timeout)
	}
}

func TestSlowAnswerCounts(t *testing.T) {
	stub, s := start(t, good)
	release := make(chan struct{})
	stub.Next(awsfake.Hang(release).Calling(func(*http.Request) { close(release) }))
	if d, _, err := s.Send(t.Context(), sendertest.Message()); d != otp.Accepted {
		t.Errorf("Send = %v, %v, want Accepted", d, err)
	}
}
