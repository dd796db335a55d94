package main

import (
	"testing"

	"countersign/pkg/phone/plan"
)

// The numbers at both ends of each range are fictional and possible, and their neighbours are not fictional.
func TestFictional(t *testing.T) {
	for e164, want := range map[string]bool{
		"+12025550100": true, "+16045550199": true, "+12025550099": false, "+12025550200": false,
		"+18005550199": true, "+18885550123": true,
		"+18005550123": false, "+19005550100": false, "+15005550199": false, "+17005550150": false,
		"+18085550100": true,
		"+15055550100": true, "+12025551234": false, "+15555555555": false, "+16505553434": false,
		"+447700900000": true, "+447700900999": true, "+447700899999": false, "+447700901000": false,
		"+442079460000": true, "+442079460999": true, "+442079461000": false, "+441632960123": true,
		"+441632961123": false, "+441134960999": true, "+441184960000": true, "+441194960000": false,
		"+441614960000": true, "+441914980000": true, "+441914960000": false, "+442896496999": true,
		"+442920180000": true, "+448081570000": true, "+449098790999": true, "+443069990000": true,
		"+61491570006": true, "+61491570110": true, "+61491570156": true, "+61491570159": true, "+61491570160": false,
		"+61491571804": true, "+61491573087": true, "+61491578957": true, "+61491579455": true, "+61491579456": false,
		"+61255500000": true, "+61870109999": true, "+61455501234": false,
		"+33639980000": true, "+33639989999": true, "+33639990000": false, "+33199001234": true, "+33261911234": true,
		"+491713920000": true, "+491713920099": true, "+491713920100": false, "+4917604069042": true,
		"+4915228817386": true, "+4915228817387": false, "+493023125000": true, "+498999998999": true,
		"+46701740605": true, "+46701740699": true, "+46701740604": false, "+46701740700": false,
		"+46313900600": true, "+46846500499": true, "+353209100000": true, "+353209199999": true,
		"+353209200000": false, "+606543216353": false, "+60155550123": false,
	} {
		n, ok := plan.Lookup(e164)
		if got := ok && fictional(n); got != want {
			t.Errorf("%s: %v, want %v (possible: %v)", e164, got, want, ok)
		}
	}
}
