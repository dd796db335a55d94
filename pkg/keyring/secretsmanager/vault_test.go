package secretsmanager_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/secretsmanager"
)

// canary is in every secret of the tests, and must be in no error and no log.
const canary = "CANARY"

// vault is a fake of Secrets Manager that counts requests, and fails at those that a test names.
type vault struct {
	*awsfake.Secret
	mu    sync.Mutex
	asked []string // operations, in order

	// before sees each request with its place, from 1, and may answer it instead. An answer of status 0 breaks the
	// connection; lost does so after the operation was carried out.
	before func(n int, operation string) *answer
	takes  time.Duration // virtual
}

type answer struct {
	status int
	body   string
	lost   bool
}

func newVault(text []byte) *vault {
	v := &vault{Secret: awsfake.NewSecret(text)}
	v.Name = "keys"
	return v
}

// requests returns the number of requests for an operation, "" for all.
func (v *vault) requests(operation string) (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, o := range v.asked {
		if operation == "" || o == operation {
			n++
		}
	}
	return n
}

func refusal(code, message string) answer {
	return answer{status: 400, body: fmt.Sprintf(`{"__type":%q,"Message":%q}`, code, message)}
}

// RoundTrip answers a request without a network, so that time can be virtual.
func (v *vault) RoundTrip(r *http.Request) (*http.Response, error) {
	if v.takes > 0 {
		select {
		case <-time.After(v.takes):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	w := httptest.NewRecorder()
	if !v.serve(w, r) {
		return nil, fmt.Errorf("read tcp 127.0.0.1:443: %w", io.ErrUnexpectedEOF)
	}
	return w.Result(), nil
}

// ServeHTTP answers it over one.
func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !v.serve(w, r) {
		panic(http.ErrAbortHandler)
	}
}

func (v *vault) serve(w http.ResponseWriter, r *http.Request) (answered bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.")
	v.asked = append(v.asked, operation)
	if r.Method != "POST" || r.URL.Path != "/" || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		panic(fmt.Sprint("not Secrets Manager's protocol: ", r.Method, r.URL, r.Header))
	}
	var instead *answer
	if v.before != nil {
		instead = v.before(len(v.asked), operation)
	}
	if instead == nil {
		v.Secret.ServeHTTP(w, r)
		return true
	}
	if instead.lost {
		v.Secret.ServeHTTP(httptest.NewRecorder(), r)
	}
	if instead.status == 0 {
		return false
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", awsfake.RequestID)
	w.WriteHeader(instead.status)
	io.WriteString(w, instead.body)
	return true
}

// secret returns the secret that a vault keeps.
func secret(t testing.TB, v http.RoundTripper) *secretsmanager.Secret {
	t.Helper()
	s, err := secretsmanager.New(secretsmanager.Config{Secret: "keys", Endpoint: "http://vault.invalid", Transport: v})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// codes returns a keyring with these code versions.
func codes(versions ...int) []byte {
	key := func(n int, kind string) string {
		return fmt.Sprintf(`{"version":%d,"secret":"%s-%s%d-%s"}`, n, canary, kind, n, strings.Repeat("x", 30))
	}
	var all []string
	for _, n := range versions {
		all = append(all, key(n, "code"))
	}
	return []byte(`{"code":[` + strings.Join(all, ",") + `],"number":[` + key(1, "number") + `],"seal":[` + key(1,
		"seal") + `]}`)
}

func held(t testing.TB, text string) string {
	t.Helper()
	d, err := keyring.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}
