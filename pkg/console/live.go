package console

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Topic is what a live page may show.
type Topic string

const (
	Messages Topic = "messages" // the outbox: messages and their receipts
	Facts    Topic = "facts"    // what happened to challenges
)

// topics are all of them. The place of one is that of its count in the hub.
var topics = [...]Topic{Messages, Facts}

const (
	// listeners is how many browsers are live at once. Further ones ask again.
	listeners = 64
	// least is the time between two changes that a page gets to know. What changes in between is one change.
	least = 150 * time.Millisecond
	// silence is the longest time without a line to a live page. It finds pages that are gone.
	silence = 15 * time.Second
	// stalled is how long a page may take to receive a line. One that is stopped takes forever.
	stalled = 5 * time.Second
)

// hub counts the changes of each topic, and wakes the live pages that wait for one. A change takes two operations on
// numbers, unless a page waits: what is busy is not woken for each of its changes.
type hub struct {
	live    atomic.Int32
	changes [len(topics)]atomic.Uint64
	waiting atomic.Bool // a page waits: mu guards its rise, and wake

	mu   sync.Mutex
	wake chan struct{} // closed at the next change
}

// seen is how many changes of each topic a page knows.
type seen [len(topics)]uint64

// Changed makes the live pages load what is new of a topic. It does not block, and costs a call nearly nothing.
func (c *Console) Changed(what Topic) {
	h := &c.live
	for i, topic := range topics {
		if topic == what {
			h.changes[i].Add(1)
		}
	}
	if !h.waiting.Load() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting.Swap(false) {
		close(h.wake)
	}
}

// count returns the changes until now.
func (h *hub) count() (s seen) {
	for i := range s {
		s[i] = h.changes[i].Load()
	}
	return s
}

// next returns a channel that is closed at the next change. Changes before the call are in a later [hub.count].
func (h *hub) next() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.waiting.Load() {
		h.wake = make(chan struct{})
		h.waiting.Store(true)
	}
	return h.wake
}

// join takes one of the places of live pages, if there is one.
func (h *hub) join() bool {
	if h.live.Add(1) > listeners {
		h.live.Add(-1)
		return false
	}
	return true
}

func (h *hub) leave() { h.live.Add(-1) }

// serveLive answers with server-sent events: one with the topic's name for each change. The page asks for the change
// itself, so an event has nothing else, and one that is lost does no harm.
func (c *Console) serveLive(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Sec-Fetch-Mode") == "navigate" { // a link of a stranger would hold a connection
		c.fail(w, r, http.StatusForbidden, "This address is for scripts of the pages.")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	if !c.live.join() {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "Too many pages are open.", http.StatusServiceUnavailable)
		return
	}
	defer c.live.leave()
	known := c.live.count()
	out := http.NewResponseController(w)
	out.SetReadDeadline(time.Time{}) // the page stays open
	out.SetWriteDeadline(time.Time{})
	write := func(text string) bool {
		late := time.AfterFunc(stalled, func() { out.SetWriteDeadline(time.Unix(1, 0)) })
		defer late.Stop()
		_, err := io.WriteString(w, text)
		return err == nil && out.Flush() == nil
	}
	ok := write("retry: 1000\n\n")
	idle := time.NewTicker(silence)
	defer idle.Stop()
	for ok {
		wake := c.live.next()
		now := c.live.count()
		if now != known {
			ok = write(events(known, now)) && c.pause(r, least)
			known = now
			continue
		}
		select {
		case <-wake:
		case <-idle.C:
			ok = write(":\n\n")
		case <-r.Context().Done():
			return
		case <-c.ended:
			return
		}
	}
}

// events returns an event for each topic that changed.
func events(known, now seen) (text string) {
	for i, topic := range topics {
		if known[i] != now[i] {
			text += "data: " + string(topic) + "\n\n"
		}
	}
	return text
}

// pause waits. It reports whether the page is still live.
func (c *Console) pause(r *http.Request, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-r.Context().Done():
	case <-c.ended:
	}
	return false
}
