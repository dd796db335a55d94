package outbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"
)

// Query is which messages a page has. The zero value of a field, but for Limit, leaves none out.
type Query struct {
	To     string // E.164
	AuthID string // of the challenge
	// Before has the page begin where another one ended: it is the Older of that page.
	Before string
	Limit  int // messages on the page, from 1 on
}

// Page is a part of the messages, newest first.
type Page struct {
	Entries []Entry // with their receipts
	// Older is the Before of the next page, "" if there are no older messages. A page that has it may have fewer
	// entries than asked for, even none: one call searches no more than the latest 64 MB before the page.
	Older string
	// Stale reports that there is no place as the query's Before any more, because the outbox was emptied, or that it
	// never was one. The page has the newest messages.
	Stale bool
}

// reach bounds how much of the file a page reads, so that it is there in a moment in a file of any size.
const reach = 64 << 20

// Page returns a page of messages. It reads the files from their ends, no further than it needs, and parses only the
// lines that it returns. It may be called at any time, also while another process writes or empties the outbox.
func (b *Outbox) Page(q Query) (p Page, err error) {
	for range 10 {
		if p, err = b.page(q); err == nil {
			return p, b.queue.receiptsOf(p.Entries)
		}
		if !errors.Is(err, errChanged) {
			return p, err
		}
	}
	return Page{}, nil // it is emptied over and over
}

// page is Page without the receipts, and with errChanged if the file was emptied meanwhile.
func (b *Outbox) page(q Query) (p Page, err error) {
	file := b.queue.file
	end, mark, err := ending(file, q.Before)
	if errors.Is(err, errNoPlace) {
		p.Stale = true
		end, mark, err = ending(file, "")
	}
	if err != nil {
		return p, err
	}
	older, err := q.collect(file, end, &p)
	if err == nil && older > 0 {
		p.Older, err = place(file, older)
	}
	if err != nil {
		return p, err
	}
	now, err := markAt(file, end)
	if err == nil && now != mark { // what was read may be of two files
		err = errChanged
	}
	return p, err
}

// collect appends to a page the messages before an offset. It returns the offset before which older ones may be, 0 if
// there are none.
func (q Query) collect(file io.ReaderAt, end int64, p *Page) (older int64, err error) {
	to, err := json.Marshal(q.To)
	if err != nil {
		return 0, fmt.Errorf("outbox: %w", err)
	}
	id, err := json.Marshal(q.AuthID)
	if err != nil {
		return 0, fmt.Errorf("outbox: %w", err)
	}
	var must []byte // in each line that is wanted: cheaper than parsing
	switch {
	case q.AuthID != "":
		must = id[max(0, len(id)-16):] // the ids of a day begin alike
	case q.To != "":
		must = to[1:] // quotes are everywhere: it is found sooner without the first one
	}
	full, oldest := false, int64(0)
	at, err := back(file, end, reach, must, func(line []byte, at int64) (more bool) {
		if !bytes.Contains(line, must) {
			return true
		}
		e, ok := readEntry(line)
		if !ok || q.To != "" && e.To != q.To || q.AuthID != "" && e.AuthID != q.AuthID {
			return true
		}
		if full = len(p.Entries) == q.Limit; !full {
			p.Entries, oldest = append(p.Entries, e), at
		}
		return !full
	})
	if full {
		at = oldest
	}
	return at, err
}

// errNoPlace is that a text names no place in a file.
var errNoPlace = errors.New("outbox: no such place")

// place names an offset, by the text before it too: after the file was emptied, there is another one or none.
func place(file io.ReaderAt, offset int64) (string, error) {
	mark, err := markAt(file, offset)
	return fmt.Sprintf("%d-%08x", offset, mark), err
}

// ending returns the offset of a place, by default that of the end of the file, and the mark there.
func ending(file *os.File, place string) (offset int64, mark uint32, err error) {
	if place == "" {
		info, err := file.Stat()
		if err != nil {
			return 0, 0, fmt.Errorf("outbox: %w", err)
		}
		mark, err := markAt(file, info.Size())
		return info.Size(), mark, err
	}
	var want uint32
	if n, _ := fmt.Sscanf(place, "%d-%08x", &offset, &want); n != 2 || offset < 0 {
		return 0, 0, errNoPlace
	}
	mark, err = markAt(file, offset)
	if errors.Is(err, errChanged) || err == nil && mark != want {
		err = errNoPlace
	}
	return offset, mark, err
}

// markAt returns a checksum of the text before an offset, which has the id of a message.
func markAt(file io.ReaderAt, offset int64) (uint32, error) {
	text := make([]byte, min(offset, 1024))
	if _, err := file.ReadAt(text, offset-int64(len(text))); err == io.EOF {
		return 0, errChanged
	} else if err != nil {
		return 0, fmt.Errorf("outbox: %w", err)
	}
	return crc32.ChecksumIEEE(text), nil
}

// receiptsOf adds their receipts to messages, which are the newest first. Receipts come in the order of the messages,
// so the search ends at one from before the oldest message.
func (q *queue) receiptsOf(entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	wanted := map[string]int{}
	for i, e := range entries {
		wanted[e.ID] = i
	}
	oldest := entries[len(entries)-1].SentAt.Add(-skew)
	info, err := q.receipts.Stat()
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	var must []byte
	if len(wanted) == 1 {
		must = []byte(entries[0].ID) // cheaper than line by line
	}
	looked := 0
	_, err = back(q.receipts, info.Size(), reach, must, func(line []byte, _ int64) (more bool) {
		id := receiptID(line)
		if len(id) == 0 {
			return true
		}
		looked++
		i, ok := wanted[string(id)]
		if !ok && looked%often != 0 {
			return true
		}
		var r receiptLine
		if json.Unmarshal(line, &r) != nil {
			return true
		}
		if ok {
			entries[i].Receipt = &r.Receipt
			delete(wanted, r.ID)
		}
		return len(wanted) > 0 && !r.At.Before(oldest)
	})
	if errors.Is(err, errChanged) { // the outbox is being emptied
		err = nil
	}
	return err
}

// The search for receipts parses one of so many others, to see how old it is. Clocks of processes on one outbox may
// differ by the skew.
const (
	often = 64
	skew  = time.Minute
)
