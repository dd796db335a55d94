// Package outbox is the sender of a laptop: it keeps messages in a file, where
// the developer reads the codes, in place of the phone network.
package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"countersign/pkg/otp"
)

// Entry is one message, as the file and the console have it: in clear, for this
// is the phone.
type Entry struct {
	ID     string    `json:"id"`
	To     string    `json:"to"` // E.164
	Body   string    `json:"body"`
	Code   string    `json:"code"`
	SentAt time.Time `json:"sentAt"`
}

// Outbox keeps messages in a file of one JSON object a line. It is safe for
// concurrent use, within one process.
type Outbox struct {
	now  func() time.Time
	show func(Entry) // called for each message; must not block

	mu   sync.Mutex
	file *os.File
	size int64
	next int64 // id of the next message
}

var _ otp.Sender = (*Outbox)(nil)

// Open opens the outbox at path, which is made with mode 0600 if there is none.
// show is told of each new message. Close it when done.
func Open(path string, now func() time.Time, show func(Entry)) (*Outbox, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	b := &Outbox{now: now, show: show, file: file}
	if err := b.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("open outbox %s: %w", path, err), file.Close())
	}
	return b, nil
}

// recover finds the end of the last whole line: a killed process may have left
// half of one behind it.
func (b *Outbox) recover() error {
	text, err := io.ReadAll(b.file)
	if err != nil {
		return err
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	b.size = int64(len(whole))
	b.next = int64(bytes.Count(whole, []byte{'\n'})) + 1
	return b.file.Truncate(b.size)
}

// Send implements [otp.Sender]: the message is accepted once it is written.
func (b *Outbox) Send(_ context.Context, m otp.Message) (otp.Delivery, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := Entry{ID: strconv.FormatInt(b.next, 10), To: m.To.E164(), Body: m.Text, Code: string(m.Code), SentAt: b.now().UTC().Truncate(time.Millisecond)}
	line, err := json.Marshal(e)
	if err != nil {
		return otp.Refused, fmt.Errorf("outbox: %w", err)
	}
	line = append(line, '\n')
	if _, err := b.file.WriteAt(line, b.size); err != nil {
		return otp.MaybeSent, fmt.Errorf("outbox: %w", err)
	}
	b.size += int64(len(line))
	b.next++
	b.show(e)
	return otp.Accepted, nil
}

// List returns the messages to a number, newest first; to "" is every number.
func (b *Outbox) List(to string) ([]Entry, error) {
	text, err := b.text()
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	wanted, err := json.Marshal(to)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	entries := []Entry{}
	for line := range bytes.Lines(text) {
		if to != "" && !bytes.Contains(line, wanted) { // a cheap look before parsing
			continue
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("outbox: %w", err)
		}
		if to == "" || e.To == to {
			entries = append(entries, e)
		}
	}
	slices.Reverse(entries)
	return entries, nil
}

func (b *Outbox) text() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := make([]byte, b.size)
	_, err := b.file.ReadAt(text, 0)
	if len(text) == 0 {
		err = nil // the end of an empty file is no error
	}
	return text, err
}

// Empty forgets all messages.
func (b *Outbox) Empty() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.file.Truncate(0); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	b.size = 0
	return nil
}

// Close closes the file; later sends fail.
func (b *Outbox) Close() error { return b.file.Close() }
