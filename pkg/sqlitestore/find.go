package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"countersign/pkg/otp"
)

// Challenge reads a challenge for an operator; it is nil if there is none.
func (s *Store) Challenge(ctx context.Context, key string) (*otp.Challenge, error) {
	return in(ctx, s, "challenge", func() (*otp.Challenge, error) {
		s.find.SetText(":pk", key)
		return one(s.find, read)
	})
}

var ofLedgersQuery = `SELECT ` + columns + ` FROM challenges WHERE ledger IN (SELECT value FROM json_each(:ledgers))`

// ChallengesOf reads the challenges of the numbers with these ledgers, for an operator. It reads the whole table, over
// the connection of the feed: that takes no turn of the writer, in this process or in another one.
func (s *Store) ChallengesOf(ctx context.Context, ledgers []string) (all []*otp.Challenge, err error) {
	list, err := json.Marshal(ledgers)
	if err != nil {
		return nil, err
	}
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	conn := s.feed.conn
	if conn == nil {
		return nil, errClosed
	}
	conn.SetInterrupt(ctx.Done())
	defer conn.SetInterrupt(nil)
	stmt, err := conn.Prepare(ofLedgersQuery)
	if err != nil {
		return nil, fmt.Errorf("sqlite: challenges of numbers: %w", err)
	}
	stmt.SetText(":ledgers", string(list))
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			if err = errors.Join(err, stmt.Reset()); err != nil {
				return nil, fmt.Errorf("sqlite: challenges of numbers: %w", err)
			}
			return all, nil
		}
		all = append(all, read(stmt))
	}
}
