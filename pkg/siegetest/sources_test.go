package siegetest

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// TestSources: what a request has in the place of the source makes its sender a stranger,
// unless it is a source from which a right code came. It never refuses the request: once
// the limits of strangers allow a message, it goes out.
func TestSources(t *testing.T) {
	for _, via := range []string{"ams", "unimatrix", "cognito"} {
		t.Run(via, func(t *testing.T) {
			w := newWorld(t, otp.DefaultPolicy())
			owner, others := w.people()[via](), w.people()[via]()
			if !owner.ask(number, home) || !owner.guess(number, home, w.code()) {
				t.Fatal("the owner cannot sign in")
			}
			w.clock.Advance(48 * time.Hour)
			for range 2 {
				for others.ask(number, stranger) {
					w.clock.Advance(otp.DefaultPolicy().Cooldown)
				}
				w.clock.Advance(time.Hour)
			}
			wrong := []string{
				"", "-", strings.ToUpper(home), home + " ", " " + home, home + "," + home, "203.0.113.7", "10.0.0.1",
				"unknown", strings.Repeat("x", 500), "é", home + "\n",
			}
			for _, source := range wrong {
				if others.ask(number, source) {
					t.Errorf("the source %q passes for that of the owner", source)
				}
			}
			if !owner.ask(number, home) {
				t.Error("the owner gets no code")
			}
			for _, source := range wrong {
				w.clock.Advance(25 * time.Hour)
				if !others.ask(number, source) {
					t.Errorf("the source %q refuses a request", source)
				}
			}
		})
	}
}
