package guard

import (
	"reflect"
	"testing"
)

// TestAt: an entry that nobody uses any more has the room that the next message finds, and reading changes nothing.
func TestAt(t *testing.T) {
	const now = 500_000
	for _, kind := range []Kind{Block, Country, Young, Source} {
		e := Fresh("k", kind, now)
		for range 7 {
			e.Take(Charge{Key: "k", Kind: kind, Hour: now, Base: 2000, Region: "MY"})
		}
		stored := e
		for _, later := range []int64{-1, 0, 1, 23, 24, 1000} {
			got, taken := e.At(now+later), e
			taken.Take(Charge{Key: "k", Kind: kind, Hour: now + later, Base: 2000, Region: "MY"})
			if got.Left != taken.Left+100 && got.Left >= 100 {
				t.Errorf("%c, %d hours later: %d are left, and after a message %d", kind, later, got.Left, taken.Left)
			}
			if n := Sum(got.Unanswered); (n == 0) != (later >= 24) {
				t.Errorf("%c, %d hours later: %d unanswered", kind, later, n)
			}
		}
		if !reflect.DeepEqual(e, stored) {
			t.Errorf("%c: reading changed the entry", kind)
		}
	}
}
