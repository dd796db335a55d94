package functions

import (
	"testing"
	"time"

	"countersign/pkg/gateway"
	"countersign/pkg/otp"
)

// A handler answers before Lambda stops the function, and the lease of a challenge outlives the function.
func TestTimesAreInOrder(t *testing.T) {
	var template struct {
		Globals struct {
			Function struct {
				Timeout int `yaml:"Timeout"` // in seconds
			} `yaml:"Function"`
		} `yaml:"Globals"`
	}
	readTemplate(t, &template)
	function := time.Duration(template.Globals.Function.Timeout) * time.Second
	if gateway.Timeout > function-2*time.Second || otp.Lease < function+5*time.Second {
		t.Errorf("handlers answer within %v, Lambda stops functions after %v, leases last %v",
			gateway.Timeout, function, otp.Lease)
	}
}
