package secretsmanager_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/secretsmanager"
)

// A process's requests, over a real connection.
func TestRequestsOfARing(t *testing.T) {
	v := newVault(codes(2))
	server := httptest.NewServer(v)
	defer server.Close()
	s, err := secretsmanager.New(secretsmanager.Config{Secret: "keys", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	var log bytes.Buffer
	r, err := keyring.New(s, func() time.Time { mu.Lock(); defer mu.Unlock(); return now }, time.Minute,
		slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	pass := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
	many := func(use func()) {
		var all sync.WaitGroup
		for range 200 {
			all.Go(use)
		}
		all.Wait()
	}
	look := func(requests int, versions string) {
		t.Helper()
		if n := v.requests(""); n != requests || v.requests("GetSecretValue") != n {
			t.Errorf("%d requests, want %d: %q", n, requests, v.asked)
		}
		if r.Document().String() != versions+", number 1, seal 1" {
			t.Errorf("holds %v, want %s", r, versions)
		}
	}
	many(func() { r.Keys(t.Context()); r.Seal(t.Context(), nil, "") })
	look(1, "code 2")
	pass(time.Minute)
	many(func() { r.Keys(t.Context()) })
	look(2, "code 2")
	many(func() { r.Newer(t.Context(), 1) }) // retired
	look(2, "code 2")
	v.Set(codes(2, 3))
	many(func() { r.Newer(t.Context(), 3) })
	look(3, "code 2 3")
	many(func() { r.Newer(t.Context(), 9) }) // nobody has it
	look(4, "code 2 3")
	if strings.Contains(log.String(), canary) || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("log %s", &log)
	}
}

// A failed read is tried again if that can help. Its error helps the operator and shows no
// secret.
func TestReadFails(t *testing.T) {
	for name, c := range map[string]struct {
		answer answer
		tries  int
		text   string // in the error
	}{
		"not allowed": {refusal("AccessDeniedException",
			"User: role is not authorized to perform: secretsmanager:GetSecretValue"), 1,
			"not authorized to perform: secretsmanager:GetSecretValue (HTTP 400, request " + awsfake.RequestID + ")"},
		"not there": {refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
			1, "can't find"},
		"being deleted": {refusal("InvalidRequestException", "it was marked for deletion"), 1,
			"marked for deletion"},
		"KMS key disabled": {refusal("DecryptionFailure", "Secrets Manager can't decrypt"), 1, "can't decrypt"},
		"throttled":        {refusal("ThrottlingException", canary), 3, "ThrottlingException"},
		"in trouble": {answer{status: 500, body: `{"__type":"InternalServiceError","Message":"` + canary + `"}`},
			3, "InternalServiceError (HTTP 500"},
		"a bad gateway":    {answer{status: 502, body: "<html>" + canary}, 3, "HTTP 502"},
		"an odd refusal":   {refusal("InvalidParameterException", canary), 1, "InvalidParameterException (HTTP 400"},
		"broken off":       {answer{}, 3, "unexpected EOF"},
		"elsewhere":        {answer{status: 307, body: canary}, 3, "HTTP 307"},
		"half an answer":   {answer{status: 200, body: `{"SecretString":"` + canary}, 3, "could not be read"},
		"not JSON":         {answer{status: 200, body: canary}, 3, "could not be read"},
		"another type":     {answer{status: 200, body: `{"SecretString":["` + canary + `"]}`}, 3, "could not be read"},
		"no text":          {answer{status: 200, body: `{"SecretBinary":"Q0FOQVJZ"}`}, 1, "holds no text"},
		"nothing":          {answer{status: 200}, 1, "holds no text"},
		"no keyring":       {answer{status: 200, body: `{"SecretString":"` + canary + `"}`}, 1, "not JSON of the form"},
		"a keyring's half": {answer{status: 200, body: `{"SecretString":"{\"code\":[]}"}`}, 1, "code must be a list"},
		"no JSON object":   {answer{status: 200, body: `["` + canary + `"]`}, 3, "could not be read"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVault(codes(1))
				v.before = func(int, string) *answer { return &c.answer }
				r, err := keyring.New(secret(t, v), time.Now, time.Minute, slog.New(slog.DiscardHandler))
				if r != nil || err == nil || !strings.Contains(err.Error(), c.text) {
					t.Fatalf("%v, want %q", err, c.text)
				}
				quiet(t, err)
				if n := v.requests(""); n != c.tries {
					t.Errorf("%d requests, want %d: %v", n, c.tries, err)
				}
				// One such answer among good ones is not noticed, where a retry can help.
				v = newVault(codes(1))
				v.before = func(n int, _ string) *answer {
					if n == 1 {
						return &c.answer
					}
					return nil
				}
				if _, err := secret(t, v).Read(t.Context(), time.Time{}); c.tries > 1 && err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// quiet fails if an error, or any in it, shows a secret.
func quiet(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Error("x", "err", e)
		slog.New(slog.NewTextHandler(&log, nil)).Error("x", "err", e)
		if strings.Contains(log.String(), canary) {
			t.Errorf("shows a secret: %s", &log)
		}
	}
}

// A call ends even if the service never answers (P18), and the held keys stay in use.
// Time is virtual.
func TestHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault(codes(1))
		r, err := keyring.New(secret(t, v), time.Now, time.Minute, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		held := r.Keys(t.Context())
		v.takes = time.Hour
		time.Sleep(time.Minute)
		begin := time.Now()
		if r.Keys(t.Context()) != held {
			t.Error("other keys")
		}
		if took := time.Since(begin); took > 2400*time.Millisecond {
			t.Errorf("took %v", took)
		}
		begin = time.Now()
		if r.Keys(t.Context()); time.Since(begin) > 0 {
			t.Errorf("the next call waited %v", time.Since(begin))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = secret(t, v).Read(ctx, time.Time{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > time.Millisecond {
			t.Errorf("a caller that gives up: %v after %v", err, time.Since(begin))
		}
		begin = time.Now()
		_, err = keyring.New(secret(t, v), time.Now, time.Minute, slog.New(slog.DiscardHandler))
		if err == nil || time.Since(begin) > 2400*time.Millisecond {
			t.Errorf("a start: %v after %v", err, time.Since(begin))
		}
		quiet(t, err)
	})
}
