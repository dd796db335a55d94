package localserver

import (
	"fmt"
	"testing"

	"countersign/pkg/changes"
)

func TestLatest(t *testing.T) {
	r := &latest{}
	for n := range maxLatest + 500 {
		for range 2 {
			if done, err := r.Publish(t.Context(), []changes.Fact{{ID: fmt.Sprint(n)}}); done != 1 || err != nil {
				t.Fatal(done, err)
			}
		}
	}
	list := r.list()
	if len(list) != maxLatest || list[0].Detail.ID != fmt.Sprint(maxLatest+499) ||
		list[maxLatest-1].Detail.ID != "500" {
		t.Errorf("%d events, from %s to %s", len(list), list[0].Detail.ID, list[len(list)-1].Detail.ID)
	}
	if len(r.known) != maxLatest {
		t.Errorf("%d ids are kept", len(r.known))
	}
}
