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
	// SharedCost lines are paid by their caller and by their owner, who may get a part.
	SharedCost
	// Pager lines show numbers or short texts, on devices that few people have.
	Pager
	// Voicemail lines are mailboxes.
	Voicemail
	// UAN are universal access numbers: a company has one for all its branches.
	UAN
)

// kinds has the names of the kinds, in their order.
var kinds = []string{"ordinary", "premium", "satellite", "shared-cost", "pager", "voicemail", "uan"}

// KindNames has the names that [ParseKind] reads, for errors and help.
const KindNames = "ordinary, premium, satellite, shared-cost, pager, voicemail or uan"

// Kinds returns all kinds but [Ordinary].
func Kinds() (all []Kind) {
	for k := range kinds[1:] {
		all = append(all, Kind(k+1))
	}
	return all
}

// ParseKind reads the name of a kind. The error names all.
func ParseKind(s string) (Kind, error) {
	k := slices.Index(kinds, s)
	if k < 0 {
		return 0, fmt.Errorf("line type %q is not known: use %s", s, KindNames)
	}
	return Kind(k), nil
}

// String returns the name of a kind.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kinds[k]
}
