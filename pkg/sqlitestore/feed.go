package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/changes"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// oldestQuery finds the oldest row that nobody has finished.
const oldestQuery = `SELECT seq FROM changes WHERE kind IS NOT NULL ORDER BY seq LIMIT 1`

// forgetQuery keeps the last row of a piece without its kind: SQLite numbers a row by
// the highest number in the table, and a number that is used twice could be finished
// by somebody who read the row of before.
const (
	forgetQuery = `DELETE FROM changes WHERE seq < :last`
	keepQuery   = `UPDATE changes SET kind = NULL WHERE seq = :last`
)

// nextQuery reads the columns of changeColumns.
func nextQuery() string {
	var names []string
	for _, c := range changeColumns() {
		names = append(names, c.name)
	}
	return `SELECT ` + strings.Join(names, ", ") + ` FROM changes WHERE kind IS NOT NULL ORDER BY seq LIMIT :limit`
}

// Feed is the table of changes in the file of a [Store]: what the stream is to a table
// in DynamoDB. A write adds a row to it in its own transaction, and the follower
// removes the rows that it is done with, so that after a crash it goes on where it
// was. Reading takes no turn of the writer: the feed has a connection of its own.
//
// Where several processes follow the feed of one file, each change comes to at least
// one of them.
type Feed struct {
	store                *Store
	oldest, forget, keep *sqlite.Stmt

	mu   sync.Mutex   // of what is below
	conn *sqlite.Conn // nil: closed
	next *sqlite.Stmt
}

// Feed returns the feed of the store's file.
func (s *Store) Feed() *Feed { return &s.feed }

// Piece is the oldest part of a feed. It notes what follows from its changes, for [Feed.Finish].
type Piece struct {
	List []changes.Change // oldest first; empty at the end of the feed
	last int64            // number of the last one

	answers []otp.Answer
	credits []guard.Credit
}

var (
	_ changes.Numbers = (*Piece)(nil)
	_ changes.Credits = (*Piece)(nil)
)

// Answered implements [changes.Numbers]. [Feed.Finish] does what [Store.Answered] does.
func (p *Piece) Answered(_ context.Context, a otp.Answer) error {
	p.answers = append(p.answers, a)
	return nil
}

// Credit implements [changes.Credits]. [Feed.Finish] gives the credits.
func (p *Piece) Credit(_ context.Context, credits []guard.Credit) error {
	p.credits = append(p.credits, credits...)
	return nil
}

// Next returns up to limit changes, the oldest first. It returns the same again until
// they are finished. now becomes their time: a file does not keep when a guess was made,
// since SQLite's clock would take a tenth of the time of each write.
func (f *Feed) Next(ctx context.Context, limit int, now time.Time) (Piece, error) {
	if ctx.Err() != nil {
		return Piece{}, context.Cause(ctx)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn == nil {
		return Piece{}, errClosed
	}
	var p Piece
	f.next.SetInt64(":limit", int64(limit))
	for {
		row, err := f.next.Step()
		if err != nil || !row {
			if err = errors.Join(err, f.next.Reset()); err != nil {
				return Piece{}, fmt.Errorf("sqlite: read the feed: %w", err)
			}
			return p, nil
		}
		p.last = f.next.ColumnInt64(0)
		p.List = append(p.List, readChange(f.next, now))
	}
}

// Finish removes a piece from the feed, and does in the same transaction what the piece notes. So each credit is given
// once, also if another process finished the same changes.
func (f *Feed) Finish(ctx context.Context, p Piece) error {
	if len(p.List) == 0 {
		return nil
	}
	_, err := in(ctx, f.store, "finish", func() (struct{}, error) {
		for _, a := range p.answers {
			if err := f.store.clear(a); err != nil {
				return struct{}{}, err
			}
		}
		if err := f.credit(p); err != nil {
			return struct{}{}, err
		}
		f.forget.SetInt64(":last", p.last)
		f.keep.SetInt64(":last", p.last)
		return struct{}{}, errors.Join(step(f.forget), step(f.keep))
	})
	return err
}

// credit gives the credits of the changes that nobody has finished.
func (f *Feed) credit(p Piece) error {
	if len(p.credits) == 0 {
		return nil
	}
	oldest, err := one(f.oldest, func(stmt *sqlite.Stmt) *int64 {
		n := stmt.ColumnInt64(0)
		return &n
	})
	if oldest == nil || err != nil {
		return err
	}
	return f.store.credit(slices.DeleteFunc(slices.Clone(p.credits), func(c guard.Credit) bool {
		n, _ := strconv.ParseInt(c.Record, 10, 64) // of readChange
		return n < *oldest
	}))
}

// open opens the connection that the feed is read over, to the file of the store.
func (f *Feed) open(path string) error {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		return err
	}
	conn.SetBusyTimeout(busyTimeout)
	if f.next, err = conn.Prepare(nextQuery()); err != nil {
		return errors.Join(err, conn.Close())
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

// readChange returns the change of the current row, see changeColumns.
func readChange(stmt *sqlite.Stmt, now time.Time) changes.Change {
	c := readImages(stmt)
	c.At, c.Record = now, strconv.FormatInt(stmt.ColumnInt64(0), 10)
	return c
}

func readImages(stmt *sqlite.Stmt) changes.Change {
	const first = 2 // seq and kind come before the fields
	if stmt.ColumnText(1) == "received" {
		return changes.Change{Receipt: readFields(stmt, first+2*len(followed), followedReceipts)}
	}
	is, was := readFields(stmt, first, followed), new(otp.Challenge)
	for i, f := range followed {
		column := first + len(followed) + i
		if stmt.ColumnIsNull(column) {
			column = first + i
		}
		readField(stmt, column, f.Pointer(was))
	}
	switch stmt.ColumnText(1) {
	case "inserted":
		return changes.Change{Is: is}
	case "updated":
		return changes.Change{Was: was, Is: is}
	}
	return changes.Change{Was: is, Swept: true}
}
