package keyring

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"countersign/pkg/otp"
)

// Source is where a document is kept. Reads of one source come one at a time.
type Source interface {
	// Read returns the document at rest. It ends when ctx does. now is for a source
	// that makes a keyring where there is none. The error is logged: it must not
	// quote the document.
	Read(ctx context.Context, now time.Time) ([]byte, error)
}

const (
	// readTimeout bounds a read, should the source and the caller not.
	readTimeout = 5 * time.Second
	// retryAfter is how long the keys in hand do when the source has failed.
	retryAfter = 10 * time.Second
	// fruitless is the pause after a fetch for a version that did not bring it.
	fruitless = time.Second
)

// Ring hands out keys as they are held by a source, and is safe for concurrent
// use. A call costs an atomic load or two and a look at the clock, except for the
// one in maxAge that reads the source; the others go on meanwhile with the keys in
// hand. There are no goroutines: Lambda freezes them between invocations.
type Ring struct {
	source Source
	now    func() time.Time
	maxAge time.Duration
	log    *slog.Logger

	held  atomic.Pointer[held]
	asked atomic.Int64  // when the source was last read, Unix nanoseconds
	turn  chan struct{} // held by who reads the source
	// missed is when a fetch for a kind last brought no newer version. Guarded by turn.
	missed map[Kind]time.Time
}

var _ otp.Keyring = (*Ring)(nil)

// New reads a source and returns its ring. Later changes of the source are noticed
// within maxAge, for which a minute will do. When the source fails then, or holds
// something that is no keyring, a line of the log says so, the keys in hand stay,
// and it is asked again after ten seconds.
//
// now must follow the wall clock. A version whose time comes is in force from that
// moment, without a read.
func New(source Source, now func() time.Time, maxAge time.Duration, log *slog.Logger) (*Ring, error) {
	if maxAge <= 0 {
		return nil, fmt.Errorf("keyring: the age is %v, must be above 0", maxAge)
	}
	r := &Ring{source: source, now: now, maxAge: maxAge, log: log, turn: make(chan struct{}, 1), missed: map[Kind]time.Time{}}
	if err := r.read(context.Background()); err != nil {
		return nil, err
	}
	return r, nil
}

// Keys returns the code and number keys.
func (r *Ring) Keys(ctx context.Context) *otp.Keys { return r.current(ctx).keys }

// Newer returns the keys after an item named a code key version that those in hand
// lack. Is it newer than all of them, the source is read at once, by one caller
// while the others wait; when that brings nothing newer, not again for a second.
// Is it older, it is retired, and nothing is read: guesses at old challenges must
// not become reads.
func (r *Ring) Newer(ctx context.Context, version int) *otp.Keys {
	return r.newer(ctx, Code, version).keys
}

// Signing returns the key that signs answers, with its version, and ok false when
// there is none.
func (r *Ring) Signing(ctx context.Context) (version string, key *rsa.PrivateKey, ok bool) {
	h := r.current(ctx)
	return h.signVersion, h.sign, h.sign != nil
}

// Document returns a copy of what is held, for lists.
func (r *Ring) Document() *Document { return r.held.Load().doc.clone() }

// Format writes the versions held, whatever the verb.
func (r *Ring) Format(f fmt.State, _ rune) { fmt.Fprint(f, r.held.Load().doc.String()) }

// LogValue is the versions held.
func (r *Ring) LogValue() slog.Value { return r.held.Load().doc.LogValue() }

// current returns what is held, refreshed when it is due and nobody else is at it.
func (r *Ring) current(ctx context.Context) *held {
	now := r.now()
	if r.due(now) {
		r.refresh(ctx)
	}
	h := r.held.Load()
	if now.UnixNano() >= h.until {
		return r.enter(h, now)
	}
	return h
}

// due counts on the wall clock: the monotonic one stands still while a Lambda is
// frozen. A clock that was set back makes the difference huge, and due.
func (r *Ring) due(now time.Time) bool {
	return uint64(now.UnixNano()-r.asked.Load()) >= uint64(r.maxAge) // #nosec G115 -- below 0 becomes huge, which is meant
}

// enter brings versions into force whose time has come.
func (r *Ring) enter(h *held, now time.Time) *held {
	next, err := hold(h.doc, h.sum, now)
	if err != nil {
		return h // cannot be: the same document was held before
	}
	r.held.CompareAndSwap(h, next) // else somebody was faster, or has read a newer document
	return r.held.Load()
}

func (r *Ring) refresh(ctx context.Context) {
	select {
	case r.turn <- struct{}{}:
	default:
		return
	}
	defer func() { <-r.turn }()
	if r.due(r.now()) { // still
		r.fetch(ctx)
	}
}

// newer is Newer for any kind.
func (r *Ring) newer(ctx context.Context, kind Kind, version int) *held {
	if version <= r.held.Load().doc.highest(kind) {
		return r.current(ctx)
	}
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return r.held.Load()
	}
	defer func() { <-r.turn }()
	lacks := func() bool { return version > r.held.Load().doc.highest(kind) }
	if since := r.now().Sub(r.missed[kind]); lacks() && (since < 0 || since >= fruitless) {
		r.fetch(ctx)
		if lacks() && ctx.Err() == nil { // a caller that gave up says nothing about the source
			r.missed[kind] = r.now()
		}
	}
	return r.held.Load()
}

// fetch reads the source by turn. After a failure the keys in hand stay.
func (r *Ring) fetch(ctx context.Context) {
	err := r.read(ctx)
	if err == nil {
		return
	}
	r.log.Error("keyring", "cause", err.Error())
	r.asked.Store(r.now().Add(min(retryAfter, r.maxAge) - r.maxAge).UnixNano())
}

func (r *Ring) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	text, err := r.source.Read(ctx, r.now())
	if err != nil {
		return err
	}
	sum, known := sha256.Sum256(text), &Document{}
	old := r.held.Load()
	if old != nil {
		known = old.doc
	}
	if old == nil || old.sum != sum {
		doc, err := parse(text, known)
		if err != nil {
			return err
		}
		h, err := hold(doc, sum, r.now())
		if err != nil {
			return err
		}
		r.held.Store(h)
		if old != nil {
			r.log.Info("keyring changed", "versions", doc)
		}
	}
	r.asked.Store(r.now().UnixNano())
	return nil
}
