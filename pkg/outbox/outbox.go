// Package outbox is the sender for development. It writes each message as a line of JSON
// to a file, where the developer reads the codes. No message leaves the machine.
package outbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"countersign/pkg/otp"
)

// Entry is one message as the file and the console show it. It holds the number and the
// code in full, because it takes the place of the phone.
type Entry struct {
	ID        string    `json:"id"`
	From      string    `json:"from,omitempty"` // what the message comes from; "" is the sender's default
	To        string    `json:"to"`             // E.164
	Body      string    `json:"body"`
	Code      string    `json:"code"`
	SentAt    time.Time `json:"sentAt"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"` // the end of the code
	Client    string    `json:"client,omitempty"`
	AuthID    string    `json:"authenticationId,omitempty"`
	// Receipt is the latest one of the message, nil if none has come. The file has it in a line of its own.
	Receipt *Receipt `json:"receipt,omitempty"`
}

// Outbox keeps messages in a file with one JSON object a line. It is safe for concurrent
// use, also by several processes on one file.
type Outbox struct {
	now   func() time.Time
	newID func() string
	show  func(Entry)
	file  *os.File
	queue queue
}

var _ otp.Sender = (*Outbox)(nil)

// Open opens the outbox at path. If there is no file, it makes one with mode 0600. newID
// returns the id of a new message. show is called with each new message and must not
// block. The caller closes the outbox.
func Open(path string, now func() time.Time, newID func() string, show func(Entry)) (*Outbox, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	return &Outbox{now: now, newID: newID, show: show, file: file, queue: queue{file: file}}, nil
}

// Send implements [otp.Sender]: the message is accepted once it is written.
func (b *Outbox) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	if err := ctx.Err(); err != nil {
		return otp.MaybeSent, "", fmt.Errorf("outbox: %w", err) // nothing is written, and nothing was refused
	}
	at := b.now().UTC().Truncate(time.Millisecond)
	e := Entry{
		ID: b.newID(), From: cmp.Or(m.Origin.Name, m.Origin.Identity), To: m.To.E164(), Body: m.Text,
		Code: string(m.Code), SentAt: at, Client: m.Client, AuthID: m.AuthID,
	}
	if m.Life > 0 {
		e.ExpiresAt = at.Add(m.Life)
	}
	line, err := json.Marshal(e)
	if err != nil {
		return otp.Refused, "", fmt.Errorf("outbox: %w", err)
	}
	if err := appendLines(b.file, line); err != nil {
		return otp.MaybeSent, "", err
	}
	b.show(e)
	return otp.Accepted, e.ID, nil
}

// appendLines writes lines at the end of the file, in a single write, which is not mixed with others. The line break
// in front ends a line that a killed process has left unfinished.
func appendLines(file *os.File, lines ...[]byte) error {
	text := append([]byte{'\n'}, bytes.Join(lines, []byte{'\n'})...)
	if _, err := file.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// List returns the messages to a number, newest first, with their receipts. "" means every number.
func (b *Outbox) List(to string) ([]Entry, error) {
	text, err := readFrom(b.file, 0)
	if err != nil {
		return nil, err
	}
	wanted, err := json.Marshal(to)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	entries := []Entry{}
	byID := map[string]int{}
	for line := range bytes.Lines(text) {
		if r, ok := readReceipt(line); ok {
			if i, ok := byID[r.ID]; ok {
				entries[i].Receipt = &r.Receipt
			}
			continue
		}
		if to != "" && !bytes.Contains(line, wanted) { // cheaper than parsing
			continue
		}
		e, ok := readEntry(line)
		if ok && (to == "" || e.To == to) {
			byID[e.ID] = len(entries)
			entries = append(entries, e)
		}
	}
	slices.Reverse(entries)
	return entries, nil
}

// readFrom returns the file from an offset on.
func readFrom(file *os.File, offset int64) ([]byte, error) {
	text, err := io.ReadAll(io.NewSectionReader(file, offset, math.MaxInt64-offset))
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	return text, nil
}

// readEntry reads a line with a message. ok is false for an empty or unfinished one.
func readEntry(line []byte) (e Entry, ok bool) {
	return e, json.Unmarshal(line, &e) == nil && e.To != ""
}

// Empty removes all messages. Receipts of those that are removed still come.
func (b *Outbox) Empty() error { return b.queue.empty() }

// Close closes the file. Later sends fail.
func (b *Outbox) Close() error { return b.file.Close() }
