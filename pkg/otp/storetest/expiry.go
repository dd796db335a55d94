package storetest

import (
	"fmt"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testExpiry verifies a code around the end of its lifetime (P9). Nothing sweeps the
// table here.
func testExpiry(t *testing.T, o Opener) {
	for _, edge := range []struct {
		off  time.Duration
		want otp.Outcome
	}{{-time.Millisecond, otp.Passed}, {0, otp.Expired}, {time.Millisecond, otp.Expired}} {
		t.Run(fmt.Sprint("at its end ", edge.off), func(t *testing.T) {
			w, code := sentCode(t, o)
			w.Clock.Advance(otp.DefaultPolicy().Validity + edge.off)
			w.verify(t, "id", code, edge.want)
		})
	}
}
