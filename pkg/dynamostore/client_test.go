package dynamostore_test

import (
	"net/http"
	"strings"
	"testing"

	"countersign/pkg/dynamostore"
	"countersign/pkg/otp"
)

// recorder keeps the last request.
type recorder struct{ last *http.Request }

func (to *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	to.last = r
	return answering{http.StatusOK, `{}`}.RoundTrip(r)
}

func TestNewClient(t *testing.T) {
	for _, c := range []struct {
		name, key, region, endpoint string
		host                        string // "": an error
	}{
		{"in AWS", "AKIDEXAMPLE", "eu-central-1", "", "dynamodb.eu-central-1.amazonaws.com"},
		{"with an endpoint only", "", "", "http://127.0.0.1:8000", "127.0.0.1:8000"},
		{"without credentials", "", "eu-central-1", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", c.key)
			t.Setenv("AWS_SECRET_ACCESS_KEY", c.key)
			to := &recorder{}
			config := dynamostore.Config{Region: c.region, Endpoint: c.endpoint, Transport: to}
			client, err := dynamostore.NewClient(config)
			if c.host == "" {
				if err == nil || !strings.HasPrefix(err.Error(), "dynamodb: ") {
					t.Fatalf("error is %v, must name the service", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := dynamostore.New(client, "table").Answered(t.Context(), otp.Answer{Ledger: "N#1"}); err != nil {
				t.Fatal(err)
			}
			if got := to.last.URL.Host; got != c.host {
				t.Errorf("the request goes to %s, want %s", got, c.host)
			}
		})
	}
}
