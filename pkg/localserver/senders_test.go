package localserver

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/config"
)

// The page of settings names the senders of the local server, and no others.
func TestSendersAreNamed(t *testing.T) {
	row, _ := config.Find("SENDER")
	want := "local server: " + strings.Join(slices.Sorted(maps.Keys(senders(nil))), ", ")
	if !slices.Contains(strings.Split(row.Range, "; "), want) {
		t.Errorf("the range of SENDER in pkg/config/settings.go is %q: write %q into it, then run "+
			"go test ./docs -run TestSettings -update", row.Range, want)
	}
}
