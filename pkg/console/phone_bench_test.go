package console_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/outbox"
)

const many = 100_000

// fill puts many messages into the outbox, each to a number of its own, with receipts for all but the newest thousand.
func (s *phoneScene) fill(t testing.TB) {
	t.Helper()
	files := map[string]*bufio.Writer{}
	for _, name := range []string{"outbox.jsonl", "receipts.jsonl"} {
		f, err := os.OpenFile(filepath.Join(s.folder, name), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[name] = bufio.NewWriter(f)
		defer files[name].Flush()
	}
	write := func(name string, v any) {
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(files[name], "\n%s\n", line)
	}
	for n := range many {
		id, at := fmt.Sprintf("1f6d2c0a-5b1e-4a52-9a37-%012d", n), now.Add(time.Duration(n-many)*time.Second)
		write("outbox.jsonl", outbox.Entry{
			ID: id, To: fmt.Sprintf("+6065%08d", n), Code: "425502", SentAt: at, ExpiresAt: at.Add(5 * time.Minute),
			Body:   "425502 is your Countersign code, valid for 5 minutes.",
			Client: "demo", AuthID: fmt.Sprintf("202611225362605047230414414%08d", n),
		})
		if n < many-1000 {
			write("receipts.jsonl", struct {
				ID string `json:"id"`
				outbox.Receipt
			}{id, outbox.Receipt{State: otp.MessageDelivered, Reason: "arrived", At: at.Add(time.Second)}})
		}
	}
}

// addresses are pages of an outbox with many messages, and how many messages each has.
func (s *phoneScene) addresses(t testing.TB) map[string]struct {
	path string
	n    int
} {
	t.Helper()
	p, err := s.box.Page(outbox.Query{Limit: many - 50})
	if err != nil || p.Older == "" {
		t.Fatalf("%v, %d messages", err, len(p.Entries))
	}
	return map[string]struct {
		path string
		n    int
	}{
		"newest":       {"/", 50},
		"oldest":       {"/?before=" + p.Older, 50},
		"newest to":    {fmt.Sprintf("/?to=%%2B6065%08d", many-1), 1},
		"oldest to":    {"/?to=%2B606500000000", 1},
		"none to":      {"/?to=%2B606543216353", 0},
		"of challenge": {"/?challenge=20261122536260504723041441400000000", 1},
	}
}

// Each page of an outbox with 100,000 messages comes within a second.
func TestPhoneOfManyMessages(t *testing.T) {
	s := newPhone(t)
	s.fill(t)
	for name, page := range s.addresses(t) {
		begin := time.Now()
		status, source := s.get(t, page.path)
		took := time.Since(begin)
		if n := len(article.FindAllString(source, -1)); status != 200 || n != page.n || took > time.Second {
			t.Errorf("%s: %d with %d messages after %v, want %d within a second", name, status, n, took, page.n)
		}
	}
}

// The time to the first byte of pages with 100,000 messages in the outbox.
func BenchmarkPhone(b *testing.B) {
	s := newPhone(b)
	s.fill(b)
	for name, page := range s.addresses(b) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				answer, err := http.Get(s.url + page.path)
				if err != nil || answer.StatusCode != 200 {
					b.Fatal(err, answer)
				}
				b.StopTimer()
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				b.StartTimer()
			}
		})
	}
}

// A message costs what it costs without a page, while live pages show what comes, each as a browser does.
func BenchmarkSendWithLivePages(b *testing.B) {
	for _, pages := range []int{0, 1, 4} {
		b.Run(fmt.Sprint(pages), func(b *testing.B) {
			s := newPhone(b)
			s.fill(b)
			for range pages {
				p := s.open(b)
				go func() {
					for p.next() != "" {
						if answer, err := http.Get(s.url); err == nil {
							io.Copy(io.Discard, answer.Body)
							answer.Body.Close()
						}
					}
				}()
			}
			m := otp.Message{To: "+606543216353", Text: "425502 is your code.", Code: "425502", AuthID: "2026"}
			for b.Loop() {
				s.send(b, m)
			}
		})
	}
}
