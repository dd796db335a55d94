package localserver

import (
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// The client "demo" has the deployment's rate and messages of the day, as a client without its own has.
func TestDemoHasTheDefaults(t *testing.T) {
	d := clients.Defaults{RequestsPerMinute: 600, MessagesPerDay: 7}
	c, err := withDemo(clients.Lookup{Table: sqlitetest.New(t).Documents(), Defaults: d})(t.Context(), demoID)
	if err != nil || c == nil || c.PerMinute != 600 || c.Uncounted != 6 || c.MessagesPerDay != 7 {
		t.Errorf("%v %+v", err, c)
	}
}
