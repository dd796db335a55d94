package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"zombiezen.com/go/sqlite"
)

// call is one part of a transaction. done receives its error once that is committed.
type call struct {
	do   func() error
	done chan error
}

// maxBatch bounds how many calls share one transaction: enough that a commit
// costs each of them little, and few enough that the first need not wait long.
const maxBatch = 64

// errClosed is the error of a call on a closed store.
var errClosed = errors.New("the store is closed")

// in runs do inside a transaction and returns when that is committed. Each call is
// atomic: calls run one after another, and a call that fails rolls back all that share
// its transaction. When ctx ends first, the outcome is unknown.
func in[T any](ctx context.Context, s *Store, what string, do func() (T, error)) (T, error) {
	var out, none T
	c := call{done: make(chan error, 1), do: func() (err error) {
		out, err = do()
		return err
	}}
	err := s.run(ctx, c)
	if err != nil {
		return none, fmt.Errorf("sqlite: %s: %w", what, err)
	}
	return out, nil
}

func (s *Store) run(ctx context.Context, c call) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case s.calls <- c:
	case <-s.closing:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-c.done:
		return err
	case <-s.stopped:
		select {
		case err := <-c.done:
			return err
		default:
			return errClosed
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// write is the only user of the connection. It takes the calls that wait, up to a
// batch, and commits them as one transaction. When the store closes, it finishes the
// calls that wait and stops.
func (s *Store) write() {
	defer close(s.stopped)
	batch := make([]call, 0, maxBatch)
	for commits := 1; ; commits++ {
		var first call
		select {
		case first = <-s.calls:
		case pause := <-s.pauses:
			pause()
			continue
		case <-s.closing:
			select {
			case first = <-s.calls:
			default:
				return
			}
		}
		batch = append(batch[:0], first)
		err := s.transaction(&batch)
		if commits%checkpointAfter == 0 {
			s.checkpointer.note()
		}
		for _, c := range batch {
			c.done <- err
		}
	}
}

// transaction runs the batch's first call and every further one that has come
// meanwhile.
func (s *Store) transaction(batch *[]call) error {
	if err := step(s.begin); err != nil {
		return err
	}
	for i := 0; i < len(*batch); i++ {
		if err := (*batch)[i].do(); err != nil {
			return s.undo(err)
		}
		if i+1 == len(*batch) {
			*batch = s.more(*batch)
		}
	}
	if err := s.flushEntries(); err != nil {
		return s.undo(err)
	}
	if err := step(s.commit); err != nil {
		return s.undo(err)
	}
	return nil
}

// undo rolls a transaction back that failed with err.
func (s *Store) undo(err error) error {
	s.entries.forget()
	return errors.Join(err, step(s.rollback))
}

// yields is how often the writer lets other goroutines run before it commits. Under load,
// a transaction then has eight calls instead of five; an idle machine takes no time for it.
const yields = 4

// more appends the calls that wait, up to a full batch. Other callers that are about to
// call do so meanwhile, and share the commit.
func (s *Store) more(batch []call) []call {
	for range yields {
		for range min(len(s.calls), maxBatch-len(batch)) {
			batch = append(batch, <-s.calls)
		}
		runtime.Gosched()
	}
	return batch
}

// step runs a statement that returns no rows.
func step(stmt *sqlite.Stmt) error {
	_, err := stmt.Step()
	return errors.Join(err, stmt.Reset())
}
