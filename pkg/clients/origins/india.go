package origins

import (
	"fmt"
	"slices"

	"countersign/pkg/clients"
)

// India is the country whose texts have an entity and a template each.
const India = "IN"

// localRoutes are the Regions of AWS from which registered messages to India take a local route, since 2025-04-30.
// Messages from others are international: they cost more, and come from a number that changes.
var localRoutes = []string{"ap-south-1", "ap-south-2"}

// Route returns why registered messages to India take an international route from a Region, or "". entity is the one
// that texts have where no entry has one.
func Route(region string, countries []string, all map[string]clients.Sender, entity string) string {
	reached := slices.Contains(countries, India) || slices.Contains(countries, clients.Everywhere)
	if !reached || entity == "" && all[India].EntityID == "" || region == "" || slices.Contains(localRoutes, region) {
		return ""
	}
	return fmt.Sprintf("%s: registered messages take a local route from %s and %s only, and from %s an international "+
		"one, which costs more and shows a number in place of the header: send them from a stack in one of those "+
		"Regions",
		India, localRoutes[0], localRoutes[1], region)
}
