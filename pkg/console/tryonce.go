package console

import (
	"crypto/sha256"
	"sync"
)

// mostKept is how many calls are kept, for forms that come again.
const mostKept = 64

// onceEach makes each call once: a form that is sent twice, by a second click or by the browser's reload, has the
// answer of the first one. It is safe for concurrent use.
type onceEach struct {
	mu    sync.Mutex
	calls map[[sha256.Size]byte]*oneCall
	order [][sha256.Size]byte // of those that are kept, oldest first
}

// oneCall is a call that is under way or kept.
type oneCall struct {
	over chan struct{} // closed after done and err are set
	done tried
	err  error
}

// do returns what call returns. If a call of the same id is under way or kept, it returns that of this call, and again.
// stays decides whether a call that succeeded is kept.
func (o *onceEach) do(
	id [sha256.Size]byte, stays func(tried) bool, call func() (tried, error),
) (done tried, again bool, err error) {
	o.mu.Lock()
	if earlier := o.calls[id]; earlier != nil {
		o.mu.Unlock()
		<-earlier.over
		return earlier.done, true, earlier.err
	}
	if o.calls == nil {
		o.calls = map[[sha256.Size]byte]*oneCall{}
	}
	this := &oneCall{over: make(chan struct{})}
	o.calls[id] = this
	o.mu.Unlock()
	kept := false
	defer func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !kept {
			delete(o.calls, id)
		} else if o.order = append(o.order, id); len(o.order) > mostKept {
			delete(o.calls, o.order[0])
			o.order = o.order[1:]
		}
		close(this.over)
	}()
	this.done, this.err = call()
	kept = this.err == nil && stays(this.done)
	return this.done, false, this.err
}
