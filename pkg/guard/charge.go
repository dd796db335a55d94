package guard

import (
	"context"
	"slices"
)

// Charge is one message to a new number, to be counted in an entry.
type Charge struct {
	Key  string
	Kind Kind
	// Hour is that of the message, since 1970.
	Hour int64
	// Base is that of a [Country] and of [Young], Usual that of the country of a [Block]: see [Entry].
	Base, Usual int
	// Region is the country of the message, of a [Source]; [Uncertain] where it is not known.
	Region string
	// Label returns that of a [Block], for an entry that has none.
	Label func() []byte
	// Answering: a block must have had an answer in the last 14 days.
	Answering bool
	// Beyond, if it is not 0, counts a message beyond the budget of a country IF its hour has fewer of them.
	Beyond int
	// Force counts the message whether there is room or not.
	Force bool
}

// Budgets is the table of entries. All methods may be called concurrently.
type Budgets interface {
	// Charge does what [Entry.Take] does with the entry of c, or with a [Fresh] one if there is none, as one
	// conditional write. It returns the entry after the write, or the one that refused it; its Seen, Label and Rev
	// may be missing. A repeat of a write whose answer was lost may count twice, so that less goes out, never more.
	Charge(ctx context.Context, c Charge) (e Entry, applied bool, err error)

	// Uncharge gives a message back that was counted and is certain not to go out, see [Entry.GiveBack]. Where it is
	// not certain that the write was applied, it is not repeated.
	Uncharge(ctx context.Context, c Charged) error
}

// Charged is a message that an entry counts.
type Charged struct {
	Key  string
	Hour int64
}

// Fresh returns an entry without any message.
func Fresh(key string, kind Kind, hour int64) Entry {
	return Entry{Key: key, Kind: kind, Hour: hour}
}

// Current reports whether the room of the entry is computed for the hour of c, and with its base and ratio. Only then
// the charge is nothing but: Left-100, Unanswered[hour]+1 IF Left >= 100.
func (e *Entry) Current(c Charge) bool {
	return e.Hour >= c.Hour && e.Hour < c.Hour+hours &&
		(c.Kind != Block || e.Usual == c.Usual) && (c.Kind == Block || c.Kind == Source || e.Base == c.Base)
}

// Take counts a message IF there is room for it, or c asks for less. It brings the entry to the hour of c first,
// whether the message is counted or not.
func (e *Entry) Take(c Charge) bool {
	e.bring(c)
	switch {
	case c.Answering && !e.Answers(c.Hour):
		return false
	case c.Kind == Source && !c.Force && !e.reaches(c.Region):
		return false
	case c.Beyond > 0 && e.Beyond >= c.Beyond:
		return false
	case c.Beyond == 0 && !c.Force && e.Left < 100:
		return false
	}
	if c.Beyond > 0 {
		e.Beyond++
	}
	if c.Kind == Source && !slices.Contains(e.Regions, c.Region) && e.reaches(c.Region) {
		e.Regions = append(slices.Clone(e.Regions), c.Region)
	}
	e.Left -= 100
	e.Unanswered[Slot(c.Hour)]++
	return true
}

// bring makes the entry [Entry.Current] for c.
func (e *Entry) bring(c Charge) {
	if e.Label == nil && c.Label != nil {
		e.Label = c.Label()
	}
	if e.Current(c) && e.TTL != 0 {
		return
	}
	e.Base = c.Base
	if c.Kind == Block {
		e.Usual = c.Usual
	}
	e.roll(max(c.Hour, e.Hour))
}

// reaches reports whether a source may send to a country.
func (e *Entry) reaches(region string) bool {
	return len(e.Regions) < sourceRegions || slices.Contains(e.Regions, region)
}

// GiveBack undoes a charge of this hour.
func (e *Entry) GiveBack(hour int64) {
	if i := Slot(hour); hour > e.Hour-hours && hour <= e.Hour && e.Unanswered[i] > 0 {
		e.Unanswered[i]--
		e.Left += 100
	}
}
