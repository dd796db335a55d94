package dynamostore_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/guard"
)

// busy is a table that leaves out all keys of a batch so many times. Each answer has one item.
type busy struct {
	times int
	calls *int
}

func (b busy) RoundTrip(r *http.Request) (*http.Response, error) {
	*b.calls++
	body := `{"Responses":{"table":[{"pk":{"S":"G#demo#y#0"},"rev":{"N":"1"},"hour":{"N":"1"},"ttl":{"N":"1"},` +
		`"left":{"N":"1"},"beyond":{"N":"0"}`
	for _, counts := range []string{"u", "a", "k", "r"} {
		body += `,"` + counts + `":{"L":[` + strings.Repeat(`{"N":"0"},`, 23) + `{"N":"0"}]}`
	}
	left := `"table":{"Keys":[{"pk":{"S":"G#demo#y#1"}}]}`
	if *b.calls > b.times {
		left = ""
	}
	return answering{http.StatusOK, body + `}]},"UnprocessedKeys":{` + left + `}}`}.RoundTrip(r)
}

// Keys that a busy table leaves out are asked for again, for some time. Time is virtual.
func TestBusyTable(t *testing.T) {
	for _, c := range []struct {
		times, calls int
		took         time.Duration
		fails        bool
	}{
		{0, 1, 0, false}, {1, 2, 50 * time.Millisecond, false}, {4, 5, 750 * time.Millisecond, false},
		{9, 5, 1550 * time.Millisecond, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			b, start := busy{c.times, new(int)}, time.Now()
			keys := []string{"G#demo#y#0", "G#demo#y#1"}
			got, err := stubbed(t, b).Entries(t.Context(), keys)
			if (err != nil) != c.fails || *b.calls != c.calls || time.Since(start).Truncate(time.Millisecond) > c.took {
				t.Errorf("left out %d times: %v after %d calls and %v", c.times, err, *b.calls, time.Since(start))
			}
			if !c.fails && (len(got) != 1 || got[0].Kind != guard.Young) {
				t.Errorf("left out %d times: %+v", c.times, got)
			}
		})
	}
}
