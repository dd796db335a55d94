package sqlitestore

import (
	"context"
	"strings"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/otp"
)

var receiptColumnNames, receiptParameters = columnsOf(otp.ReceiptFields)

var (
	findReceiptQuery = `SELECT ` + receiptColumnNames + ` FROM receipts WHERE pk = :pk`
	// A message has the receipt with the highest rank.
	receiveQuery = `INSERT OR FAIL INTO receipts (` + receiptColumnNames + `, rank)
VALUES (` + receiptParameters + `, :rank)
ON CONFLICT (pk) DO UPDATE SET (` + receiptColumnNames + `, rank) =
  (excluded.` + strings.ReplaceAll(receiptColumnNames, ", ", ", excluded.") + `, excluded.rank)
WHERE rank < :rank`
)

// Receive implements [otp.Receipts].
func (s *Store) Receive(ctx context.Context, r otp.Receipt) (changed bool, err error) {
	return in(ctx, s, "receive", func() (bool, error) {
		was, err := s.receipt(r.MessageID)
		if err != nil {
			return false, err
		}
		bind(s.receive, otp.ReceiptFields, &r)
		s.receive.SetInt64(":rank", int64(r.Reason.Rank()))
		if err := step(s.receive); err != nil || s.conn.Changes() == 0 {
			return false, err
		}
		return was == nil || was.State() != r.State(), nil
	})
}

// Receipt implements [otp.ReceiptReader].
func (s *Store) Receipt(ctx context.Context, messageID string) (*otp.Receipt, error) {
	return in(ctx, s, "receipt", func() (*otp.Receipt, error) { return s.receipt(messageID) })
}

func (s *Store) receipt(messageID string) (*otp.Receipt, error) {
	s.findReceipt.SetText(":pk", messageID)
	return one(s.findReceipt, readReceipt)
}

// readReceipt returns the receipt of the current row.
func readReceipt(stmt *sqlite.Stmt) *otp.Receipt { return readFields(stmt, 0, otp.ReceiptFields) }
