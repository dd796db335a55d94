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
		name     string
		config   secretsmanager.Config
		key      string
		host     string // "" where no client is made
		identity string // in the signature, or in the error
	}{
		{"in AWS", secretsmanager.Config{Secret: "keys", Region: "eu-central-1"}, "AKIDEXAMPLE", "secretsmanager.eu-central-1.amazonaws.com", "AKIDEXAMPLE/"},
		{"with an endpoint", secretsmanager.Config{Secret: "keys", Region: "eu-central-1", Endpoint: "http://127.0.0.1:4566"}, "AKIDEXAMPLE", "127.0.0.1:4566", "AKIDEXAMPLE/"},
		{"with nothing but an endpoint", secretsmanager.Config{Secret: "keys", Endpoint: "http://127.0.0.1:4566"}, "", "127.0.0.1:4566", "local/"},
		{"without credentials", secretsmanager.Config{Secret: "keys", Region: "eu-central-1"}, "", "", "AWS_ACCESS_KEY_ID"},
		{"without a region", secretsmanager.Config{Secret: "keys"}, "AKIDEXAMPLE", "", "AWS_REGION"},
		{"without a secret", secretsmanager.Config{Region: "eu-central-1"}, "AKIDEXAMPLE", "", "ARN or name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			secret := c.key
			if secret != "" {
				secret = canary
			}
			t.Setenv("AWS_ACCESS_KEY_ID", c.key)
			t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
			t.Setenv("AWS_SESSION_TOKEN", secret)
			to := &asked{vault: newVault(codes(1))}
			c.config.Transport = to
			s, err := secretsmanager.New(c.config)
			if c.host == "" {
				if err == nil || !strings.Contains(err.Error(), c.identity) {
					t.Fatalf("error is %v, must say what to set: %s", err, c.identity)
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
			if got := to.last.Header.Get("Authorization"); !strings.Contains(got, "Credential="+c.identity) {
				t.Errorf("signed as %s, want %s", got, c.identity)
			}
			if got := to.last.Header.Get("X-Amz-Security-Token"); got != secret {
				t.Errorf("session token %q, want %q", got, secret)
			}
			if said := fmt.Sprintf("%v %+v %#v", s, s, *s); strings.Contains(said, canary) {
				t.Errorf("shows a secret: %s", said)
			}
		})
	}
}
