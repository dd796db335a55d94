package guard

import (
	"context"
	"errors"
	"testing"
)

// reading are entries to read.
type reading struct {
	of   map[string]Entry
	fail error
}

func (r reading) Entries(_ context.Context, keys []string) (found []Entry, err error) {
	for _, key := range keys {
		if e, ok := r.of[key]; ok {
			found = append(found, e)
		}
	}
	return found, r.fail
}

// What was found foresees what Admit decides, with the same tag, and changes nothing.
func TestForesee(t *testing.T) {
	for name, s := range situations {
		for _, mode := range []Mode{Enforce, Monitor} {
			m := message(mode, s.source)
			b := s.table(m)
			r := reading{of: map[string]Entry{}}
			for key, e := range b.one {
				r.of[key] = *e
			}
			found, err := Look(t.Context(), r, m)
			if err != nil || len(found) != len(m.Keys()) {
				t.Fatalf("%s: found %v, %v", name, found, err)
			}
			first, again := found.Foresee(t.Context(), m), found.Foresee(t.Context(), m)
			want, err := Admit(t.Context(), b, m)
			for _, got := range []Verdict{first, again} {
				if err != nil || got.Reason != want.Reason || got.Tag != want.Tag || got.Figures != want.Figures {
					t.Errorf("%s, %s: %+v, want %+v, %v", name, mode, got, want, err)
				}
			}
			if got := Found(nil).Foresee(t.Context(), m); got.Reason != "" {
				t.Errorf("%s: nobody looked, and %q refuses", name, got.Reason)
			}
			for _, key := range m.Keys() { // where nobody looked, there is room
				in := Found{m.CountryKey(): found[m.CountryKey()], key: found[key]}
				got := in.Foresee(t.Context(), m)
				if got.Reason != "" && got.Reason != ByCountry && kindOf[got.Reason] != KindOf(key) {
					t.Errorf("%s: only %s was found, and %q refuses", name, key, got.Reason)
				}
			}
		}
	}
	failed := errors.New("no")
	if found, err := Look(t.Context(), reading{fail: failed}, message(Enforce, true)); found != nil || err != failed {
		t.Errorf("%v, %v", found, err)
	}
}
