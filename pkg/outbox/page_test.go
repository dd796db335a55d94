package outbox_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/outbox"
)

func page(t *testing.T, b *outbox.Outbox, q outbox.Query) outbox.Page {
	t.Helper()
	p, err := b.Page(q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pages returns the messages of all pages of a query, and how many pages they are.
func pages(t *testing.T, b *outbox.Outbox, q outbox.Query) (all []outbox.Entry, n int) {
	t.Helper()
	all = []outbox.Entry{}
	for n = 1; ; n++ {
		p := page(t, b, q)
		if p.Stale {
			t.Fatalf("the page before %s is stale", q.Before)
		}
		all = append(all, p.Entries...)
		if q.Before = p.Older; p.Older == "" {
			return all, n
		}
	}
}

// sendFor sends a message of a challenge, with a text of some length.
func sendFor(t *testing.T, b *outbox.Outbox, to otp.Phone, challenge string, length int) {
	t.Helper()
	_, _, err := b.Send(t.Context(), otp.Message{
		To: to, Text: strings.Repeat("\"<é", length), Code: "123456", AuthID: challenge, Client: "demo",
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The pages of a query have together what the list has, each message once and the newest first, with its receipt,
// however long the lines are.
func TestPages(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 30 {
		b := open(t, filepath.Join(t.TempDir(), "outbox.jsonl"))
		for n := range random.IntN(40) {
			length := random.IntN(20)
			if random.IntN(10) == 0 {
				length = random.IntN(10_000) // several reads long
			}
			sendFor(t, b, otp.Phone(fmt.Sprint("+6012", random.IntN(3))), fmt.Sprint("2026", n/3), length)
		}
		waits, err := b.Waiting(random.IntN(40) + 1)
		if err != nil {
			t.Fatal(err)
		}
		for range waits {
			report(t, b, delivered())
		}
		for _, to := range []string{"", "+60120", "+60121", "+6012"} {
			want := list(t, b, to)
			for _, limit := range []int{1, 2, 7, 100} {
				got, n := pages(t, b, outbox.Query{To: to, Limit: limit})
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("round %d: to %q: %d messages, want the %d of the list", round, to, len(got), len(want))
				}
				if most := max(1, (len(want)+limit-1)/limit); n > most {
					t.Errorf("round %d: to %q: %d pages of %d, want %d", round, to, n, limit, most)
				}
			}
		}
	}
}

// A page may be that of one challenge, or of one number in it.
func TestPageOfChallenge(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "outbox.jsonl"))
	sendFor(t, b, "+60123", "20261", 1)
	sendFor(t, b, "+60124", "20261", 1)
	sendFor(t, b, "+60123", "202612", 1)
	for q, want := range map[outbox.Query]int{
		{AuthID: "20261", Limit: 9}: 2, {AuthID: "2026", Limit: 9}: 0, {AuthID: "20261", To: "+60124", Limit: 9}: 1,
		{AuthID: "+60123", Limit: 9}: 0, {AuthID: `"`, Limit: 9}: 0,
	} {
		if got := page(t, b, q); len(got.Entries) != want || got.Older != "" {
			t.Errorf("%+v: %+v, want %d", q, got, want)
		}
	}
}

// Older pages stay where they are while messages come.
func TestPageWhileMessagesCome(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "outbox.jsonl"))
	sendFor(t, b, "+60123", "20261", 200_000) // longer than the longest read
	for _, code := range []otp.Code{"2", "3", "4"} {
		send(t, b, "+60123", code)
	}
	older := page(t, b, outbox.Query{Limit: 2}).Older
	send(t, b, "+60123", "5")
	got := page(t, b, outbox.Query{Limit: 2, Before: older})
	if len(got.Entries) != 2 || got.Entries[0].Code != "2" || got.Entries[1].AuthID != "20261" || got.Older != "" {
		t.Errorf("%d messages, older %q, want the oldest two", len(got.Entries), got.Older)
	}
}

// A place from before the outbox was emptied is none, also when the file is as long again, and neither is any other
// text. The page has the newest messages.
func TestStalePlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	b, other := open(t, path), open(t, path)
	fill := func(n int) {
		for range n {
			send(t, b, "+60123", "123456")
		}
	}
	fill(9)
	older := page(t, b, outbox.Query{Limit: 2}).Older
	if err := other.Empty(); err != nil {
		t.Fatal(err)
	}
	if got := page(t, b, outbox.Query{Limit: 2, Before: older}); !got.Stale || len(got.Entries) != 0 {
		t.Errorf("%+v of an empty outbox", got)
	}
	fill(9)
	for _, before := range []string{older, "x", "1", "-5-00000000", "99999999999999999999-00000000", "7-00000000"} {
		if got := page(t, b, outbox.Query{Limit: 2, Before: before}); !got.Stale || len(got.Entries) != 2 {
			t.Errorf("%s: %+v, want the newest two", before, got)
		}
	}
}

// A line that a killed process left unfinished is no message, wherever it is, and a half receipt is none.
func TestPageUnfinished(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	b := open(t, path)
	for name, half := range map[string]string{
		"outbox.jsonl": `{"id":"2","to":"+60123","code":"2"`, "receipts.jsonl": `{"id":"1","state":"deli`,
	} {
		f, err := os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString(half)
		f.Close()
	}
	if got := page(t, b, outbox.Query{Limit: 9}); len(got.Entries) != 0 || got.Older != "" {
		t.Errorf("%+v", got)
	}
	send(t, b, "+60123", "1")
	waiting(t, b, 1)
	report(t, b, delivered())
	got := page(t, b, outbox.Query{Limit: 9})
	if len(got.Entries) != 1 || got.Entries[0].Receipt == nil {
		t.Errorf("%+v, want the message with its receipt", got)
	}
}

// A search ends after 64 MB without a message, and the next page goes on from there.
func TestSearchEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	b := open(t, path)
	send(t, b, "+60123", "1")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	filler := []byte(strings.Repeat(strings.Repeat("x", 1<<10-1)+"\n", 1<<10))
	for range 65 {
		f.Write(filler)
	}
	first := page(t, b, outbox.Query{To: "+60123", Limit: 9})
	if len(first.Entries) != 0 || first.Older == "" {
		t.Fatalf("%+v, want no message and a place for the next page", first)
	}
	if got, n := pages(t, b, outbox.Query{To: "+60123", Limit: 9}); len(got) != 1 || n != 2 {
		t.Errorf("%d messages on %d pages, want one on two", len(got), n)
	}
}

// While others send, report and empty, a page has whole messages only, the newest first, each once.
func TestPageTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	b, other := open(t, path), open(t, path)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i, box := range []*outbox.Outbox{b, other} {
		wg.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				code := otp.Code(fmt.Sprintf("%d-%06d", i, n))
				m := otp.Message{To: "+60123", Text: strings.Repeat("x", n%500), Code: code}
				if _, _, err := box.Send(t.Context(), m); err != nil {
					t.Error(err)
				}
				if n%200 == 0 && i == 1 {
					box.Empty()
				}
			}
		})
	}
	for range 200 {
		last := []string{"0-999999", "1-999999"}
		for _, e := range page(t, b, outbox.Query{Limit: 60}).Entries {
			of := e.Code[0] - '0'
			if e.Code >= last[of] || len(e.Code) != 8 || strings.Trim(e.Body, "x") != "" {
				t.Fatalf("%+v after %s", e, last[of])
			}
			last[of] = e.Code
		}
	}
	stop()
	wg.Wait()
}
