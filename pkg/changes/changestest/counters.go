// Package changestest is the conformance suite of what pkg/changes needs of a
// store, and a life of challenges with every fact in it.
package changestest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"

	"countersign/pkg/changes"
)

// ttl lies far ahead, so that no engine's own TTL deletion finds a counter.
const ttl = 4_102_531_208 // 2100-01-02

// Counters runs the suite of [changes.Counters]. Open makes fresh, empty counters.
func Counters(t *testing.T, open func(t testing.TB) changes.Counters) {
	t.Run("once", func(t *testing.T) { testOnce(t, open(t)) })
	t.Run("many", func(t *testing.T) { testMany(t, open(t)) })
	t.Run("at once", func(t *testing.T) { testAtOnce(t, open(t)) })
}

func one(id, what string, keys ...string) changes.Count {
	return changes.Count{ID: id, What: what, Keys: keys, TTL: ttl}
}

func count(t testing.TB, c changes.Counters, facts ...changes.Count) {
	t.Helper()
	if done, err := c.Count(t.Context(), facts); done != len(facts) || err != nil {
		t.Fatalf("count of %d: %d done, %v", len(facts), done, err)
	}
}

func stands(t testing.TB, c changes.Counters, key string, want map[string]int64) {
	t.Helper()
	got, err := c.Tally(t.Context(), key)
	if err != nil || !maps.Equal(got, want) || (got == nil) != (want == nil) {
		t.Errorf("%s stands at %v, %v, want %v", key, got, err, want)
	}
}

func testOnce(t *testing.T, c changes.Counters) {
	stands(t, c, "S#a", nil)
	count(t, c)
	count(t, c, one("1", "sent", "S#a", "S#b"))
	count(t, c, one("1", "sent", "S#a", "S#b"))
	count(t, c, one("2", "sent", "S#a"), one("1", "sent", "S#a", "S#b"), one("2", "sent", "S#a"), one("3", "passed", "S#b"))
	stands(t, c, "S#a", map[string]int64{"sent": 2})
	stands(t, c, "S#b", map[string]int64{"sent": 1, "passed": 1})
	stands(t, c, "S#", nil)
}

// More facts than a store may write at once, some of them known, all in few
// counters or each in its own, twice and in another order.
func testMany(t *testing.T, c changes.Counters) {
	want := map[string]map[string]int64{}
	var facts []changes.Count
	for i := range 350 {
		f := one(fmt.Sprint("m", i), []string{"sent", "passed", "failed"}[i%3], "S#all", fmt.Sprint("S#", i%7), fmt.Sprint("S#own", i))
		facts = append(facts, f)
		for _, key := range f.Keys {
			if want[key] == nil {
				want[key] = map[string]int64{}
			}
			want[key][f.What]++
		}
	}
	count(t, c, facts[40:60]...)
	count(t, c, facts...)
	rand.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
	count(t, c, append(facts, facts[:100]...)...)
	for _, key := range []string{"S#all", "S#0", "S#6", "S#own0", "S#own349"} {
		stands(t, c, key, want[key])
	}
}

// However many count the same, each fact counts once.
func testAtOnce(t *testing.T, c changes.Counters) {
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 40 {
				n := (i + w*10) % 40
				for {
					facts := []changes.Count{one(fmt.Sprint("c", n), "sent", "S#hot"), one(fmt.Sprint("d", w, n), "passed", "S#hot")}
					done, err := c.Count(t.Context(), facts)
					if err == nil && done == len(facts) {
						break // else others were in the way for long: a stream would deliver it again
					}
				}
			}
		})
	}
	wg.Wait()
	stands(t, c, "S#hot", map[string]int64{"sent": 40, "passed": 160})
}
