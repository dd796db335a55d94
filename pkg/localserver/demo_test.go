package localserver

import (
	"slices"
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// The client "demo" has the rate, the messages of the day and the countries of the settings, as a client without its
// own has, and needs no signature.
func TestDemoHasTheDefaults(t *testing.T) {
	d := clients.Defaults{
		Policy: otp.DefaultPolicy(), Countries: []string{"GB", "MY"}, RequestsPerMinute: 600, MessagesPerDay: 7,
	}
	c, err := withDemo(clients.Lookup{Table: sqlitetest.New(t).Documents(), Defaults: d})(t.Context(), demoID)
	if err != nil || c == nil || c.PerMinute != 600 || c.Uncounted != 6 || c.MessagesPerDay != 7 ||
		!c.Unsigned || !slices.Equal(c.Countries, d.Countries) {
		t.Errorf("%v %+v", err, c)
	}
}
