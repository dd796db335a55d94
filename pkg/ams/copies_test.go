package ams_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
)

// counter lets every request pass, and counts them.
type counter int

func (c *counter) Allow(context.Context, *clients.Client) (bool, error) {
	*c++
	return true, nil
}

// Copies of a captured request do not use up the rate of its client, in no spelling of its headers, and are strangers
// in the log. The client's other requests go on, and so do copies in the next minute.
func TestCopiesTakeNoRate(t *testing.T) {
	s, counted := trusted(t), new(counter)
	s.init.Copies, s.init.Limiter = ams.NewCopies(), counted
	sign := signed(t, s, privateKey(t, "ams-test-client.key.pem"))
	path, wrong := "/ams/api"+verifyPath, verifyBody(docID, "000000")
	var taken gateway.Request
	s.post(path, wrong, sign, func(r *gateway.Request) { taken = *r })
	header := taken.Headers["signature"][0]
	copied := func(n int) edit {
		return func(r *gateway.Request) {
			*r, r.Headers = taken, maps.Clone(taken.Headers)
			r.Headers["signature"] = []string{[]string{
				header, " " + header, fmt.Sprint(header, ",n=", n), strings.ToUpper(header[:9]) + header[9:],
				strings.ReplaceAll(header, "%2B", "%2b"),
			}[n%5]}
		}
	}
	for minute := range 2 {
		*counted = 0
		s.log.Reset()
		for n := range 300 {
			want := "AUTHENTICATION_REQUEST_ID_INVALID"
			if n >= 9+minute { // the request itself came in the first minute
				want = "REQUEST_TRAFFIC_EXCEED_LIMIT"
			}
			s.expect(want, path, "", copied(n))
		}
		if lines := strings.Count(s.log.String(), "\n"); int(*counted) != 9+minute || lines != 9+minute {
			t.Errorf("minute %d: %d of 300 copies are counted, with %d lines", minute, *counted, lines)
		}
		s.now = s.now.Add(time.Minute)
	}
	for range 300 { // of the client's own, each signed anew
		s.now = s.now.Add(time.Millisecond)
		s.expect("AUTHENTICATION_REQUEST_ID_INVALID", path, wrong, sign)
	}
}
