package functions

import (
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"countersign/pkg/gateway"
	"countersign/pkg/otp"
)

// An answer comes before the function is stopped, and no function outlives the
// lease of its challenge.
func TestTimesAreInOrder(t *testing.T) {
	text, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^    Timeout: (\d+)$`).FindAllSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%d timeouts in the template", len(found))
	}
	n, _ := strconv.Atoi(string(found[0][1]))
	function := time.Duration(n) * time.Second
	if gateway.Timeout > function-2*time.Second || otp.Lease < function+5*time.Second {
		t.Errorf(
			"handlers answer within %v, functions are stopped after %v, leases last %v",
			gateway.Timeout,
			function,
			otp.Lease,
		)
	}
}
