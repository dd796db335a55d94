package sendertest

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
	"countersign/pkg/awssender"
	"countersign/pkg/otp"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// trip answers requests instead of a wire.
type trip func(*http.Request) (*http.Response, error)

// wire is a RoundTripper that counts.
type wire struct {
	n    int
	trip trip
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.n++
	return w.trip(r)
}

func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// hangAfter answers with the beginning of a body.
func hangAfter(beginning string) trip {
	return func(r *http.Request) (*http.Response, error) {
		stuck := readerFunc(func([]byte) (int, error) {
			<-r.Context().Done()
			return 0, r.Context().Err()
		})
		body := io.NopCloser(io.MultiReader(strings.NewReader(beginning), stuck))
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body, Request: r}, nil
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// testHanging measures P18 in virtual time: to the nanosecond.
func (s Service) testHanging(t *testing.T) {
	// An init of nine seconds has time for one Send and its writes.
	if s.Timeout > 4*time.Second {
		t.Errorf("Timeout is %v, more than 4 s of an init's 9 s", s.Timeout)
	}
	hangingKeys := aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		<-ctx.Done()
		return aws.Credentials{}, ctx.Err()
	})
	half := hangAfter(s.Beginning)
	for name, c := range map[string]struct {
		trip     trip
		keys     aws.CredentialsProvider
		deadline time.Duration // of the caller
		want     time.Duration
		requests int
	}{
		"no answer":             {hang, nil, time.Hour, s.Timeout, 1},
		"half an answer":        {half, nil, time.Hour, s.Timeout, 1},
		"the caller is shorter": {hang, nil, time.Second, time.Second, 1},
		"credentials hang":      {hang, hangingKeys, time.Hour, s.Timeout, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{trip: c.trip}
				cfg := awsfake.AWS()
				if c.keys != nil {
					cfg.Credentials = c.keys
				}
				sender := s.sender(t, cfg, "", w)
				ctx, cancel := context.WithTimeout(t.Context(), c.deadline)
				defer cancel()
				start := time.Now()
				d, _, err := sender.Send(ctx, Message())
				if took := time.Since(start); took != c.want {
					t.Errorf("took %v, want %v", took, c.want)
				}
				var e *awssender.Error
				if d != otp.MaybeSent || !errors.As(err, &e) || !strings.Contains(e.Reason, "in time") {
					t.Errorf("Send = %s, %v, want MaybeSent, as time ran out", names[d], err)
				}
				if w.n != c.requests {
					t.Errorf("%d requests, want %d", w.n, c.requests)
				}
				checkSilence(t, err)
			})
		})
	}
}

// testSlow shows that a slow answer counts.
func (s Service) testSlow(t *testing.T) {
	fake, sender := s.start(t)
	release := make(chan struct{})
	fake.Next(awsfake.Hang(release).Calling(func(*http.Request) { close(release) }))
	if d, _, err := sender.Send(t.Context(), Message()); d != otp.Accepted {
		t.Errorf("Send = %s, %v, want Accepted", names[d], err)
	}
}
