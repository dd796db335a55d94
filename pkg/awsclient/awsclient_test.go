package awsclient

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// wire answers requests by itself.
type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

func answer(r *http.Request, status int, body io.Reader) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Location": {"http://elsewhere.invalid"}}, Body: io.NopCloser(body), Request: r,
	}
}

// call makes one call with a real client of the SDK.
func call(ctx context.Context, t testing.TB, s Settings) error {
	t.Helper()
	cfg, err := Configure(s)
	if err != nil {
		t.Fatal(err)
	}
	_, err = dynamodb.NewFromConfig(cfg).ListTables(ctx, &dynamodb.ListTablesInput{})
	return err
}

func TestWhereAndWho(t *testing.T) {
	for _, c := range []struct {
		name, key        string
		given            aws.CredentialsProvider
		region, endpoint string
		host             string // "" where there is no configuration
		signed           string // id of the key and region, or the error
	}{
		{"in AWS", "AKIDEXAMPLE", nil, "eu-central-1", "", "dynamodb.eu-central-1.amazonaws.com",
			"AKIDEXAMPLE/eu-central-1"},
		{"with an endpoint", "AKIDEXAMPLE", nil, "eu-central-1", "http://127.0.0.1:8000", "127.0.0.1:8000",
			"AKIDEXAMPLE/eu-central-1"},
		{"with others than its own", "AKIDEXAMPLE", Local(), "", "http://127.0.0.1:8000", "127.0.0.1:8000",
			"local/us-east-1"},
		{"with nothing but an endpoint", "", nil, "", "http://127.0.0.1:8000", "127.0.0.1:8000", "local/us-east-1"},
		{"without credentials", "", nil, "eu-central-1", "", "",
			"dynamodb: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give an endpoint"},
		{"without a region", "AKIDEXAMPLE", nil, "", "", "",
			"dynamodb: no region: set AWS_REGION, or give an endpoint"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", c.key)
			t.Setenv("AWS_SECRET_ACCESS_KEY", c.key)
			t.Setenv("AWS_SESSION_TOKEN", "token")
			t.Setenv("AWS_REGION", "ap-south-1") // is for the caller to read
			t.Setenv("AWS_ENDPOINT_URL", "http://elsewhere.invalid")
			var host, signed string
			s := Settings{
				Service:     "dynamodb",
				Region:      c.region,
				Endpoint:    c.endpoint,
				Credentials: c.given,
				Transport: wire(func(r *http.Request) (*http.Response, error) {
					who, _, _ := strings.Cut(r.Header.Get("Authorization"), ",")
					part := strings.Split(who, "/")
					host, signed = r.URL.Host, strings.TrimPrefix(part[0], "AWS4-HMAC-SHA256 Credential=")+"/"+part[2]
					if token := r.Header.Get("X-Amz-Security-Token"); (token == "token") != (c.key != "" &&
						c.given == nil) {
						t.Errorf("session token %q", token)
					}
					return answer(r, http.StatusOK, strings.NewReader("{}")), nil
				}),
			}
			if c.host == "" {
				if _, err := Configure(s); err == nil || err.Error() != c.signed {
					t.Errorf("error %v, want %s", err, c.signed)
				}
				return
			}
			if err := call(t.Context(), t, s); err != nil || host != c.host || signed != c.signed {
				t.Errorf("asked %s as %s, %v, want %s as %s", host, signed, err, c.host, c.signed)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	env := map[string]string{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
	for missing, there := range map[string]bool{"": true, "AWS_SESSION_TOKEN": true, "AWS_ACCESS_KEY_ID": false,
		"AWS_SECRET_ACCESS_KEY": false} {
		keys := Keys(func(name string) string {
			if name == missing {
				return ""
			}
			return env[name]
		})
		if (keys != nil) != there {
			t.Errorf("without %q: keys %v, want %v", missing, keys != nil, there)
		}
	}
}

// endless is a body that begins and never ends.
type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) {
	<-e.ctx.Done()
	return 0, e.ctx.Err()
}

// A call that a retry may help is tried three times, with a pause that doubles. A call that hangs ends in time (P18).
// No redirect is followed. Time is virtual.
func TestAttempts(t *testing.T) {
	const attempt, first = 700 * time.Millisecond, 50 * time.Millisecond
	soon := []time.Duration{0, first, first + 2*first}
	late := []time.Duration{0, attempt + first, 2*attempt + 3*first}
	for name, c := range map[string]struct {
		trip wire
		at   []time.Duration // of each request
		ends time.Duration
	}{
		"no answer": {func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, late, 3*attempt + 3*first},
		"an answer without end": {func(r *http.Request) (*http.Response, error) {
			return answer(r, http.StatusOK, io.MultiReader(strings.NewReader("{"), endless{r.Context()})), nil
		}, late, 3*attempt + 3*first},
		"no connection": {func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}, soon, 3 * first},
		"half an answer": {func(r *http.Request) (*http.Response, error) {
			return answer(r, http.StatusOK, strings.NewReader(`{"TableNames":[`)), nil
		}, soon, 3 * first},
		"HTTP 500": {func(r *http.Request) (*http.Response, error) {
			return answer(r, http.StatusInternalServerError, strings.NewReader("{}")), nil
		}, soon, 3 * first},
		"a redirect": {func(r *http.Request) (*http.Response, error) {
			return answer(r, http.StatusFound, strings.NewReader("{}")), nil
		}, []time.Duration{0}, 0},
		"a refusal": {func(r *http.Request) (*http.Response, error) {
			return answer(r, http.StatusBadRequest, strings.NewReader(`{"__type":"AccessDeniedException"}`)), nil
		}, []time.Duration{0}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var at []time.Duration
				err := call(t.Context(), t, Settings{
					Service: "dynamodb", Endpoint: "http://table.invalid", Attempt: attempt, Pause: first,
					Transport: wire(func(r *http.Request) (*http.Response, error) {
						at = append(at, time.Since(start))
						if r.URL.Host != "table.invalid" {
							return answer(r, http.StatusOK, strings.NewReader("{}")), nil // of somebody else
						}
						return c.trip(r)
					}),
				})
				if took := time.Since(start); err == nil || took != c.ends {
					t.Errorf("%v after %v, want an error after %v", err, took, c.ends)
				}
				if !slices.Equal(at, c.at) {
					t.Errorf("requests at %v, want %v", at, c.at)
				}
			})
		})
	}
}

// Many calls share a few connections, and all speak HTTP/1.1 to a server that offers HTTP/2.
func TestConnections(t *testing.T) {
	const connections, calls = 3, 30
	var mu sync.Mutex
	opened, spoken := 0, map[string]int{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		spoken[r.Proto]++
		io.WriteString(w, "{}")
	}))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if state == http.StateNew {
			opened++
		}
	}
	server.StartTLS()
	defer server.Close()
	way := transport(connections)
	defer way.CloseIdleConnections()
	way.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	way.TLSClientConfig.NextProtos = nil
	cfg, err := Configure(Settings{Service: "dynamodb", Endpoint: server.URL, Attempt: time.Minute, Transport: way})
	if err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(cfg)
	var all sync.WaitGroup
	for range calls {
		all.Go(func() {
			if _, err := client.ListTables(t.Context(), &dynamodb.ListTablesInput{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	// A connection may be opened in vain, when another one becomes free meanwhile.
	if spoken["HTTP/1.1"] != calls || opened > 2*connections {
		t.Errorf("%v over %d connections, want HTTP/1.1 over about %d", spoken, opened, connections)
	}
}
