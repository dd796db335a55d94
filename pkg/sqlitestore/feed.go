package sqlitestore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

//go:embed changes.sql
var changesSchema string

// imageColumns of a challenge, after four that say how far it was told.
const imageColumns = `pk, authId, c.seed, c.state, result, guess = code, op, c.attempts, max, c.sentAt, expiresAt, ledger, mask, client, region, block`

const (
	untoldQuery = `SELECT seq, wasSeed, wasState, wasSentAt, wasAttempts,
  pk, authId, seed, state, result, passed, op, attempts, max, sentAt, expiresAt, ledger, mask, client, region, block, over
FROM untold ORDER BY seq LIMIT ?1`
	changedQuery = `SELECT c.rowid, told.seed, told.state, told.sentAt, told.attempts, ` + imageColumns + `
FROM challenges c LEFT JOIN told ON told.id = c.rowid WHERE pk = ?1`
	scanQuery = `SELECT c.rowid, told.seed, told.state, told.sentAt, told.attempts, ` + imageColumns + `
FROM challenges c LEFT JOIN told ON told.id = c.rowid WHERE c.rowid > ?1 ORDER BY c.rowid LIMIT ?2`

	tellQuery = `INSERT INTO told (id, seed, state, sentAt, attempts) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (id) DO UPDATE SET seed = ?2, state = ?3, sentAt = ?4, attempts = ?5 WHERE seed = ?6 OR seed = ?2`
	forgetQuery = `DELETE FROM untold WHERE seq <= ?1`
)

// Feed is what happened to the challenges in the file of a [Store]. No write takes
// longer for it: the file tells what was not told yet, however the process ended,
// and which challenges to look at is kept in memory. It reads over a connection of
// its own.
//
// One goroutine follows the feed. Of several processes with the file open, each
// tells what it wrote, and what it found untold when it began.
type Feed struct {
	store        *Store
	tell, forget *sqlite.Stmt

	mu      sync.Mutex      // of what is below
	known   map[string]bool // nil until somebody follows
	touched []string        // keys of challenges that were written to since, oldest first

	conn                    *sqlite.Conn // of the follower, until it is closed
	untold, changed, window *sqlite.Stmt
	scanned                 int64 // the row up to which those from before were looked at
	whole                   bool  // all of them were
}

// Feed returns the feed of the store's file.
func (s *Store) Feed() *Feed { return &s.feed }

// Changes is a piece of a feed, to be finished or given back.
type Changes struct {
	List   []changes.Change
	untold int64 // the last of them
	keys   []string
	told   []told
}

// Empty reports whether there is nothing to be done.
func (c *Changes) Empty() bool { return len(c.List) == 0 && c.untold == 0 && len(c.told) == 0 }

// told is how far a challenge is told once a piece is finished.
type told struct {
	row        int64
	seed, over []byte // over: which may be written over, besides seed
	state      otp.State
	sentAt     otp.Millis
	attempts   int
}

// touch notes challenges whose writes are committed.
func (f *Feed) touch(keys []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil {
		return // what is in the file by now is found there
	}
	for _, key := range keys {
		if !f.known[key] {
			f.known[key], f.touched = true, append(f.touched, key)
		}
	}
}

// Next returns what was not told yet, of about limit challenges, and whether there
// is as much again at once. now is when: a challenge does not keep when it was
// guessed at. What it returns comes again after a restart, until it is finished;
// until then nothing else returns it.
func (f *Feed) Next(ctx context.Context, limit int, now time.Time) (c *Changes, more bool, err error) {
	if ctx.Err() != nil {
		return nil, false, context.Cause(ctx)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn == nil {
		return nil, false, errClosed
	}
	if f.known == nil {
		f.known = map[string]bool{}
	}
	c = &Changes{}
	err = errors.Join(f.readUntold(c, limit, now), f.readBefore(c, limit, now), f.readTouched(c, limit, now))
	if err != nil {
		f.scanned, f.whole = 0, false // what was taken is looked for anew
		return nil, false, fmt.Errorf("sqlite: read the feed: %w", err)
	}
	return c, !f.whole || len(f.touched) >= limit || len(c.List) >= limit, nil
}

// readUntold takes what was written over.
func (f *Feed) readUntold(c *Changes, limit int, now time.Time) error {
	f.untold.BindInt64(1, int64(limit))
	return rows(f.untold, func() {
		row, was, is := readChange(f.untold)
		c.untold = row
		c.List = append(c.List, changes.Change{Was: was, Is: is, At: now})
		if f.untold.ColumnBool(21) {
			c.List = append(c.List, changes.Change{Was: is, At: now, Swept: true})
		}
	})
}

// readBefore goes on through the challenges that were there when the feed was
// opened: an earlier process may have ended before it told of them.
func (f *Feed) readBefore(c *Changes, limit int, now time.Time) error {
	if f.whole {
		return nil
	}
	f.window.BindInt64(1, f.scanned)
	f.window.BindInt64(2, int64(limit))
	seen := 0
	err := rows(f.window, func() {
		seen++
		f.scanned = f.window.ColumnInt64(0)
		c.add(f.window, now)
	})
	f.whole = err == nil && seen < limit
	return err
}

// readTouched takes the challenges that were written to first.
func (f *Feed) readTouched(c *Changes, limit int, now time.Time) error {
	n := min(limit, len(f.touched))
	for _, key := range f.touched[:n] {
		f.changed.BindText(1, key)
		if err := rows(f.changed, func() { c.add(f.changed, now) }); err != nil {
			return err
		}
	}
	for _, key := range f.touched[:n] {
		delete(f.known, key)
	}
	if f.touched = f.touched[n:]; len(f.touched) == 0 {
		f.touched = nil // a burst's memory goes
	}
	return nil
}

// add takes a row of a challenge where it is not told to the end.
func (c *Changes) add(stmt *sqlite.Stmt, now time.Time) {
	row, was, is := readChange(stmt)
	t := told{row: row, seed: is.Seed, state: is.State, sentAt: is.SentAt, attempts: is.Attempts}
	if was != nil {
		t.over = was.Seed
	}
	none := was == nil && is.State == otp.Reserved && is.Attempts == 0
	same := was != nil && string(was.Seed) == string(is.Seed) && was.State == is.State && was.SentAt == is.SentAt && was.Attempts == is.Attempts
	if is.Max == 0 || none || same {
		return
	}
	c.List, c.told, c.keys = append(c.List, changes.Change{Was: was, Is: is, At: now}), append(c.told, t), append(c.keys, is.Key)
}

// Finish notes that what Next returned is done with.
func (f *Feed) Finish(ctx context.Context, c *Changes) error {
	_, err := in(ctx, f.store, "finish", func() (struct{}, error) {
		for _, t := range c.told {
			f.tell.BindInt64(1, t.row)
			f.tell.BindBytes(2, t.seed)
			f.tell.BindText(3, string(t.state))
			f.tell.BindInt64(4, int64(t.sentAt))
			f.tell.BindInt64(5, int64(t.attempts))
			f.tell.BindBytes(6, t.over)
			if err := step(f.tell); err != nil {
				return struct{}{}, err
			}
		}
		if c.untold == 0 {
			return struct{}{}, nil
		}
		f.forget.BindInt64(1, c.untold)
		return struct{}{}, step(f.forget)
	})
	return err
}

// GiveBack makes Next return again what was not finished.
func (f *Feed) GiveBack(c *Changes) { f.touch(c.keys) }

// open opens the connection that is read over, to the file of the store.
func (f *Feed) open(path string) error {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		return err
	}
	conn.SetBusyTimeout(2 * time.Second)
	for stmt, query := range map[**sqlite.Stmt]string{&f.untold: untoldQuery, &f.changed: changedQuery, &f.window: scanQuery} {
		if *stmt, err = conn.Prepare(query); err != nil {
			return errors.Join(err, conn.Close())
		}
	}
	f.conn = conn
	return nil
}

func (f *Feed) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn == nil {
		return nil
	}
	conn := f.conn
	f.conn = nil
	return conn.Close()
}

// rows runs a statement to its end.
func rows(stmt *sqlite.Stmt, each func()) error {
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return errors.Join(err, stmt.Reset())
		}
		each()
	}
}

// readChange returns the first 21 columns of the current row: its number, how far
// the challenge was told (nil: not at all) and how it is.
func readChange(stmt *sqlite.Stmt) (row int64, was, is *changes.Image) {
	bytes := func(col int) []byte {
		b := make([]byte, stmt.ColumnLen(col))
		stmt.ColumnBytes(col, b)
		return b
	}
	is = &changes.Image{
		Key:       stmt.ColumnText(5),
		AuthID:    stmt.ColumnText(6),
		Seed:      bytes(7),
		State:     otp.State(stmt.ColumnText(8)),
		Result:    otp.Outcome(stmt.ColumnText(9)),
		Passed:    stmt.ColumnBool(10),
		Op:        stmt.ColumnText(11),
		Attempts:  stmt.ColumnInt(12),
		Max:       stmt.ColumnInt(13),
		SentAt:    otp.Millis(stmt.ColumnInt64(14)),
		ExpiresAt: otp.Millis(stmt.ColumnInt64(15)),
		Ledger:    stmt.ColumnText(16),
		Mask:      stmt.ColumnText(17),
		Client:    stmt.ColumnText(18),
		Region:    stmt.ColumnText(19),
		Block:     stmt.ColumnText(20),
	}
	if !stmt.ColumnIsNull(2) {
		was = &changes.Image{Seed: bytes(1), State: otp.State(stmt.ColumnText(2)), SentAt: otp.Millis(stmt.ColumnInt64(3)), Attempts: stmt.ColumnInt(4)}
	}
	return stmt.ColumnInt64(0), was, is
}
