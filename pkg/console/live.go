package console

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Topic is what a live page may show.
type Topic string

const (
	Messages Topic = "messages" // the outbox: messages and their receipts
	Facts    Topic = "facts"    // what happened to challenges
)

// listeners is how many pages are live at once. Further ones ask again.
const listeners = 64

// least is the time between two changes that a page gets to know. What changes in between is one change.
const least = 150 * time.Millisecond

// silence is the longest time without a line to a live page. It finds pages that are gone.
const silence = 15 * time.Second

// hub has the live pages.
type hub struct {
	mu    sync.Mutex
	pages map[*listener]bool
}

// listener is one live page.
type listener struct {
	wake    chan struct{}  // holds an element while something changed
	changed map[Topic]bool // since the page was last written to; the hub's mutex guards it
}

// Changed makes the live pages load what is new of a topic. It does not block, and costs a call nearly nothing.
func (c *Console) Changed(what Topic) {
	c.live.mu.Lock()
	defer c.live.mu.Unlock()
	for l := range c.live.pages {
		l.changed[what] = true
		select {
		case l.wake <- struct{}{}:
		default: // it is awake
		}
	}
}

// take returns the topics that changed since the last call.
func (h *hub) take(l *listener) []Topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed := slices.Collect(maps.Keys(l.changed))
	clear(l.changed)
	return changed
}

// join adds a live page, and returns nil if there are too many.
func (h *hub) join() *listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.pages) >= listeners {
		return nil
	}
	if h.pages == nil {
		h.pages = map[*listener]bool{}
	}
	l := &listener{make(chan struct{}, 1), map[Topic]bool{}}
	h.pages[l] = true
	return l
}

func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pages, l)
}

// serveLive answers with server-sent events: one of the topic's name for each change. The page asks for the change
// itself, so an event has no content, and one that is lost does no harm.
func (c *Console) serveLive(w http.ResponseWriter, r *http.Request) {
	l := c.live.join()
	if l == nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "Too many pages are open.", http.StatusServiceUnavailable)
		return
	}
	defer c.live.leave(l)
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	out.SetReadDeadline(time.Time{}) // the page stays open
	out.SetWriteDeadline(time.Time{})
	write := func(text string) bool {
		_, err := io.WriteString(w, text)
		return err == nil && out.Flush() == nil
	}
	if !write("retry: 1000\n\n") {
		return
	}
	idle := time.NewTicker(silence)
	defer idle.Stop()
	for {
		select {
		case <-l.wake:
			for _, topic := range c.live.take(l) {
				if !write("event: " + string(topic) + "\ndata:\n\n") {
					return
				}
			}
			if !c.pause(r, least) {
				return
			}
		case <-idle.C:
			if !write(":\n\n") {
				return
			}
		case <-r.Context().Done():
			return
		case <-c.ended:
			return
		}
	}
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
