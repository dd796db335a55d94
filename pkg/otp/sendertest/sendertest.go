// Package sendertest is the suite for senders. It holds a sender to the promises of [otp.Sender]. The test of a sender
// calls [Run], and [Silent] for the errors of its provider that the suite does not know. That of a sender of AWS also
// calls [RunService].
package sendertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// The message of the suite. No part of it may be in an error or in the log.
const (
	Number = "+15550103377"
	Code   = "918273"
	Text   = "Acme: your code is " + Code
)

// Message returns the message of the suite.
func Message() otp.Message {
	return otp.Message{To: Number, Region: "US", Text: Text, Code: Code, Life: 5 * time.Minute}
}

// Provider is the way in which the provider behind a sender treats each message. Where it quotes the message in its
// errors, the suite shows that the sender does not pass the quote on.
type Provider string

const (
	// Accepting takes the message.
	Accepting Provider = "accepting"
	// Refusing refuses the message, and always will.
	Refusing Provider = "refusing"
	// Failing fails in a way that leaves open whether the message goes out.
	Failing Provider = "failing"
	// Hanging takes the message and never answers.
	Hanging Provider = "hanging"
)

// Start makes a sender with a provider. It returns nil if the sender has no such provider: a file refuses no message.
// The provider calls taken once for each message that reaches it, before it answers.
type Start func(t *testing.T, p Provider, taken func()) otp.Sender

var names = map[otp.Delivery]string{otp.MaybeSent: "MaybeSent", otp.Accepted: "Accepted", otp.Refused: "Refused"}

// Run runs the suite.
func Run(t *testing.T, start Start) {
	t.Helper()
	for p, want := range map[Provider]otp.Delivery{
		Accepting: otp.Accepted, Refusing: otp.Refused, Failing: otp.MaybeSent, Hanging: otp.MaybeSent,
	} {
		t.Run(string(p), func(t *testing.T) { testProvider(t, start, p, want) })
	}
	t.Run("context done", func(t *testing.T) { testContextDone(t, start) })
}

// testProvider sends one message. The context ends once a hanging provider has the message.
func testProvider(t *testing.T, start Start, p Provider, want otp.Delivery) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var attempts atomic.Int64
	s := start(t, p, func() {
		if attempts.Add(1); p == Hanging {
			cancel()
		}
	})
	if s == nil {
		return
	}
	got, id, err := send(ctx, t, s)
	if got != want || (id != "") != (want == otp.Accepted) {
		t.Errorf("Send returns %s and the id %q, want %s, and an id with an accepted message",
			names[got], id, names[want])
	}
	if (err == nil) != (want == otp.Accepted) {
		t.Errorf("error %v; want the cause of each delivery but Accepted, for the log", err)
	}
	if n := attempts.Load(); n > 1 || n == 0 && p != Failing {
		t.Errorf("%d attempts, want 1: a provider may not recognize a second one as the same message", n)
	}
}

// testContextDone sends a message with a context that is done. The provider has refused nothing, so another call may
// send the message.
func testContextDone(t *testing.T, start Start) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var attempts atomic.Int64
	got, _, err := send(ctx, t, start(t, Accepting, func() { attempts.Add(1) }))
	if n := attempts.Load(); got != otp.MaybeSent || err == nil || n != 0 {
		t.Errorf("Send returns %s, %v after %d attempts; want MaybeSent and an error after none", names[got], err, n)
	}
}

// patience is shorter than the limits that senders set themselves.
const patience = 2 * time.Second

// send sends the message. It fails the test if the error or the log shows any part of the message, or if Send goes on
// after its context is done.
func send(ctx context.Context, t *testing.T, s otp.Sender) (delivery otp.Delivery, id string, err error) {
	t.Helper()
	var log bytes.Buffer
	standard := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(standard)
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		delivery, id, err = s.Send(ctx, Message())
	}()
	select {
	case <-returned:
	case <-ctx.Done():
		select {
		case <-returned:
		case <-time.After(patience):
			t.Fatal("Send goes on after its context is done")
		}
	}
	quiet(t, log.String())
	Silent(t, err)
	return delivery, id, err
}

// Silent fails the test if err, or a log line with err, shows any part of the message.
func Silent(t *testing.T, err error) {
	t.Helper()
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("send", "cause", err, "again", fmt.Errorf("send: %w", err))
	slog.New(slog.NewTextHandler(&log, nil)).Error("send", "cause", err)
	quiet(t, fmt.Sprintf("%s %q %v %+v %#v %s", err, err, err, err, err, log.String()))
	if inner := errors.Unwrap(err); inner != nil {
		Silent(t, inner)
	}
}

// quiet fails the test if a text has any part of the message.
func quiet(t *testing.T, text string) {
	t.Helper()
	for _, part := range []string{Number[1:], Number[2:], Code, "Acme", "your code"} {
		if strings.Contains(text, part) {
			t.Errorf("%q leaked: %s", part, text)
		}
	}
}
