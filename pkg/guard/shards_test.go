package guard

import (
	"fmt"
	"testing"
)

// An attack on all countries of the world gets one message in each, and what all young countries have together, however
// many shards the client has.
func TestCountriesOfAllShards(t *testing.T) {
	const countries, young = 240, 150
	for _, shards := range []int{1, 2, 3, 32} {
		table, sent := one{}, 0
		for n := range countries * shards * 3 {
			m := message(Enforce, false)
			m.Policy.Young, m.Shards = young, shards
			m.Region, m.Shard = fmt.Sprint(n%countries), n/countries%shards
			m.Block = []byte(fmt.Sprintf("%08d", n))
			v, err := Admit(t.Context(), table, m)
			if err != nil {
				t.Fatal(err)
			}
			if !v.Refused(Enforce) {
				sent++
			}
		}
		if most := countries + young; sent > most || sent < young-shards {
			t.Errorf("%d shards: %d messages without an answer, want %d at most", shards, sent, most)
		}
	}
}

// A shard of a young country that has an answer has room of its own, also where it began without any.
func TestAnswerInAShard(t *testing.T) {
	for _, shards := range []int{1, 2, 32} {
		m := message(Enforce, false)
		m.Shards = shards
		table := one{}
		for n := range 3 {
			v, err := Admit(t.Context(), table, m)
			if err != nil || v.Refused(Enforce) {
				t.Fatalf("%+v, %v", v, err)
			}
			if _, borrowed, _, _ := v.Tag.Numbers("a", "MY"); borrowed != (shards > 1 && n == 0) {
				t.Errorf("%d shards, message %d: with room of all young countries: %v", shards, n, borrowed)
			}
			if n == 0 {
				table[m.CountryKey()].Credit([]Credit{{Event: Answered, Hour: at}}, 0)
			}
		}
	}
}
