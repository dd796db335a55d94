package sqlitestore

import (
	"errors"
	"fmt"
	"os"

	"zombiezen.com/go/sqlite"
)

// OpenReadOnly opens the file at path as it is, for a process that looks at it while another one may use it. Each write
// fails. A file that there is not, or that another version wrote, is an error. SQLite puts its two files beside it,
// which end in -wal and -shm, as long as no process that writes has it open; the next one removes them.
// Close it when done.
func OpenReadOnly(path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s := over(conn)
	s.checkpointer.ended = make(chan struct{}) // and never due
	found, err := s.list("SELECT user_version FROM pragma_user_version")
	if err == nil && found[0] != schemaVersion() {
		err = errors.New("another version of the program wrote it: start countersign serve of this version once, " +
			"which brings it up to date")
	}
	if err == nil {
		err = s.prepare()
	}
	if err == nil {
		err = s.feed.open(path)
	}
	return s.start(path, err)
}
