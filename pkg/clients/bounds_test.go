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
