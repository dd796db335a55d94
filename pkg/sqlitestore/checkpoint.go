package sqlitestore

import (
	"sync"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Bounds of the write-ahead log. A checkpoint copies its pages into the file, with two
// fsyncs. SQLite makes one inside a commit, which holds up every call for as long, so
// the store makes them beside the writer.
const (
	// checkpointAfter is how many commits make a checkpoint: 8 to 40 MB of log.
	checkpointAfter = 2000
	// maxLog is the size of the log, in pages of 4 KB, from which the writer waits for
	// the rest of a checkpoint. The log begins anew only when all of it is copied at one
	// moment, and under steady load pages are added while others are copied.
	maxLog = 65536
)

// checkpointer copies the log into the file, over a connection of its own.
type checkpointer struct {
	mu    sync.Mutex // of conn
	conn  *sqlite.Conn
	due   chan struct{} // holds one note that a checkpoint is due
	ended chan struct{} // closed when checkpoint has returned
}

func (c *checkpointer) open(path string) (err error) {
	c.due, c.ended = make(chan struct{}, 1), make(chan struct{})
	if c.conn, err = sqlite.OpenConn(path, sqlite.OpenReadWrite); err != nil {
		return err
	}
	c.conn.SetBusyTimeout(busyTimeout)
	return sqlitex.ExecuteTransient(c.conn, "PRAGMA synchronous = NORMAL", nil)
}

// checkpoint makes checkpoints when they are due, until the store closes. A checkpoint that
// fails is made up for by the next one, or by the last connection that closes the file.
func (s *Store) checkpoint() {
	defer close(s.checkpointer.ended)
	for {
		select {
		case <-s.checkpointer.due:
		case <-s.closing:
			return
		}
		log, err := s.checkpointer.pass("PASSIVE")
		if err != nil || log < maxLog {
			continue
		}
		s.restartLog()
	}
}

// restartLog copies the rest of the log while the writer waits.
func (s *Store) restartLog() {
	for range 2 { // first what came meanwhile, each time less of it, so that the writer waits for little
		s.checkpointer.pass("PASSIVE")
	}
	done := make(chan struct{})
	select {
	case s.pauses <- func() { defer close(done); s.checkpointer.pass("RESTART") }:
		<-done
	case <-s.closing:
	}
}

func (c *checkpointer) close() error {
	if c.conn == nil {
		return nil
	}
	return c.conn.Close()
}

// pass makes one checkpoint and returns how many pages the log has.
func (c *checkpointer) pass(mode string) (log int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	read := func(stmt *sqlite.Stmt) error { log = stmt.ColumnInt(1); return nil }
	err = sqlitex.ExecuteTransient(c.conn, "PRAGMA wal_checkpoint("+mode+")", &sqlitex.ExecOptions{ResultFunc: read})
	return log, err
}

// note asks for a checkpoint, unless one is asked for already.
func (c *checkpointer) note() {
	select {
	case c.due <- struct{}{}:
	default:
	}
}
