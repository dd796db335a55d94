package console

import (
	"context"
	"net/http/httptest"
	"testing"

	"countersign/pkg/changes"
)

// Whoever leaves a page before it is there ends what it reads. The log has nothing of that, as nothing is wrong.
func TestPageThatIsLeft(t *testing.T) {
	onEachSite(t, func(t *testing.T, s *site) {
		if s.Local != nil {
			s.Local.Facts = func() []changes.Event { return nil }
		}
		left, leave := context.WithCancel(t.Context())
		leave()
		for _, path := range []string{"/console/happened/20261127844795779388202336293120671", "/console/clients"} {
			r := httptest.NewRequestWithContext(left, "GET", "http://127.0.0.1:8080"+path, nil)
			r.RemoteAddr = "127.0.0.1:50000"
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
		if s.Local != nil {
			s.activeIDs(left)
		}
		if s.log.Len() > 0 {
			t.Errorf("the log has %s", s.log)
		}
	})
}
