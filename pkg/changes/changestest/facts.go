package changestest

import (
	"fmt"
	"slices"
	"strings"

	"countersign/pkg/changes"
)

// Fact is the part of a fact that tests compare. The rest is its id, or depends on the
// time at which a store looked.
type Fact struct {
	AuthenticationID string
	Kind             changes.Kind
	Left             int // -1: none
	Reason           string
}

// Of returns the comparable part of facts, each id once, in the order of [Sort].
func Of(facts []changes.Fact) []Fact {
	var out []Fact
	ids := map[string]bool{}
	for _, f := range facts {
		if ids[f.ID] {
			continue
		}
		ids[f.ID] = true
		left := -1
		if f.AttemptsLeft != nil {
			left = *f.AttemptsLeft
		}
		out = append(out, Fact{f.AuthID, f.Kind, left, f.Reason})
	}
	Sort(out)
	return out
}

// Sort puts facts in that order.
func Sort(facts []Fact) {
	slices.SortFunc(facts, func(a, b Fact) int {
		order := func(f Fact) string { return fmt.Sprint(f.AuthenticationID, f.Kind, 9-f.Left, f.Reason) }
		return strings.Compare(order(a), order(b))
	})
}

// Diff describes how facts differ from the expected ones, a line for each.
func Diff(got, want []Fact) string {
	var b strings.Builder
	left := slices.Clone(want)
	for _, f := range got {
		if i := slices.Index(left, f); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			fmt.Fprintf(&b, "published, but not expected: %+v\n", f)
		}
	}
	for _, f := range left {
		fmt.Fprintf(&b, "expected, but not published: %+v\n", f)
	}
	return b.String()
}
