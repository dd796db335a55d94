package localserver

import (
	"fmt"
	"testing"

	"countersign/pkg/changes"
)

// TestLatest: the latest facts are kept, each once.
func TestLatest(t *testing.T) {
	r := &latest{changed: func() {}}
	for n := range maxLatest + 500 {
		for range 2 {
			if done, err := r.Publish(t.Context(), []changes.Fact{{ID: fmt.Sprint(n)}}); done != 1 || err != nil {
				t.Fatalf("published %d facts, %v, want 1", done, err)
			}
		}
	}
	list := r.list()
	if len(list) != maxLatest || list[0].Detail.ID != fmt.Sprint(maxLatest+499) ||
		list[maxLatest-1].Detail.ID != "500" {
		t.Errorf("%d events, from %s to %s", len(list), list[0].Detail.ID, list[len(list)-1].Detail.ID)
	}
	if len(r.known) != maxLatest {
		t.Errorf("%d ids are kept, want %d", len(r.known), maxLatest)
	}
}
