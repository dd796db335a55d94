package sqlitestore

import (
	"errors"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/otp"
)

// columns of a challenge, in the order of bind and read.
const columns = `pk, authId, print, state, result, owner, lease, seed, sealed, chosen, digits, kv,
  code, guess, op, attempts, max, sentAt, expiresAt, ledger, mask, user, client, region, block, ttl`

const findQuery = `SELECT ` + columns + ` FROM challenges WHERE pk = ?1`

// bind sets the parameters 1 to 26 to the columns of c.
func bind(stmt *sqlite.Stmt, c otp.Challenge) {
	stmt.BindText(1, c.Key)
	stmt.BindText(2, c.AuthID)
	stmt.BindBytes(3, c.Fingerprint)
	stmt.BindText(4, string(c.State))
	stmt.BindText(5, string(c.Result))
	stmt.BindText(6, c.Owner)
	stmt.BindInt64(7, int64(c.Lease))
	stmt.BindBytes(8, c.Seed)
	stmt.BindBytes(9, c.Encrypted)
	stmt.BindBool(10, c.Chosen)
	stmt.BindInt64(11, int64(c.Digits))
	stmt.BindInt64(12, int64(c.KeyVersion))
	stmt.BindBytes(13, c.Code)
	stmt.BindBytes(14, c.Guess)
	stmt.BindText(15, c.Op)
	stmt.BindInt64(16, int64(c.Attempts))
	stmt.BindInt64(17, int64(c.Max))
	stmt.BindInt64(18, int64(c.SentAt))
	stmt.BindInt64(19, int64(c.ExpiresAt))
	stmt.BindText(20, c.LedgerKey)
	stmt.BindText(21, c.Mask)
	stmt.BindText(22, c.User)
	stmt.BindText(23, c.Client)
	stmt.BindText(24, c.Region)
	stmt.BindText(25, c.Block)
	stmt.BindInt64(26, c.TTL)
}

// read returns the challenge of the current row.
func read(stmt *sqlite.Stmt) *otp.Challenge {
	bytes := func(col int) []byte {
		b := make([]byte, stmt.ColumnLen(col))
		stmt.ColumnBytes(col, b)
		return b
	}
	return &otp.Challenge{
		Reported: otp.Reported{
			Client: stmt.ColumnText(22), AuthID: stmt.ColumnText(1), Region: stmt.ColumnText(23), Mask: stmt.ColumnText(20),
		},
		Key:         stmt.ColumnText(0),
		Fingerprint: bytes(2),
		State:       otp.State(stmt.ColumnText(3)),
		Result:      otp.Outcome(stmt.ColumnText(4)),
		Owner:       stmt.ColumnText(5),
		Lease:       otp.Millis(stmt.ColumnInt64(6)),
		Seed:        bytes(7),
		Encrypted:   bytes(8),
		Chosen:      stmt.ColumnBool(9),
		Digits:      stmt.ColumnInt(10),
		KeyVersion:  stmt.ColumnInt(11),
		Code:        bytes(12),
		Guess:       bytes(13),
		Op:          stmt.ColumnText(14),
		Attempts:    stmt.ColumnInt(15),
		Max:         stmt.ColumnInt(16),
		SentAt:      otp.Millis(stmt.ColumnInt64(17)),
		ExpiresAt:   otp.Millis(stmt.ColumnInt64(18)),
		LedgerKey:   stmt.ColumnText(19),
		User:        stmt.ColumnText(21),
		Block:       stmt.ColumnText(24),
		TTL:         stmt.ColumnInt64(25),
	}
}

// returning runs a conditional write that returns the item after it, or finds
// the item that refused it.
func (s *Store) returning(stmt *sqlite.Stmt, key string) (otp.Write, error) {
	item, err := one(stmt, read)
	if item != nil {
		s.written = append(s.written, key)
	}
	if item != nil || err != nil {
		return otp.Write{Applied: item != nil, Item: item}, err
	}
	s.find.BindText(1, key)
	item, err = one(s.find, read)
	return otp.Write{Item: item}, err
}

// one runs a statement of at most one row.
func one[T any](stmt *sqlite.Stmt, read func(*sqlite.Stmt) *T) (*T, error) {
	var out *T
	row, err := stmt.Step()
	if err == nil && row {
		out = read(stmt)
		_, err = stmt.Step() // to the end: a write is done only there
	}
	return out, errors.Join(err, stmt.Reset())
}

// readLedger returns the ledger of the current row.
func readLedger(stmt *sqlite.Stmt) *otp.Ledger {
	n := &otp.Ledger{Key: stmt.ColumnText(0), Unanswered: stmt.ColumnInt(2), TTL: stmt.ColumnInt64(3)}
	for send := range strings.SplitSeq(stmt.ColumnText(1), ",") {
		at, id, _ := strings.Cut(send, " ")
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			continue // "" of a ledger without sends
		}
		n.Sends = append(n.Sends, otp.Send{At: otp.Millis(ms), ID: id})
	}
	return n
}

// spell is the opposite of what readLedger does to the sends.
func spell(sends []otp.Send) string {
	var b []byte
	for i, s := range sends {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(s.At), 10)
		b = append(append(b, ' '), s.ID...)
	}
	return string(b)
}
