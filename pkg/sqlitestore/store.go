// Package sqlitestore keeps challenges, ledgers, receipts and configuration documents
// in one SQLite file: the embedded default, for laptops and single machines. It is
// written in Go all the way down, so it needs no C compiler.
//
// Its statements have the same clauses as the condition expressions of package
// dynamostore: read the two side by side. All writes go through one connection, and
// calls that arrive together share one transaction (commit.go). The tables follow from
// the lists of a challenge's and a receipt's fields (schema.go). Triggers note each
// change from which a fact may follow (feed.go), and the log is copied beside the writer
// (checkpoint.go).
//
// Writes that fire triggers are OR FAIL: SQLite then keeps no copy of the pages to undo
// the one statement. It need not, because an error rolls back the whole transaction.
package sqlitestore

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"countersign/pkg/otp"
)

// Store is one SQLite file. It is safe for concurrent use.
type Store struct {
	conn    *sqlite.Conn
	calls   chan call
	pauses  chan func()   // each runs between two transactions
	closing chan struct{} // closed by Close
	stopped chan struct{} // closed when the writer has finished
	once    sync.Once

	begin, commit, rollback       *sqlite.Stmt
	insert, reserve, find         *sqlite.Stmt
	takeOver, claim               *sqlite.Stmt
	settle, guess, attempt        *sqlite.Stmt
	findLedger, putLedger, answer *sqlite.Stmt
	take                          *sqlite.Stmt
	findReceipt, receive          *sqlite.Stmt
	findEntry, writeEntry         *sqlite.Stmt
	sweepers                      [5]sweeper
	entries                       heldEntries
	earlier                       []earlierEntry // before the charges of one message
	documents                     Documents
	feed                          Feed
	checkpointer                  checkpointer
}

var (
	_ otp.Challenges = (*Store)(nil)
	_ otp.Ledgers    = (*Store)(nil)
	_ otp.Receipts   = (*Store)(nil)
)

// settings of a connection. In WAL mode with synchronous NORMAL a killed process
// loses nothing that was answered, and a power cut may lose the latest writes but
// never tears the file. Other processes may use the file meanwhile.
// Checkpoints are made beside the writer, see checkpoint.go. The cache has room for the
// inner pages of a million challenges, and for no more: each commit after which a page was
// split looks at all of it.
const settings = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 0;
PRAGMA cache_size = -4096;
PRAGMA temp_store = MEMORY;
`

// busyTimeout is how long a connection waits for another process that writes.
const busyTimeout = 2 * time.Second

// Open opens the file at path, which is made with mode 0600 if there is none.
// Close it when done.
func Open(path string) (*Store, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // SQLite would use the umask
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	f.Close()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s := over(conn)
	err = s.configure()
	if err == nil {
		err = s.prepare()
	}
	if err == nil {
		err = errors.Join(s.feed.open(path), s.checkpointer.open(path))
	}
	return s.start(path, err)
}

// over returns a store on a connection, before its first statement.
func over(conn *sqlite.Conn) *Store {
	conn.SetBusyTimeout(busyTimeout)
	return &Store{
		conn:  conn,
		calls: make(chan call, maxBatch), pauses: make(chan func()),
		closing: make(chan struct{}), stopped: make(chan struct{}),
		entries: heldEntries{byKey: map[string]*heldEntry{}},
	}
}

// Busy reports whether an error is that another program kept the file for itself for too long.
func Busy(err error) bool { return sqlite.ErrCode(err).ToPrimary() == sqlite.ResultBusy }

// start returns the store, at work, or the error of its opening.
func (s *Store) start(path string, err error) (*Store, error) {
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultNotADB, sqlite.ResultCorrupt:
		err = fmt.Errorf("%w; the file is damaged, or another program's: restore it from a copy, "+
			"or move it away (and with it those that end in -wal and -shm) to start without clients and users, "+
			"or take another --data", err)
	case sqlite.ResultBusy:
		err = fmt.Errorf("%w; another program keeps it for itself: end that one, such as a shell of sqlite3 with an "+
			"open transaction, and try again", err)
	case sqlite.ResultReadOnly, sqlite.ResultCantOpen:
		err = fmt.Errorf("%w; SQLite puts two files beside it: run this as a user who may write to its folder, or on "+
			"a copy of the folder", err)
	}
	if err != nil {
		err = fmt.Errorf("open store %s: %w", path, err)
		return nil, errors.Join(err, s.feed.close(), s.checkpointer.close(), s.conn.Close())
	}
	go s.write()
	go s.checkpoint()
	return s, nil
}

// configure brings a connection that writes, and the file, to today's form.
func (s *Store) configure() error {
	// One by one: a script runs in a transaction, which these pragmas refuse.
	for pragma := range strings.SplitSeq(strings.TrimSpace(settings), "\n") {
		if err := s.set(pragma); err != nil {
			return err
		}
	}
	return s.makeTables()
}

// prepare prepares the statements.
func (s *Store) prepare() error {
	d := &s.documents
	d.store, s.feed.store = s, s
	for stmt, query := range map[**sqlite.Stmt]string{
		&s.begin: "BEGIN IMMEDIATE", &s.commit: "COMMIT", &s.rollback: "ROLLBACK",
		&s.insert: insertQuery, &s.reserve: reserveQuery, &s.find: findQuery,
		&s.takeOver: takeOverQuery, &s.claim: claimQuery,
		&s.settle: settleQuery, &s.guess: guessQuery, &s.attempt: attemptQuery,
		&s.findLedger: findLedgerQuery, &s.putLedger: putLedgerQuery, &s.answer: answeredQuery,
		&s.findReceipt: findReceiptQuery, &s.receive: receiveQuery,
		&s.findEntry: findEntryQuery, &s.writeEntry: putEntryQuery,
		&s.take: takeQuery, &d.find: findDocumentQuery, &d.page: pageQuery,
		&d.add: addDocumentQuery, &d.replace: replaceDocumentQuery, &d.remove: deleteDocumentQuery,
		&s.feed.oldest: oldestQuery, &s.feed.forget: forgetQuery, &s.feed.keep: keepQuery,
	} {
		var err error
		if *stmt, err = s.conn.Prepare(query); err != nil {
			return err
		}
	}
	for i, table := range []string{"challenges", "ledgers", "traffic", "receipts", "guard"} {
		var err error
		if s.sweepers[i], err = s.sweeper(table); err != nil {
			return err
		}
	}
	return nil
}

// set runs a pragma. Of several processes that turn a new file to WAL mode in the
// same moment SQLite refuses all but one, without waiting as it does otherwise.
func (s *Store) set(pragma string) (err error) {
	for range 10 {
		if err = sqlitex.ExecuteTransient(s.conn, pragma, nil); sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy {
			return err
		}
	}
	return err
}

// Close finishes the calls under way and closes the file. Later calls fail.
func (s *Store) Close() error {
	err := errClosed
	s.once.Do(func() {
		close(s.closing)
		<-s.stopped
		<-s.checkpointer.ended
		err = errors.Join(s.feed.close(), s.checkpointer.close(), s.conn.Close())
	})
	return err
}
