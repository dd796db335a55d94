package sqlitestore

import (
	"encoding/binary"
	"fmt"

	"countersign/pkg/guard"
)

// entryForm begins an encoded entry. Another form of it would begin with another byte.
const entryForm = 1

// Limits of an encoded entry, far above those of package guard: what has more is damaged.
const mostList, mostText = 1 << 8, 1 << 12

var errEntry = fmt.Errorf("%w: delete its row from the table guard, and its budget begins anew", guard.ErrDamaged)

// encodeEntry appends all of an entry but its key and TTL, which are columns of their own: its numbers, the hours that
// have counts, then its lists. Most hours of most blocks have none.
func encodeEntry(to []byte, e guard.Entry) []byte {
	to = append(to, entryForm, byte(e.Kind))
	for _, n := range []int64{
		e.Hour, int64(e.Left), int64(e.Base), int64(e.Usual), int64(e.Beyond), e.AnsweredAt, e.Since,
	} {
		to = binary.AppendVarint(to, n)
	}
	var hours uint64 // a bit for each that has counts
	for i := range e.Unanswered {
		if e.Unanswered[i]|e.Answered[i]|e.Known[i]|e.Refused[i] != 0 {
			hours |= 1 << i
		}
	}
	to = binary.AppendUvarint(to, hours)
	for i := range e.Unanswered {
		if hours&(1<<i) != 0 {
			to = binary.AppendVarint(binary.AppendVarint(to, int64(e.Unanswered[i])), int64(e.Answered[i]))
			to = binary.AppendVarint(binary.AppendVarint(to, int64(e.Known[i])), int64(e.Refused[i]))
		}
	}
	return appendLists(to, e)
}

func appendLists(to []byte, e guard.Entry) []byte {
	to = binary.AppendUvarint(to, uint64(len(e.Days)))
	for _, d := range e.Days {
		to = binary.AppendVarint(to, int64(d))
	}
	to = binary.AppendUvarint(to, uint64(len(e.Regions)))
	for _, r := range e.Regions {
		to = appendText(to, r)
	}
	to = binary.AppendUvarint(to, uint64(len(e.Worst)))
	for _, w := range e.Worst {
		to = appendText(to, w)
	}
	to = appendText(to, e.Label)
	to = binary.AppendUvarint(to, uint64(len(e.Seen)))
	for _, m := range e.Seen {
		to = appendText(appendText(to, m.From), m.To)
	}
	return to
}

func appendText[T string | []byte](to []byte, text T) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

// decodeEntry reads what encodeEntry wrote.
func decodeEntry(from []byte) (e guard.Entry, err error) {
	if len(from) < 2 || from[0] != entryForm {
		return e, errEntry
	}
	d := decoder{from: from[2:]}
	e.Kind = guard.Kind(from[1])
	e.Hour, e.Left, e.Base, e.Usual = d.number(), int(d.number()), int(d.number()), int(d.number())
	e.Beyond, e.AnsweredAt, e.Since = int(d.number()), d.number(), d.number()
	hours := d.length(1<<len(e.Unanswered) - 1)
	for i := range e.Unanswered {
		if hours&(1<<i) != 0 {
			e.Unanswered[i], e.Answered[i] = int(d.number()), int(d.number())
			e.Known[i], e.Refused[i] = int(d.number()), int(d.number())
		}
	}
	d.lists(&e)
	if d.failed || len(d.from) > 0 {
		return guard.Entry{}, errEntry
	}
	return e, nil
}

// lists reads what appendLists wrote.
func (d *decoder) lists(e *guard.Entry) {
	for range d.length(mostList) {
		e.Days = append(e.Days, int(d.number()))
	}
	for range d.length(mostList) {
		e.Regions = append(e.Regions, string(d.text()))
	}
	for range d.length(mostList) {
		e.Worst = append(e.Worst, d.text())
	}
	e.Label = d.text()
	for range d.length(mostList) {
		e.Seen = append(e.Seen, guard.Mark{From: string(d.text()), To: string(d.text())})
	}
}

// decoder reads from the beginning of from. After it failed it returns zeros.
type decoder struct {
	from   []byte
	failed bool
}

func (d *decoder) number() int64 {
	n, size := binary.Varint(d.from)
	return after(d, n, size)
}

// length reads a number of at most most, 0 at least.
func (d *decoder) length(most uint64) int {
	n, size := binary.Uvarint(d.from)
	if n = after(d, n, size); n > most {
		d.failed = true
		return 0
	}
	return int(n) // #nosec G115 -- at most most
}

// text reads a text, nil for none.
func (d *decoder) text() []byte {
	n := d.length(mostText)
	if n > len(d.from) {
		d.failed = true
	}
	if d.failed || n == 0 {
		return nil
	}
	text := append([]byte(nil), d.from[:n]...)
	d.from = d.from[n:]
	return text
}

// after returns what took so many bytes.
func after[T int64 | uint64](d *decoder, n T, size int) T {
	if d.failed = d.failed || size <= 0; d.failed {
		return 0
	}
	d.from = d.from[size:]
	return n
}
