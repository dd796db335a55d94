package console_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/console"
	"countersign/pkg/otp"
)

// stream is a live page.
type stream struct {
	lines chan string // closed at its end
	close func()
}

// open begins a live page, which knows of what changes after the call.
func (s *phoneScene) open(t testing.TB) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/console/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("live: %v %+v", err, answer)
	}
	p := &stream{make(chan string, 1000), cancel}
	go func() {
		defer answer.Body.Close()
		defer close(p.lines)
		for in := bufio.NewScanner(answer.Body); in.Scan(); {
			p.lines <- in.Text()
		}
	}()
	t.Cleanup(cancel)
	if first := <-p.lines; first != "retry: 1000" {
		t.Fatalf("begins with %q", first)
	}
	return p
}

// next waits for the next event, and returns its topic; "" at the end of the page.
func (p *stream) next() string {
	for line := range p.lines {
		if topic, ok := strings.CutPrefix(line, "data: "); ok {
			return topic
		}
	}
	return ""
}

// A live page gets an event for a message and for its receipt, well within a second, and for what happened.
func TestLiveEvents(t *testing.T) {
	s := newPhone(t)
	p := s.open(t)
	for what, change := range map[string]func(){
		"messages": func() { s.send(t, otp.Message{To: "+606543216353", Text: "425502"}) },
		"facts":    func() { s.Changed(console.Facts) },
	} {
		begin := time.Now()
		change()
		if got, took := p.next(), time.Since(begin); got != what || took > 900*time.Millisecond {
			t.Errorf("event %q after %v, want %s", got, took, what)
		}
	}
	if _, source := s.get(t, "/"); shown(source) != "id1" {
		t.Errorf("the page has %s", shown(source))
	}
}

// Changes that come together are one event, and none is lost: after the last one there is an event.
func TestLiveBurst(t *testing.T) {
	s := newPhone(t)
	p := s.open(t)
	const all = 100_000
	var busy sync.WaitGroup
	for range 4 {
		busy.Go(func() {
			for range all / 4 {
				s.Changed(console.Messages)
			}
		})
	}
	busy.Wait()
	for !strings.HasPrefix(p.next(), "messages") {
	}
	s.Changed(console.Facts) // ends the test
	n := 1
	for p.next() != "facts" {
		n++
	}
	if n > 100 {
		t.Errorf("%d events for changes that came together", n)
	}
}

// What changes while a page is being opened or written to comes as an event.
func TestLiveLosesNothing(t *testing.T) {
	s := newPhone(t)
	p := s.open(t)
	for n := range 10 {
		for range n {
			s.Changed(console.Messages)
		}
		s.Changed(console.Facts)
		for p.next() != "facts" {
		}
	}
}

// Live pages end when the server shuts down, so that it does not wait for them.
func TestLiveEnds(t *testing.T) {
	s := newPhone(t)
	pages := []*stream{s.open(t), s.open(t)}
	s.end()
	late, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := s.server.Config.Shutdown(late); err != nil {
		t.Errorf("the server waits for live pages: %v", err)
	}
	for _, p := range pages {
		if got := p.next(); got != "" {
			t.Errorf("%q after the end", got)
		}
	}
}

// Only so many pages are live at once. One that ends makes room, also if its browser is gone without a word.
func TestLiveLimit(t *testing.T) {
	s := newPhone(t)
	var pages []*stream
	for range 64 {
		pages = append(pages, s.open(t))
	}
	if status, text := s.get(t, "/console/live"); status != 503 {
		t.Errorf("page 65: %d %s", status, text)
	}
	pages[7].close()
	for range pages[7].lines {
	}
	for { // the server notices it in a moment
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/console/live", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode == 200 {
			return
		}
	}
}

// HEAD is answered at once.
func TestLiveHead(t *testing.T) {
	s := newPhone(t)
	answer, err := http.Head(s.url + "/console/live")
	if err != nil || answer.StatusCode != 200 {
		t.Errorf("%v %+v", err, answer)
	}
}

// A page that does not read what it gets keeps nobody waiting: neither other pages, nor what changes, nor the end.
func TestLiveSlowReader(t *testing.T) {
	s := newPhone(t)
	slow, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	io.WriteString(slow, "GET /console/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	p := s.open(t)
	s.Changed(console.Messages)
	if got := p.next(); got != "messages" {
		t.Errorf("event %q", got)
	}
	s.end()
	late, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.server.Config.Shutdown(late); err != nil {
		t.Errorf("the server waits for a page that does not read: %v", err)
	}
}

// Changes, pages that come and go, and messages at the same time.
func TestLiveTogether(t *testing.T) {
	s := newPhone(t)
	var busy sync.WaitGroup
	for range 8 {
		busy.Go(func() {
			p := s.open(t)
			defer p.close()
			p.next()
			p.next()
		})
	}
	stop := make(chan struct{})
	var sends sync.WaitGroup
	sends.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				s.send(t, otp.Message{To: "+606543216353", Text: "425502"})
			}
		}
	})
	busy.Wait()
	close(stop)
	sends.Wait()
}

// A change costs what sends it nearly nothing.
func BenchmarkChanged(b *testing.B) {
	for name, pages := range map[string]int{"no page": 0, "one page": 1, "64 pages": 64} {
		b.Run(name, func(b *testing.B) {
			s := newPhone(b)
			for range pages {
				p := s.open(b)
				go func() {
					for range p.lines {
					}
				}()
			}
			b.ReportAllocs()
			for b.Loop() {
				s.Changed(console.Messages)
			}
		})
	}
}
