package localserver

import (
	"context"
	"sync"

	"countersign/pkg/changes"
)

// latest keeps the latest facts, for the developer to read at /_dev/events. It is
// safe for concurrent use.
type latest struct {
	mu    sync.Mutex
	facts []changes.Fact  // oldest first
	known map[string]bool // ids of facts: a fact that comes twice is kept once
	// changed is called after each change, and must not block.
	changed func()
}

// maxLatest is the number of facts that are kept.
const maxLatest = 1000

// Publish implements [changes.Events].
func (r *latest) Publish(_ context.Context, facts []changes.Fact) (int, error) {
	r.add(facts)
	r.changed()
	return len(facts), nil
}

func (r *latest) add(facts []changes.Fact) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[string]bool{}
	}
	for _, f := range facts {
		if r.known[f.ID] {
			continue
		}
		r.known[f.ID], r.facts = true, append(r.facts, f)
		if len(r.facts) > maxLatest {
			delete(r.known, r.facts[0].ID)
			r.facts = r.facts[1:]
		}
	}
}

// list returns the facts as events, newest first.
func (r *latest) list() []changes.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := make([]changes.Event, 0, len(r.facts))
	for i := len(r.facts) - 1; i >= 0; i-- {
		events = append(events, r.facts[i].Event())
	}
	return events
}
