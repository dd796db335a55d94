package documentstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/documents"
)

func testLife(t *testing.T, d Documents) {
	const key = "client#demo"
	wantDocument(t, d, key, "", 0)
	put(t, d, key, `{"enabled":true}`, 0, true)
	wantDocument(t, d, key, `{"enabled":true}`, 1)
	put(t, d, key, `{"enabled":false}`, 1, true)
	wantDocument(t, d, key, `{"enabled":false}`, 2)
	put(t, d, key, `{"enabled":false}`, 2, true) // the same text is a write like any other
	wantDocument(t, d, key, `{"enabled":false}`, 3)
	remove(t, d, key, 3, true)
	wantDocument(t, d, key, "", 0)
	put(t, d, key, "anew", 0, true)
	wantDocument(t, d, key, "anew", 1)
}

// A write with another revision changes nothing.
func testRefusals(t *testing.T, d Documents) {
	put(t, d, "a", "one", 0, true)
	put(t, d, "a", "two", 1, true)
	for _, was := range []int64{0, 1, 3, -1} {
		put(t, d, "a", "other", was, false)
		remove(t, d, "a", was, false)
		wantDocument(t, d, "a", "two", 2)
	}
	for _, was := range []int64{1, 2, -1} {
		put(t, d, "none", "other", was, false)
		remove(t, d, "none", was, false)
	}
	remove(t, d, "none", 0, false)
	wantDocument(t, d, "none", "", 0)
	remove(t, d, "a", 2, true)
	remove(t, d, "a", 2, false)
	put(t, d, "a", "other", 2, false)
	wantDocument(t, d, "a", "", 0)
}

// A repeated put counts once, as long as nobody has written since.
func testRepetitions(t *testing.T, d Documents) {
	put(t, d, "a", "one", 0, true)
	put(t, d, "a", "one", 0, true)
	wantDocument(t, d, "a", "one", 1)
	put(t, d, "a", "two", 1, true)
	put(t, d, "a", "two", 1, true)
	wantDocument(t, d, "a", "two", 2)
	put(t, d, "a", "one", 0, false) // not the revision that it wrote
	put(t, d, "a", "two", 0, false)
	put(t, d, "a", "two", 2, true)
	put(t, d, "a", "two", 1, false)
	wantDocument(t, d, "a", "two", 3)
}

// No two keys are the same document.
func testKeys(t *testing.T, d Documents) {
	odd := []string{
		"a", "A", "a ", " a", " ", "a#b", "#", "##", "a\tb", "a\nb", "a'b", `a"b`, "a`b", `a\b`, `\`,
		"%", "_", "a%", "a_", "*", "?", "[a]",
		"' OR ''='", "\u00e9", "e\u0301", "\u00df", "ss", "\u0130", "i", "\uffff", "\U0001F600",
		"\u4e2d\u6587", "a\u200bb", "\u0001",
		strings.Repeat("k", 200), strings.Repeat("k", 199) + "l", strings.Repeat("\u4e2d", 200),
		strings.Repeat("k", documents.MaxKey),
	}
	for i, key := range odd {
		put(t, d, key, fmt.Sprint("text ", i), 0, true)
	}
	for i, key := range odd {
		wantDocument(t, d, key, fmt.Sprint("text ", i), 1)
	}
	found := keys(t, d, "")
	slices.Sort(odd)
	if !slices.Equal(found, odd) {
		t.Errorf("listed %q\nwant %q", found, odd)
	}
	for _, key := range []string{"", strings.Repeat("k", documents.MaxKey+1), "canary\xff"} {
		_, _, got := d.Get(t.Context(), key)
		_, put := d.Put(t.Context(), key, nil, 0)
		_, del := d.Delete(t.Context(), key, 1)
		for _, err := range []error{got, put, del} {
			if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "kkk") {
				t.Errorf("a key of %d bytes: error %v, must be one that does not quote it", len(key), err)
			}
		}
	}
}

func testTexts(t *testing.T, d Documents) {
	for i, text := range []string{
		"", " ", "'", `{"name":"\u4e2d","quote":"\""}`, "\u4e2d\u6587 \U0001F600 e\u0301 \u2028",
		"line\r\nline\n\ttab \u0001", "NULL", "1",
		strings.Repeat("x", documents.MaxText), strings.Repeat("\u4e2d", documents.MaxText/3),
	} {
		key := fmt.Sprint("text#", i)
		put(t, d, key, text, 0, true)
		wantDocument(t, d, key, text, 1)
		put(t, d, key, text, 1, true)
		wantDocument(t, d, key, text, 2)
	}
	put(t, d, "a", "kept", 0, true)
	for name, text := range map[string]string{
		"too long":  strings.Repeat("canary", documents.MaxText/6) + "canary",
		"not UTF-8": "canary\xff",
	} {
		for _, was := range []int64{0, 1} {
			ok, err := d.Put(t.Context(), "a", []byte(text), was)
			if err == nil || ok || strings.Contains(err.Error(), "canary") {
				t.Errorf("a text that is %s: ok %v, error %.200v, must be one that does not quote it", name, ok, err)
			}
		}
	}
	wantDocument(t, d, "a", "kept", 1)
}

// Prefixes are compared byte by byte, without wildcards.
func testList(t *testing.T, d Documents) {
	if got := keys(t, d, ""); got != nil {
		t.Errorf("a new table lists %q", got)
	}
	all := []string{
		"a", "a%", "a%b", "a%bc", "a_", "a_b", `a\`, `a\%`, `a\b`, "aXb", "ab", "abc", "a*", "a*b", "a?b",
		"A", "Ab", "a\u00e9", "ae\u0301",
		"client#a", "client#ab", "client#a#b", "client", "clients", "user#a", "\U0001F600", "\U0001F600a", "\uffff",
	}
	for _, key := range all {
		put(t, d, key, "text of "+key, 0, true)
	}
	put(t, d, "ab", "second", 1, true)
	prefixes := append(all, "", "a%b%", "%", "_", `\`, "b", "client#", "user#", "user#a#", "zz", "aX",
		strings.Repeat("a", 100))
	for _, prefix := range prefixes {
		var want []string
		for _, key := range all {
			if strings.HasPrefix(key, prefix) {
				want = append(want, key)
			}
		}
		slices.Sort(want)
		if got := keys(t, d, prefix); !slices.Equal(got, want) {
			t.Errorf("list of %q has %q, want %q", prefix, got, want)
		}
	}
	listed := map[string]string{}
	err := d.List(t.Context(), "ab", func(key string, text []byte, revision int64) error {
		listed[key] = fmt.Sprint(string(text), " ", revision)
		return nil
	})
	if got, want := fmt.Sprint(listed), "map[ab:second 2 abc:text of abc 1]"; err != nil || got != want {
		t.Errorf("listed %s, %v, want %s", got, err, want)
	}
	calls, enough := 0, errors.New("enough")
	err = d.List(t.Context(), "a", func(string, []byte, int64) error {
		calls++
		return enough
	})
	if err != enough || calls != 1 {
		t.Errorf("stopped with %v after %d calls, want the caller's own error after one", err, calls)
	}
}

// A list of several megabytes and many pages has each document once, and its caller may
// write meanwhile.
func testListOfMany(t *testing.T, d Documents) {
	want := map[string]int{}
	for i := range 12 {
		key := fmt.Sprintf("large#%02d", i)
		put(t, d, key, strings.Repeat("x", documents.MaxText-i), 0, true)
		want[key] = documents.MaxText - i
	}
	for i := range 100 {
		key := fmt.Sprintf("large#small#%02d", i)
		put(t, d, key, "", 0, true)
		want[key] = 0
	}
	for i := range 100 { // each is the very next key after the one before
		key := "large#tail" + strings.Repeat("\x01", i)
		put(t, d, key, "", 0, true)
		want[key] = 0
	}
	put(t, d, "large!", "before", 0, true)
	put(t, d, "large$", "behind", 0, true)
	before := ""
	err := d.List(t.Context(), "large#", func(key string, text []byte, revision int64) error {
		if n, ok := want[key]; !ok || n != len(text) || revision != 1 || key <= before {
			t.Errorf("%q after %q with %d bytes, revision %d", key, before, len(text), revision)
		}
		delete(want, key)
		before = key
		put(t, d, key, "seen", 1, true)
		return nil
	})
	if err != nil || len(want) > 0 {
		t.Errorf("%v, not listed: %v", err, want)
	}
}

// Of many writers that have read the same revision, one succeeds.
func testPutsAtOnce(t *testing.T, d Documents) {
	for was := range int64(3) {
		won := together(t, 200, func(i int) (bool, error) {
			return d.Put(t.Context(), "a", fmt.Appendf(nil, "of %d", i), was)
		})
		if len(won) != 1 {
			t.Fatalf("%d of 200 writers over revision %d reported success, want 1", len(won), was)
		}
		wantDocument(t, d, "a", fmt.Sprint("of ", won[0]), was+1)
	}
	won := together(t, 200, func(i int) (bool, error) { return d.Delete(t.Context(), "a", 3) })
	if len(won) != 1 {
		t.Errorf("%d of 200 deletions reported success, want 1", len(won))
	}
	wantDocument(t, d, "a", "", 0)
}
