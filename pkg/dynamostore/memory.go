package dynamostore

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

const (
	// memoryTime is how long it is remembered that an entry has no room. Somebody may answer meanwhile: so much later,
	// his answer counts for others.
	memoryTime = 5 * time.Second
	// memorySize is the most entries that are remembered, of about 1 KB each.
	memorySize = 512
)

// memory has the entries of the messages that the guard refused in the last few seconds, as they were then: those
// without room, and the countries. Times are those of the messages.
type memory struct {
	mu    sync.Mutex
	of    map[string]memorized
	until otp.Millis // nothing is remembered from then on
}

type memorized struct {
	guard.Entry
	at otp.Millis
}

// refusing reports whether the guard refused a message lately.
func (m *memory) refusing(now otp.Millis) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return now < m.until
}

// note remembers entries as they are now, if the message was refused. Otherwise it only renews what it has.
func (m *memory) note(seen map[string]guard.Entry, refused bool, now otp.Millis) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, e := range seen {
		if was, has := m.of[key]; has && was.at <= now || !has && refused {
			m.set(key, e, now)
		}
	}
	if refused {
		m.until = max(m.until, now.Add(memoryTime))
	}
}

// set remembers an entry. If there are too many, those that are not fresh are forgotten, or else all.
func (m *memory) set(key string, e guard.Entry, now otp.Millis) {
	if len(m.of) >= memorySize {
		maps.DeleteFunc(m.of, func(_ string, e memorized) bool { return !e.fresh(now) })
	}
	if m.of == nil || len(m.of) >= memorySize {
		m.of = map[string]memorized{}
	}
	e.Seen, e.Worst, e.Label = nil, nil, nil
	m.of[key] = memorized{e, now}
}

// fresh reports whether the entry is still to be believed. With the hour, it may get room.
func (e memorized) fresh(now otp.Millis) bool {
	return e.at <= now && now < e.at.Add(memoryTime) && hourOf(e.at) == hourOf(now)
}

func hourOf(at otp.Millis) int64 { return int64(at) / time.Hour.Milliseconds() }

// recall returns an entry that is remembered.
func (m *memory) recall(key string, now otp.Millis) (guard.Entry, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, has := m.of[key]
	return e.Entry, has && e.fresh(now)
}

// remembered are the budgets as a store remembers them. A charge changes nothing, and is refused where the remembered
// entry refuses it. Where a country has no room, the block is read: people in blocks that answer go on.
type remembered struct {
	*Store
	now otp.Millis
}

var errForgotten = errors.New("the country is not remembered")

// Charge implements [guard.Budgets].
func (r remembered) Charge(ctx context.Context, c guard.Charge) (guard.Entry, bool, error) {
	e, has := r.full.recall(c.Key, r.now)
	read := false
	switch {
	case has:
	case c.Kind == guard.Country: // which decides what the other entries are
		return guard.Entry{}, false, errForgotten
	case !c.Answering:
		return guard.Entry{}, true, nil // as far as is known
	default:
		var err error
		if e, err = r.block(ctx, c); err != nil {
			return guard.Entry{}, false, err
		}
		read = true
	}
	c.Label = nil
	ok := e.Take(c)
	if read && !ok {
		r.full.note(map[string]guard.Entry{c.Key: e}, true, r.now)
	}
	return e, ok, nil
}

func (r remembered) block(ctx context.Context, c guard.Charge) (guard.Entry, error) {
	item, err := r.peek(ctx, c.Key)
	if err != nil || item == nil {
		return guard.Fresh(c.Key, c.Kind, c.Hour), err
	}
	return ReadEntry(item)
}

// Uncharge implements [guard.Budgets]: nothing was counted.
func (r remembered) Uncharge(context.Context, guard.Charged) error { return nil }
