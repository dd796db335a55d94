package secretsmanager_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign/pkg/keyring/secretsmanager"
)

// asked keeps the last request.
type asked struct {
	*vault
	last *http.Request
}

func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
	a.last = r
	return a.vault.RoundTrip(r)
}

func TestNew(t *testing.T) {
	for _, c := range []struct {
		name   string
		config secretsmanager.Config
		key    string
		host   string // "" where none is made
		text   string // in the error
	}{
		{"in AWS", secretsmanager.Config{Secret: "keys", Region: "eu-central-1"}, canary,
			"secretsmanager.eu-central-1.amazonaws.com", ""},
		{"with nothing but an endpoint", secretsmanager.Config{Secret: "keys", Endpoint: "http://127.0.0.1:4566"}, "",
			"127.0.0.1:4566", ""},
		{"without credentials", secretsmanager.Config{Secret: "keys", Region: "eu-central-1"}, "", "",
			"secretsmanager: no credentials"},
		{"without a secret", secretsmanager.Config{Region: "eu-central-1"}, canary, "", "ARN or name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", c.key)
			t.Setenv("AWS_SECRET_ACCESS_KEY", c.key)
			t.Setenv("AWS_SESSION_TOKEN", c.key)
			to := &asked{vault: newVault(codes(1))}
			c.config.Transport = to
			s, err := secretsmanager.New(c.config)
			if c.host == "" {
				if err == nil || !strings.Contains(err.Error(), c.text) {
					t.Fatalf("error %v, want %q in it", err, c.text)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if text, err := s.Read(t.Context(), time.Time{}); err != nil || !bytes.Equal(text, codes(1)) {
				t.Fatal(err)
			}
			if got := to.last.URL.Host; got != c.host {
				t.Errorf("asked %s, want %s", got, c.host)
			}
			if text := fmt.Sprintf("%v %+v %#v", s, s, *s); strings.Contains(text, canary) {
				t.Errorf("shows a secret: %s", text)
			}
		})
	}
}
