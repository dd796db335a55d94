package outbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/outbox"
)

// delivered is a receipt.
func delivered() *outbox.Receipt {
	return &outbox.Receipt{State: otp.MessageDelivered, Reason: "the phone has the message", At: at.Add(time.Second)}
}

// waiting returns the codes of up to limit messages that wait for a receipt.
func waiting(t *testing.T, b *outbox.Outbox, limit int) string {
	t.Helper()
	list, err := b.Waiting(limit)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, e := range list {
		codes = append(codes, e.Code)
	}
	return strings.Join(codes, " ")
}

func report(t *testing.T, b *outbox.Outbox, receipts ...*outbox.Receipt) {
	t.Helper()
	if err := b.Reported(receipts); err != nil {
		t.Fatal(err)
	}
}

// states returns the messages of an outbox and their states, oldest first.
func states(t *testing.T, b *outbox.Outbox) string {
	t.Helper()
	all := list(t, b, "")
	var texts []string
	for i := range all {
		e := all[len(all)-1-i]
		text := e.Code
		if e.Receipt != nil {
			text += "=" + string(e.Receipt.State)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

// Messages wait for their receipts in the order in which they were sent, also after a restart.
func TestWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	b := open(t, path)
	if got := waiting(t, b, 10); got != "" {
		t.Errorf("%s wait in an empty outbox", got)
	}
	for _, code := range []otp.Code{"1", "2", "3", "4"} {
		send(t, b, "+60123", code)
	}
	if got := waiting(t, b, 3); got != "1 2 3" {
		t.Errorf("%s wait, want the three oldest", got)
	}
	report(t, b, delivered(), nil)
	if got, want := states(t, b), "1=delivered 2 3 4"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := waiting(t, b, 10); got != "3 4" {
		t.Errorf("%s wait, want those behind the message without a receipt", got)
	}
	if list(t, b, "+60123")[3].Receipt == nil {
		t.Error("the list of a number has no receipt")
	}
	report(t, b, delivered())
	b.Close()
	b = open(t, path)
	if got := waiting(t, b, 10); got != "4" {
		t.Errorf("%s wait after a restart, want 4", got)
	}
	send(t, b, "+60123", "5")
	if got := waiting(t, b, 10); got != "4 5" {
		t.Errorf("%s wait, want 4 and 5", got)
	}
	report(t, b, delivered(), delivered())
	if got, want := states(t, b), "1=delivered 2 3=delivered 4=delivered 5=delivered"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// An outbox that is emptied, by this process or by another one, forgets no message that waits, and goes on.
func TestEmptyWhileWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	b, other := open(t, path), open(t, path)
	for n := range 1000 { // more than is read at once
		send(t, b, "+60123", otp.Code(fmt.Sprint(n)))
	}
	waiting(t, b, 1)
	if err := b.Empty(); err != nil {
		t.Fatal(err)
	}
	if got := list(t, b, ""); len(got) != 0 {
		t.Errorf("%d messages in an emptied outbox", len(got))
	}
	send(t, b, "+60123", "last")
	got := waiting(t, b, 2000)
	all := strings.HasPrefix(got, "0 1 2 ") && strings.HasSuffix(got, " 998 999 last")
	if !all || strings.Count(got, " ") != 1000 {
		t.Errorf("%s wait, want all", got)
	}
	report(t, b, make([]*outbox.Receipt, 1001)...)
	if err := other.Empty(); err != nil {
		t.Fatal(err)
	}
	send(t, other, "+60123", "of another process")
	if got := waiting(t, b, 10); got != "of another process" {
		t.Errorf("%s waits", got)
	}
}

// A line that a killed process left unfinished, or that another one is writing, is no message.
func TestUnfinishedLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	b := open(t, path)
	send(t, b, "+60123", "1")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const half = `{"id":"2","to":"+60123","code":"2"`
	f.WriteString(half)
	if got := waiting(t, b, 10); got != "1" {
		t.Errorf("%s wait, want 1", got)
	}
	f.WriteString("}\n")
	if got := waiting(t, b, 10); got != "1 2" {
		t.Errorf("%s wait, want both", got)
	}
	f.WriteString(half)
	report(t, b, delivered(), delivered())
	send(t, b, "+60123", "3")
	if got := waiting(t, b, 10); got != "3" {
		t.Errorf("%s wait, want 3", got)
	}
	if got, want := states(t, b), "1=delivered 2=delivered 3"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Messages that are sent while others are reported wait all the same, each once.
func TestWaitingTogether(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "outbox.jsonl"))
	const each = 200
	var senders sync.WaitGroup
	for n := range 4 {
		senders.Go(func() {
			for m := range each {
				send(t, b, "+60123", otp.Code(fmt.Sprint(n*each+m)))
			}
		})
	}
	seen := map[string]int{}
	for len(seen) < 4*each {
		list, err := b.Waiting(7)
		if err != nil {
			t.Fatal(err)
		}
		receipts := make([]*outbox.Receipt, len(list))
		for i, e := range list {
			seen[e.Code]++
			receipts[i] = delivered()
		}
		report(t, b, receipts...)
	}
	senders.Wait()
	for code, n := range seen {
		if n != 1 {
			t.Errorf("message %s was waiting %d times", code, n)
		}
	}
	if n := strings.Count(states(t, b), "=delivered"); n != 4*each {
		t.Errorf("%d receipts", n)
	}
}
