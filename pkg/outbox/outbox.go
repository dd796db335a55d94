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
	ID     string    `json:"id"`
	From   string    `json:"from,omitempty"` // what the message comes from; "" is the sender's default
	To     string    `json:"to"`             // E.164
	Body   string    `json:"body"`
	Code   string    `json:"code"`
	SentAt time.Time `json:"sentAt"`
}

// Outbox keeps messages in a file with one JSON object a line. It is safe for concurrent
// use, also by several processes on one file.
type Outbox struct {
	now   func() time.Time
	newID func() string
	show  func(Entry)
	file  *os.File
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
	return &Outbox{now: now, newID: newID, show: show, file: file}, nil
}

// Send implements [otp.Sender]: the message is accepted once it is written.
func (b *Outbox) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	if err := ctx.Err(); err != nil {
		return otp.MaybeSent, "", fmt.Errorf("outbox: %w", err) // nothing is written, and nothing was refused
	}
	e := Entry{
		ID: b.newID(), From: cmp.Or(m.Origin.Name, m.Origin.Identity), To: m.To.E164(), Body: m.Text, Code: string(m.Code),
		SentAt: b.now().UTC().Truncate(time.Millisecond),
	}
	line, err := json.Marshal(e)
	if err != nil {
		return otp.Refused, "", fmt.Errorf("outbox: %w", err)
	}
	// A single write at the end of the file is not mixed with others. The line break in
	// front ends a line that a killed process has left unfinished.
	line = append(append([]byte{'\n'}, line...), '\n')
	if _, err := b.file.Write(line); err != nil {
		return otp.MaybeSent, "", fmt.Errorf("outbox: %w", err)
	}
	b.show(e)
	return otp.Accepted, e.ID, nil
}

// List returns the messages to a number, newest first. "" means every number.
func (b *Outbox) List(to string) ([]Entry, error) {
	text, err := io.ReadAll(io.NewSectionReader(b.file, 0, math.MaxInt64))
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
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
		var e Entry
		if json.Unmarshal(line, &e) != nil {
			continue // empty or unfinished
		}
		if to == "" || e.To == to {
			entries = append(entries, e)
		}
	}
	slices.Reverse(entries)
	return entries, nil
}

// Empty removes all messages.
func (b *Outbox) Empty() error {
	if err := b.file.Truncate(0); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// Close closes the file. Later sends fail.
func (b *Outbox) Close() error { return b.file.Close() }
