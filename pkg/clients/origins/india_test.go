package origins_test

import (
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
)

// Registered messages to India take a local route from two Regions. Where they go from another one, a line names it.
func TestRoute(t *testing.T) {
	registered := map[string]clients.Sender{"IN": {Identity: "ACMEIN", EntityID: "1", TemplateID: "2"}}
	for _, c := range []struct {
		region    string
		countries []string
		all       map[string]clients.Sender
		entity    string
		warned    bool
	}{
		{"eu-central-1", []string{"MY", "IN"}, registered, "", true},
		{"eu-central-1", []string{"*"}, nil, "1", true},
		{"ap-southeast-1", []string{"IN"}, nil, "1", true},
		{"ap-south-1", []string{"IN"}, registered, "1", false},
		{"ap-south-2", []string{"*"}, registered, "", false},
		{"eu-central-1", []string{"MY"}, registered, "1", false},
		{"eu-central-1", []string{"IN"}, nil, "", false}, // another line states that the ids are missing
		{"", []string{"IN"}, registered, "", false},
	} {
		if got := origins.Route(c.region, c.countries, c.all, c.entity); (got != "") != c.warned {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
