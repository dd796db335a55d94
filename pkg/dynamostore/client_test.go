package dynamostore_test

import (
	"net/http"
	"strings"
	"testing"

	"countersign/pkg/dynamostore"
)

// asked keeps the last request.
type asked struct{ last *http.Request }

func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
	a.last = r
	return answering{http.StatusOK, `{}`}.RoundTrip(r)
}

func TestNewClient(t *testing.T) {
	for _, c := range []struct {
		name     string
		config   dynamostore.Config
		key      string
		host     string // "" where no client is made
		identity string // in the signature, or in the error
	}{
		{"in AWS", dynamostore.Config{Region: "eu-central-1"}, "AKIDEXAMPLE", "dynamodb.eu-central-1.amazonaws.com", "AKIDEXAMPLE/"},
		{"with an endpoint", dynamostore.Config{Region: "eu-central-1", Endpoint: "http://127.0.0.1:8000"}, "AKIDEXAMPLE", "127.0.0.1:8000", "AKIDEXAMPLE/"},
		{"with nothing but an endpoint", dynamostore.Config{Endpoint: "http://127.0.0.1:8000"}, "", "127.0.0.1:8000", "local/"},
		{"without credentials", dynamostore.Config{Region: "eu-central-1"}, "", "", "AWS_ACCESS_KEY_ID"},
		{"without a region", dynamostore.Config{}, "AKIDEXAMPLE", "", "AWS_REGION"},
	} {
		t.Run(c.name, func(t *testing.T) {
			secret := c.key
			if secret != "" {
				secret = "wJalrXUtnFEMI"
			}
			t.Setenv("AWS_ACCESS_KEY_ID", c.key)
			t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
			t.Setenv("AWS_SESSION_TOKEN", secret)
			to := &asked{}
			c.config.Transport = to
			client, err := dynamostore.NewClient(c.config)
			if c.host == "" {
				if err == nil || !strings.Contains(err.Error(), c.identity) {
					t.Fatalf("error is %v, must say what to set: %s", err, c.identity)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := dynamostore.New(client, "table").Answered(t.Context(), "N#1"); err != nil {
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
		})
	}
}
