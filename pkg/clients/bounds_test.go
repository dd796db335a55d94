package clients_test

import (
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
)

// A client's bounds are the limits that it has of its own, or else those that the deployment set. A default of the
// service bounds nothing.
func TestBounds(t *testing.T) {
	minutes := func(n int) *clients.Duration { return new(clients.Duration(time.Duration(n) * time.Minute)) }
	for _, c := range []struct {
		deployment clients.Bounds
		own        clients.Limits
		want       clients.Bounds
	}{
		{},
		{clients.Bounds{Validity: 2 * time.Minute, Digits: 7}, clients.Limits{},
			clients.Bounds{Validity: 2 * time.Minute, Digits: 7}},
		{clients.Bounds{Validity: 2 * time.Minute}, clients.Limits{Digits: new(8)},
			clients.Bounds{Validity: 2 * time.Minute, Digits: 8}},
		{clients.Bounds{Validity: 2 * time.Minute, Digits: 7}, clients.Limits{Validity: minutes(9), Digits: new(4)},
			clients.Bounds{Validity: 9 * time.Minute, Digits: 4}},
		{clients.Bounds{}, clients.Limits{Validity: minutes(5), Digits: new(6)}, // the values of the default policy
			clients.Bounds{Validity: 5 * time.Minute, Digits: 6}},
		{clients.Bounds{}, clients.Limits{Attempts: new(3), PerDay: new(4)}, clients.Bounds{}},
	} {
		r := clientstest.New(t)
		r.Defaults.Bounds = c.deployment
		if got := r.MustAdd(t, clients.Record{ID: "acme", Limits: c.own}, "").Bounds; got != c.want {
			t.Errorf("%+v of %+v under %+v, want %+v", got, c.own, c.deployment, c.want)
		}
	}
}

// The window of a record is that of AMS requests, with another default for HMAC timestamps, and at most ten minutes.
func TestSkew(t *testing.T) {
	for _, c := range []struct {
		window     *clients.Duration
		skew, wide time.Duration
	}{
		{nil, 5 * time.Minute, 10 * time.Minute},
		{new(clients.Duration(0)), 10 * time.Minute, 0},
		{new(clients.Duration(90 * time.Second)), 90 * time.Second, 90 * time.Second},
		{new(clients.Duration(10 * time.Minute)), 10 * time.Minute, 10 * time.Minute},
		{new(clients.Duration(time.Hour)), 10 * time.Minute, time.Hour},
	} {
		got := clientstest.New(t).MustAdd(t, clients.Record{ID: "acme", Window: c.window}, "")
		if got.Skew != c.skew || got.Window != c.wide {
			t.Errorf("window %v: %v for HMAC and %v for AMS, want %v and %v",
				c.window, got.Skew, got.Window, c.skew, c.wide)
		}
	}
}
