package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

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
	store        *Store
	forget, keep *sqlite.Stmt

	mu   sync.Mutex   // of what is below
	conn *sqlite.Conn // nil: closed
	next *sqlite.Stmt
}

// Feed returns the feed of the store's file.
func (s *Store) Feed() *Feed { return &s.feed }

// Piece is the oldest part of a feed.
type Piece struct {
	List []changes.Change // oldest first; empty at the end of the feed
	last int64            // number of the last one
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

// Finish removes a piece from the feed, and in the same transaction does what
// [Store.Answered] does for each answer.
func (f *Feed) Finish(ctx context.Context, p Piece, answered ...otp.Answer) error {
	if len(p.List) == 0 {
		return nil
	}
	_, err := in(ctx, f.store, "finish", func() (struct{}, error) {
		for _, a := range answered {
			if err := f.store.clear(a); err != nil {
				return struct{}{}, err
			}
		}
		f.forget.SetInt64(":last", p.last)
		f.keep.SetInt64(":last", p.last)
		return struct{}{}, errors.Join(step(f.forget), step(f.keep))
	})
	return err
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
	const first = 2 // seq and kind come before the fields
	if stmt.ColumnText(1) == "received" {
		return changes.Change{Receipt: readFields(stmt, first+2*len(followed), followedReceipts), At: now}
	}
	is, was := readFields(stmt, first, followed), new(otp.Challenge)
	for i, f := range followed {
		column := first + len(followed) + i
		if stmt.ColumnIsNull(column) {
			column = first + i
		}
		readField(stmt, column, f.Pointer(was))
	}
	c := changes.Change{At: now}
	switch stmt.ColumnText(1) {
	case "inserted":
		c.Is = is
	case "updated":
		c.Was, c.Is = was, is
	default:
		c.Was, c.Swept = is, true
	}
	return c
}
