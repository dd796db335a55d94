package phone

import (
	"fmt"
	"slices"
)

// Kind is the type of a line.
type Kind int

const (
	// Ordinary lines are all other lines, mobile or not.
	Ordinary Kind = iota
	// Premium lines pay their owner for each message.
	Premium
	// Satellite lines cost as much as premium ones.
	Satellite
)

// kinds has the names of the kinds, in their order.
var kinds = []string{"ordinary", "premium", "satellite"}

// ParseKind reads "ordinary", "premium" or "satellite". The error names the three.
func ParseKind(s string) (Kind, error) {
	k := slices.Index(kinds, s)
	if k < 0 {
		return 0, fmt.Errorf("line type %q is not known: use ordinary, premium or satellite", s)
	}
	return Kind(k), nil
}

// String returns the name that [ParseKind] reads.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kinds[k]
}
