package outbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"time"

	"countersign/pkg/otp"
)

// Receipt is what the phone network reported about a message, as the file and the console show it.
type Receipt struct {
	State  otp.MessageState `json:"state"`
	Reason string           `json:"reason"` // in plain words
	At     time.Time        `json:"at"`
}

// receiptLine is the line of a receipt in its file.
type receiptLine struct {
	ID string `json:"id"` // of the message
	Receipt
}

// receiptID returns the id of the message in the line of a receipt, none for an empty or unfinished line. It is cheaper
// than parsing.
func receiptID(line []byte) []byte {
	rest, ok := bytes.CutPrefix(line, []byte(`{"id":"`))
	id, _, ended := bytes.Cut(rest, []byte(`"`))
	if !ok || !ended {
		return nil
	}
	return id
}

// addReceipts adds the receipts of messages.
func (q *queue) addReceipts(entries []Entry) error {
	text, err := readAll(q.receipts)
	if err != nil {
		return err
	}
	byID := map[string]int{}
	for i, e := range entries {
		byID[e.ID] = i
	}
	for line := range bytes.Lines(text) {
		i, ok := byID[string(receiptID(line))]
		var r receiptLine
		if ok && json.Unmarshal(line, &r) == nil {
			entries[i].Receipt = &r.Receipt
		}
	}
	return nil
}

// queue has the messages that wait for a receipt, in the order of the file. It reads ahead no more than it is asked
// for, so that a backlog stays in the file.
type queue struct {
	file, receipts *os.File

	mu     sync.Mutex // of what is below
	begun  bool
	offset int64   // of the first line that is not read yet
	before []byte  // the end of the line before that
	ahead  []Entry // read, and without a receipt
	buffer []byte
}

// Waiting returns the oldest messages without a receipt, up to limit. It returns the same again until they are
// [Outbox.Reported]. After a restart it goes on where it was. It has one caller in a process.
func (b *Outbox) Waiting(limit int) ([]Entry, error) {
	q := &b.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.begin(); err != nil {
		return nil, err
	}
	if err := q.read(limit); err != nil {
		return nil, err
	}
	return q.ahead[:min(limit, len(q.ahead))], nil
}

// Reported writes the receipts of the first messages that [Outbox.Waiting] returned, nil for one without a receipt.
// None of them waits any longer.
func (b *Outbox) Reported(receipts []*Receipt) error {
	q := &b.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	var lines [][]byte
	for i, r := range receipts {
		if r == nil {
			continue
		}
		line, err := json.Marshal(receiptLine{q.ahead[i].ID, *r})
		if err != nil {
			return fmt.Errorf("outbox: %w", err)
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 {
		if err := appendLines(q.receipts, lines...); err != nil {
			return err
		}
	}
	q.ahead = q.ahead[len(receipts):]
	return nil
}

// begin finds the first message without a receipt. Receipts come in the order of the messages, so it is the one behind
// the last message that has one.
func (q *queue) begin() error {
	if q.begun {
		return nil
	}
	receipts, err := readAll(q.receipts)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for line := range bytes.Lines(receipts) {
		known[string(receiptID(line))] = true
	}
	text, err := readAll(q.file)
	if err != nil {
		return err
	}
	at := int64(0)
	for line := range bytes.Lines(text) {
		at += int64(len(line))
		if len(known) == 0 {
			break
		}
		if e, ok := readEntry(line); ok && known[e.ID] {
			q.offset = at
		}
	}
	q.begun, q.before = true, endOf(text[:q.offset])
	return nil
}

// chunk is how much of the file is read at once. It has room for the longest line many times over.
const chunk = 64 << 10

// endOf returns the last bytes of lines, enough to recognize them by the id of a message.
func endOf(lines []byte) []byte { return bytes.Clone(lines[max(0, len(lines)-1024):]) }

// read reads ahead until there are so many messages, or to the end of the file. Only whole lines count: the last one
// may be under way.
func (q *queue) read(limit int) error {
	before := make([]byte, len(q.before))
	if _, err := q.file.ReadAt(before, q.offset-int64(len(before))); !bytes.Equal(before, q.before) {
		if err != nil && err != io.EOF {
			return fmt.Errorf("outbox: %w", err)
		}
		q.offset, q.before = 0, nil // another process has emptied the outbox
	}
	if q.buffer == nil {
		q.buffer = make([]byte, chunk)
	}
	for len(q.ahead) < limit {
		n, err := q.file.ReadAt(q.buffer, q.offset)
		if err != nil && err != io.EOF {
			return fmt.Errorf("outbox: %w", err)
		}
		whole := q.buffer[:bytes.LastIndexByte(q.buffer[:n], '\n')+1]
		if len(whole) == 0 {
			return nil
		}
		for line := range bytes.Lines(whole) {
			if e, ok := readEntry(line); ok {
				q.ahead = append(q.ahead, e)
			}
		}
		q.offset, q.before = q.offset+int64(len(whole)), endOf(whole)
	}
	return nil
}

// empty removes all lines. Messages that wait for a receipt are kept in memory.
func (q *queue) empty() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.begun {
		if err := q.read(math.MaxInt); err != nil {
			return err
		}
	}
	if err := errors.Join(q.file.Truncate(0), q.receipts.Truncate(0)); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	q.offset, q.before = 0, nil
	return nil
}
