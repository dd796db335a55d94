package guard

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func digest(b byte) []byte { return bytes.Repeat([]byte{b}, DigestSize) }

// A key has its kind, whatever the client's part and the digest are, and no other key has one.
func TestKindOf(t *testing.T) {
	for _, client := range []string{"demo", "b", "", "~" + strings.Repeat("b", 43), "b-c_y"} {
		for _, region := range []string{"MY", "", "bb"} {
			for shard := range MaxShards {
				n := Numbers{Client: client, Region: region, Shard: shard, Block: digest('#')}
				n.Source = digest(byte(shard))
				for kind, key := range map[Kind]string{
					Block: n.BlockKey(), Country: n.CountryKey(), Young: n.YoungKey(), Source: n.SourceKey(),
				} {
					if got := KindOf(key); got != kind {
						t.Errorf("%s: %c, want %c", key, got, kind)
					}
				}
			}
		}
	}
	for _, key := range []string{
		"", "G", "G#", "G##", "G#demo", "G#demo#", "G#demo#b", "G#demo#bb#1", "G#demo#x#1", "G#demo##b#1", "g#demo#b#1",
		"C#demo#b#1", "N#demo#b#1", "M#demo#b#1", "#G#demo#b#1",
	} {
		if got := KindOf(key); got != 0 {
			t.Errorf("%s: %c, want none", key, got)
		}
	}
}

// No two entries have one key: not those of two clients, two countries, two shards, or of a country that is not known.
func TestKeysDiffer(t *testing.T) {
	seen := map[string]Numbers{}
	for _, client := range []string{"a", "b", "a-b"} {
		for _, region := range []string{"MY", "M", "Y", "", "GB"} {
			for shard := range MaxShards {
				n := Numbers{Client: client, Region: region, Shard: shard}
				if old, ok := seen[n.CountryKey()]; ok {
					t.Errorf("%s: %+v and %+v", n.CountryKey(), old, n)
				}
				seen[n.CountryKey()] = n
			}
		}
	}
	n := Numbers{Client: "a", Block: digest(1), Source: digest(1)}
	if n.BlockKey() == n.SourceKey() || n.BlockKey() != BlockKey("a", digest(1)) {
		t.Error("the keys of a block and a source with one digest")
	}
	if key := (Numbers{Client: "a"}).CountryKey(); key != "G#a#c#ZZ#0" {
		t.Errorf("a country that is not known: %s", key)
	}
}

// A tag is read as it was written, with and without a source and figures, and nothing of another length is a tag.
func TestTag(t *testing.T) {
	for shard := range MaxShards {
		for bits := range 8 {
			n := Numbers{Client: "a", Region: "MY", Shard: shard, Block: digest(byte(shard))}
			if bits&4 != 0 {
				n.Source = digest(0)
			}
			tag := n.Tag(bits&1 != 0, bits&2 != 0)
			got, young, known, ok := tag.Numbers("a", "MY")
			same := got.Shard == shard && bytes.Equal(got.Block, n.Block) && bytes.Equal(got.Source, n.Source) &&
				(got.Source == nil) == (n.Source == nil) && got.Client == "a" && got.Region == "MY"
			if !ok || !same || young != (bits&1 != 0) || known != (bits&2 != 0) || tag.Figures() != (Figures{}) {
				t.Errorf("%x: %+v %v %v %v", tag, got, young, known, ok)
			}
			refused := tag.refused(Figures{shard, 1 << 31, 255, 24})
			again, youngToo, knownToo, ok := refused.Numbers("a", "MY")
			if !ok || !reflect.DeepEqual(again, got) || youngToo != young || knownToo != known ||
				refused.Figures() != (Figures{shard, 1 << 31, 255, 24}) || len(refused) > 30 {
				t.Errorf("%x, refused: %+v %+v %v", refused, again, refused.Figures(), ok)
			}
		}
	}
	for size := range 5 * DigestSize {
		tag := Tag(strings.Repeat("x", size))
		_, _, _, ok := tag.Numbers("a", "MY")
		if want := slices.Contains([]int{9, 17, 22, 30}, size); ok != want {
			t.Errorf("%d bytes: %v", size, ok)
		}
		if figures := tag.Figures() != (Figures{}); figures != (size == 22 || size == 30) {
			t.Errorf("%d bytes have figures: %v", size, figures)
		}
	}
	huge := Tag(strings.Repeat("x", 9)).refused(Figures{Unanswered: -1, Answered: 1 << 40, Hours: 1}).Figures()
	if want := (Figures{Answered: 1<<32 - 1, Hours: 1}); huge != want {
		t.Errorf("figures that do not fit: %+v, want %+v", huge, want)
	}
}

// FuzzTag: whatever bytes a challenge has, a tag names a shard that there is, or is none.
func FuzzTag(f *testing.F) {
	f.Add([]byte{})
	f.Add(append([]byte{0xff}, digest(1)...))
	f.Add(append([]byte{0x20}, digest(1)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, young, known, ok := Tag(b).Numbers("a", "MY")
		if !ok {
			return
		}
		if n.Shard < 0 || n.Shard >= MaxShards || len(n.Block) != DigestSize {
			t.Errorf("%x: %+v", b, n)
		}
		if again, y, k, ok := n.Tag(young, known).Numbers("a", "MY"); !ok || y != young || k != known ||
			again.BlockKey() != n.BlockKey() || again.SourceKey() != n.SourceKey() || again.Shard != n.Shard {
			t.Errorf("%x: %+v, then %+v", b, n, again)
		}
	})
}

// FuzzKindOf: a key that has a kind begins as entries' keys do.
func FuzzKindOf(f *testing.F) {
	f.Add("G#demo#b#AAAA")
	f.Add("G##c#")
	f.Fuzz(func(t *testing.T, key string) {
		k := KindOf(key)
		if k != 0 && (!strings.HasPrefix(key, KeyPrefix) || !strings.Contains(key, "#"+string(k)+"#")) {
			t.Errorf("%q: %c", key, k)
		}
	})
}
