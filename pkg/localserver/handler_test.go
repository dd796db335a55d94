package localserver

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/gateway"
)

// TestSlotsInTime: every call is answered in time, even if all slots are taken by calls that
// hang (P18).
func TestSlotsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := func(ctx context.Context, _ gateway.Request) gateway.Response {
			<-ctx.Done()
			return gateway.Response{Status: http.StatusOK, Body: []byte("U")}
		}
		l := &server{init: stuck, verify: stuck, slots: make(chan struct{}, slots)}
		begin := time.Now()
		done := make(chan string)
		const calls = 5 * slots
		for range calls {
			go func() {
				w := httptest.NewRecorder()
				l.ServeHTTP(w, httptest.NewRequest("POST", "/v1/users/verifyAuthentication", strings.NewReader("{}")))
				text, _ := io.ReadAll(w.Body)
				done <- string(text)
			}()
		}
		for range calls {
			if got := <-done; got != "U" {
				t.Errorf("answered %q, want U", got)
			}
		}
		if took := time.Since(begin); took > 9*time.Second {
			t.Errorf("the last answer took %v of virtual time", took)
		}
	})
}
