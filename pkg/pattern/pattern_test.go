package pattern_test

import (
	"testing"

	"countersign/pkg/pattern"
)

func TestMatches(t *testing.T) {
	three := pattern.Matches(`\A[0-9]{3}\z`)
	for text, want := range map[string]bool{"123": true, "": false, "12": false, "1234": false, "123\n": false} {
		for range 2 {
			if three(text) != want {
				t.Errorf("%q matches: %v, want %v", text, !want, want)
			}
		}
	}
}
