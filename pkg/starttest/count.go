package starttest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
)

// Counter counts the requests of a function to its tables.
type Counter struct {
	mu   sync.Mutex
	seen map[string]int
}

// Count puts a counter in front of the tables. Call it after [Environment] and
// before the function is wired.
func Count(t testing.TB) *Counter {
	t.Helper()
	target, err := url.Parse(dynamotest.Endpoint(t))
	if err != nil {
		t.Fatal(err)
	}
	c, proxy := &Counter{seen: map[string]int{}}, httputil.NewSingleHostReverseProxy(target)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		c.mu.Lock()
		c.seen[operation]++
		c.mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", s.URL)
	return c
}

// Take returns the requests since the last call, by operation.
func (c *Counter) Take() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := maps.Clone(c.seen)
	clear(c.seen)
	return seen
}
