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

// Source keeps a document. A ring calls it once at a time.
type Source interface {
	// Read returns the document at rest. It ends when ctx does. A source that makes a
	// missing keyring uses now. The ring logs the error, so it must not quote the
	// document.
	Read(ctx context.Context, now time.Time) ([]byte, error)
}

const (
	// readTimeout bounds a read if neither the source nor the caller does.
	readTimeout = 5 * time.Second
	// retryAfter is how long held keys stay in use after a failed read.
	retryAfter = 10 * time.Second
	// fruitless is the pause after a fetch that did not bring the wanted version.
	fruitless = time.Second
	// fruitlessEncrypt is that of Encrypt versions, which callers name.
	fruitlessEncrypt = time.Minute
)

// Ring returns the keys of a source. It is safe for concurrent use. A call costs an
// atomic load or two and a look at the clock. Once in maxAge one call reads the source,
// and the others use the held keys meanwhile. There are no goroutines, because Lambda
// freezes them between invocations.
type Ring struct {
	source Source
	now    func() time.Time
	maxAge time.Duration
	log    *slog.Logger

	held  atomic.Pointer[held]
	asked atomic.Int64  // when the source was last read, Unix nanoseconds
	turn  chan struct{} // a lock on reading the source
	// missed is when a fetch for a kind last brought no newer version. turn guards it.
	missed map[Kind]time.Time
}

var _ otp.Keyring = (*Ring)(nil)

// New reads a source and returns its ring. The ring notices changes of the source within
// maxAge; a minute is a good value. If a later read fails, or brings no keyring, the ring
// writes a log line, keeps its keys and reads again after ten seconds.
//
// now must follow the wall clock. A version comes into force at its time, without a read.
func New(source Source, now func() time.Time, maxAge time.Duration, log *slog.Logger) (*Ring, error) {
	return newRing(source, now, maxAge, log, false)
}

// NewLazy is New for processes that must start fast: it reads the Encrypt keys of the first document at their first
// use. Until one that is wrong is mended, the ring has none, and each use writes a log line with its place.
func NewLazy(source Source, now func() time.Time, maxAge time.Duration, log *slog.Logger) (*Ring, error) {
	return newRing(source, now, maxAge, log, true)
}

func newRing(
	source Source, now func() time.Time, maxAge time.Duration, log *slog.Logger, lazy bool,
) (*Ring, error) {
	if maxAge <= 0 {
		return nil, fmt.Errorf("keyring: the age is %v, must be above 0", maxAge)
	}
	r := &Ring{
		source: source, now: now, maxAge: maxAge, log: log,
		turn: make(chan struct{}, 1), missed: map[Kind]time.Time{},
	}
	if err := r.read(context.Background(), lazy); err != nil {
		return nil, err
	}
	return r, nil
}

// Keys returns the code and number keys.
func (r *Ring) Keys(ctx context.Context) *otp.Keys { return r.current(ctx).keys }

// Newer returns the keys for an item whose code key version is not held. If it is newer
// than any held version, the source is read now, by one caller while the others wait; if
// that brings nothing newer, the next such read comes a second later at the earliest. If
// it is older, it is retired and nothing is read: guesses at old challenges must not cause
// reads.
func (r *Ring) Newer(ctx context.Context, version int) *otp.Keys {
	return r.newer(ctx, Code, version).keys
}

// Signing returns the key that signs answers and its version. ok is false if there is
// none.
func (r *Ring) Signing(ctx context.Context) (version string, key *rsa.PrivateKey, ok bool) {
	h := r.current(ctx)
	return h.signVersion, h.sign, h.sign != nil
}

// Document returns a copy of the held document, for lists.
func (r *Ring) Document() *Document { return r.held.Load().doc.clone() }

// Format writes the held versions, whatever the verb.
func (r *Ring) Format(f fmt.State, _ rune) { fmt.Fprint(f, r.held.Load().doc.String()) }

// LogValue returns the held versions.
func (r *Ring) LogValue() slog.Value { return r.held.Load().doc.LogValue() }

// current returns the held keys. It refreshes them first if that is due and no other
// call does it.
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

// due reports whether the source must be read again. It uses the wall clock, because the
// monotonic clock stands still while a Lambda is frozen. After a clock was set back, the
// negative difference becomes a huge one, and a read is due.
func (r *Ring) due(now time.Time) bool {
	return uint64(now.UnixNano()-r.asked.Load()) >= uint64(r.maxAge) // #nosec G115 -- below 0 becomes huge, as intended
}

// enter brings the versions into force whose time has come.
func (r *Ring) enter(h *held, now time.Time) *held {
	next, err := hold(h.doc, h.sum, now)
	if err != nil {
		return h // cannot happen: the same document was held before
	}
	r.held.CompareAndSwap(h, next) // unless another call did, or has read a newer document
	return r.held.Load()
}

func (r *Ring) refresh(ctx context.Context) {
	select {
	case r.turn <- struct{}{}:
	default:
		return
	}
	defer func() { <-r.turn }()
	if r.due(r.now()) { // no other call was faster
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
	pause := fruitless
	if kind == Encrypt {
		pause = fruitlessEncrypt
	}
	lacks := func() bool { return version > r.held.Load().doc.highest(kind) }
	if since := r.now().Sub(r.missed[kind]); lacks() && (since < 0 || since >= pause) {
		r.fetch(ctx)
		if lacks() && ctx.Err() == nil { // a caller that gave up proves nothing
			r.missed[kind] = r.now()
		}
	}
	return r.held.Load()
}

// fetch reads the source; the caller holds turn. After a failure the held keys stay.
func (r *Ring) fetch(ctx context.Context) {
	err := r.read(ctx, false)
	if err == nil {
		return
	}
	r.log.Error("keyring", "cause", err.Error())
	r.asked.Store(r.now().Add(min(retryAfter, r.maxAge) - r.maxAge).UnixNano())
}

func (r *Ring) read(ctx context.Context, lazy bool) error {
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
		doc, err := parse(text, known, lazy)
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
