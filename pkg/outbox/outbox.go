// Package outbox is the sender for development. It writes each message as a line of JSON
// to a file, where the developer reads the codes. No message leaves the machine.
package outbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
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
	// Receipt is the latest one of the message, nil if none has come. Receipts are in a file of their own.
	Receipt *Receipt `json:"receipt,omitempty"`
}

// Outbox keeps messages in a file with one JSON object a line, and their receipts in another one. It is safe for
// concurrent use, also by several processes on one file.
type Outbox struct {
	now   func() time.Time
	newID func() string
	show  func(Entry)
	queue queue
}

var _ otp.Sender = (*Outbox)(nil)

// Open opens the outbox at path, with receipts in receipts.jsonl beside it. If there are no files, it makes them with
// mode 0600. newID returns the id of a new message. show is called with each new message and must not block. The caller
// closes the outbox.
func Open(path string, now func() time.Time, newID func() string, show func(Entry)) (*Outbox, error) {
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	receipts, err := open(filepath.Join(filepath.Dir(path), "receipts.jsonl"))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Outbox{now: now, newID: newID, show: show, queue: queue{file: file, receipts: receipts}}, nil
}

func open(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	return file, nil
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
	if err := appendLines(b.queue.file, line); err != nil {
		return otp.MaybeSent, "", err
	}
	b.show(e)
	return otp.Accepted, e.ID, nil
}

// appendLines writes lines at the end of the file, in a single write, which is not mixed with others. The line break
// in front ends a line that a killed process has left unfinished.
func appendLines(file *os.File, lines ...[]byte) error {
	size := 1
	for _, line := range lines {
		size += len(line) + 1
	}
	text := append(make([]byte, 0, size), '\n')
	for _, line := range lines {
		text = append(append(text, line...), '\n')
	}
	if _, err := file.Write(text); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// List returns the messages to a number, newest first, with their receipts. "" means every number.
func (b *Outbox) List(to string) ([]Entry, error) {
	text, err := readAll(b.queue.file)
	if err != nil {
		return nil, err
	}
	wanted, err := json.Marshal(to)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	entries := []Entry{}
	for line := range bytes.Lines(text) {
		if to != "" && !bytes.Contains(line, wanted) { // cheaper than parsing
			continue
		}
		if e, ok := readEntry(line); ok && (to == "" || e.To == to) {
			entries = append(entries, e)
		}
	}
	slices.Reverse(entries)
	return entries, b.queue.addReceipts(entries)
}

// readAll returns the text of a file.
func readAll(file *os.File) ([]byte, error) {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, math.MaxInt64))
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

// Close closes the files. Later sends fail.
func (b *Outbox) Close() error { return errors.Join(b.queue.file.Close(), b.queue.receipts.Close()) }
