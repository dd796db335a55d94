package guard

import (
	"context"
	"errors"
)

// Reader reads entries. Both stores are one.
type Reader interface {
	// Entries returns the entries under these keys, in no order and as they are stored, see [Entry.At]. Keys without an
	// entry are left out.
	Entries(ctx context.Context, keys []string) ([]Entry, error)
}

// At returns the entry as a message of this hour would find it. The entry itself stays as it is.
func (e Entry) At(hour int64) Entry {
	if hour > e.Hour {
		e.roll(hour)
	}
	return e
}

// ErrDamaged is the cause of an error about an entry that cannot be read. The error names the key.
var ErrDamaged = errors.New("a budget of the guard is damaged")
