package documentstest

import (
	"fmt"
	"math"
	"testing"
)

// ttl is far in the future, so that no engine deletes a counter during a test.
const ttl = 4_102_531_208 // 2100-01-02

// take counts n. want is the expected ok.
func take(t testing.TB, c Counter, key string, window int64, n, limit int, want bool) {
	t.Helper()
	if ok, err := c.Take(t.Context(), key, window, n, limit, ttl); err != nil || ok != want {
		t.Fatalf("take %d of %d in window %d: ok %v, %v, want ok %v", n, limit, window, ok, err, want)
	}
}

func testWindows(t *testing.T, c Counter) {
	t.Run("limit", func(t *testing.T) {
		for range 3 {
			take(t, c, "T#a", 10, 1, 3, true)
		}
		take(t, c, "T#a", 10, 1, 3, false)
		take(t, c, "T#a", 10, 1, 3, false)
		take(t, c, "T#b", 10, 1, 3, true) // another key has its own
	})
	t.Run("next window", func(t *testing.T) {
		take(t, c, "T#a", 11, 1, 1, true)
		take(t, c, "T#a", 11, 1, 1, false)
		take(t, c, "T#a", 1000, 1, 1, true) // any later one is
		take(t, c, "T#a", 1000, 1, 1, false)
	})
	t.Run("late clock", func(t *testing.T) {
		take(t, c, "T#late", 10, 1, 3, true)
		take(t, c, "T#late", 9, 1, 3, true)
		take(t, c, "T#late", 10, 1, 3, true)
		take(t, c, "T#late", 9, 1, 3, false)
		take(t, c, "T#late", 10, 1, 3, false)
		take(t, c, "T#late", 11, 1, 3, true)
		take(t, c, "T#late", 10, 2, 3, true)
		take(t, c, "T#late", 11, 1, 3, false)
	})
	t.Run("several at once", func(t *testing.T) {
		take(t, c, "T#n", 10, 4, 10, true)
		take(t, c, "T#n", 10, 7, 10, false)
		take(t, c, "T#n", 10, 6, 10, true)
		take(t, c, "T#n", 10, 1, 10, false)
		take(t, c, "T#n", 11, 10, 10, true) // the first takes all
		take(t, c, "T#n", 11, 1, 10, false)
		take(t, c, "T#n", 12, 3, 10, true) // the first counts as many as it takes
		take(t, c, "T#n", 12, 8, 10, false)
		take(t, c, "T#n", 12, 7, 10, true)
	})
	t.Run("changed limit", func(t *testing.T) {
		take(t, c, "T#limit", 10, 5, 10, true)
		take(t, c, "T#limit", 10, 1, 5, false)
		take(t, c, "T#limit", 10, 1, 3, false)
		take(t, c, "T#limit", 10, 1, 6, true)
	})
	t.Run("any numbers", func(t *testing.T) {
		take(t, c, "T#numbers", -1, 1, 1, true)
		take(t, c, "T#numbers", 0, 1, 1, true)
		take(t, c, "T#numbers", 1<<40, math.MaxInt32, math.MaxInt32, true)
		take(t, c, "T#numbers", 1<<40, 1, math.MaxInt32, false)
		take(t, c, "T# '%_\\\u4e2d", 1, 1, 1, true)
	})
}

func testBounds(t *testing.T, c Counter) {
	for _, bad := range []struct{ n, limit int }{{0, 10}, {-1, 10}, {11, 10}, {1, 0}, {0, 0}, {-1, -1}} {
		if ok, err := c.Take(t.Context(), "T#a", 10, bad.n, bad.limit, ttl); err == nil || ok {
			t.Errorf("take %d of %d: ok %v, no error", bad.n, bad.limit, ok)
		}
	}
	take(t, c, "T#a", 10, 10, 10, true) // nothing of it was counted
}

// takers is the number of calls at once: twice the highest limit of the test.
const takers = 200

// Of any number of calls at once, exactly the limit is granted.
func testTakesAtOnce(t *testing.T, c Counter) {
	for _, test := range []struct{ n, limit, want int }{{1, 100, 100}, {3, 100, 33}, {1, 1, 1}, {1, 1000, takers}} {
		t.Run(fmt.Sprintf("%d of %d", test.n, test.limit), func(t *testing.T) {
			key := fmt.Sprint("T#", test.n, " ", test.limit)
			for window := range int64(2) { // the first makes the counter, the second finds one that is over
				won := together(t, takers, func(int) (bool, error) {
					return c.Take(t.Context(), key, window, test.n, test.limit, ttl)
				})
				if len(won) != test.want {
					t.Errorf("%d granted in window %d, want %d", len(won), window, test.want)
				}
			}
		})
	}
	t.Run("clocks that differ", func(t *testing.T) {
		take(t, c, "T#clocks", 1, 1, 100, true)
		won := together(t, takers+100, func(i int) (bool, error) {
			return c.Take(t.Context(), "T#clocks", int64(i%2)+1,
				1, 100, ttl)
		})
		// Window 1 has at most 99 left; window 2, where most are counted, is used up.
		if len(won) < 100 || len(won) > 199 {
			t.Errorf("%d granted in two windows of 100, one of which had 1", len(won))
		}
		take(t, c, "T#clocks", 2, 1, 100, false)
	})
}
