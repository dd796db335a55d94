package phone

import (
	"fmt"
	"slices"
)

// Kind is the line type, as far as policies tell lines apart.
type Kind int

const (
	// Ordinary: anything that a person may use, mobile or not.
	Ordinary Kind = iota
	// Premium: the callee earns on each message.
	Premium
	// Satellite: as dear as premium.
	Satellite
)

// kinds are the names of the kinds, in their order.
var kinds = []string{"ordinary", "premium", "satellite"}

// ParseKind reads "ordinary", "premium" or "satellite". The error names the three.
func ParseKind(s string) (Kind, error) {
	k := slices.Index(kinds, s)
	if k < 0 {
		return 0, fmt.Errorf("line type %q is not known: use ordinary, premium or satellite", s)
	}
	return Kind(k), nil
}

// String returns what [ParseKind] reads.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kinds[k]
}
