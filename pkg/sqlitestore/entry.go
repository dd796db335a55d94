package sqlitestore

import (
	"encoding/binary"
	"errors"

	"countersign/pkg/guard"
)

// entryForm begins an encoded entry. Another form of it would begin with another byte.
const entryForm = 1

// Limits of an encoded entry, far above those of package guard: what has more is damaged.
const mostList, mostText = 1 << 8, 1 << 12

var errEntry = errors.New("an entry of the guard is damaged: delete its row from the table guard, " +
	"and its budget begins anew")

// encodeEntry appends all of an entry but its key and TTL, which are columns of their own: its numbers in the order of
// numbers, then its lists.
func encodeEntry(to []byte, e guard.Entry) []byte {
	to = append(to, entryForm, byte(e.Kind))
	for _, n := range numbers(&e) {
		to = binary.AppendVarint(to, int64(*n))
	}
	to = binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(to, e.Hour), e.AnsweredAt), e.Since)
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

// numbers returns the addresses of the counts of an entry, in the order in which they are stored.
func numbers(e *guard.Entry) []*int {
	all := make([]*int, 0, 4+4*len(e.Unanswered))
	all = append(all, &e.Left, &e.Base, &e.Usual, &e.Beyond)
	for i := range e.Unanswered {
		all = append(all, &e.Unanswered[i], &e.Answered[i], &e.Known[i], &e.Refused[i])
	}
	return all
}

// decodeEntry reads what encodeEntry wrote.
func decodeEntry(from []byte) (e guard.Entry, err error) {
	if len(from) < 2 || from[0] != entryForm {
		return e, errEntry
	}
	d := decoder{from: from[2:]}
	e.Kind = guard.Kind(from[1])
	for _, n := range numbers(&e) {
		*n = int(d.number())
	}
	e.Hour, e.AnsweredAt, e.Since = d.number(), d.number(), d.number()
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
	if d.failed || len(d.from) > 0 {
		return guard.Entry{}, errEntry
	}
	return e, nil
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

// length reads a length of at most most.
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
