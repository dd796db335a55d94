package sqlitestore

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/otp"
)

// columns of a challenge and the parameters for them, in the order of bind and read.
var columns, parameters = columnsOf(otp.ChallengeFields)

func columnsOf[T any](fields []otp.FieldOf[T]) (columns, parameters string) {
	names := namesOf(fields)
	return strings.Join(names, ", "), ":" + strings.Join(names, ", :")
}

var findQuery = `SELECT ` + columns + ` FROM challenges WHERE pk = :pk`

func namesOf[T any](fields []otp.FieldOf[T]) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// bind sets the parameters of a statement that begins with those for the columns of the
// fields.
func bind[T any](stmt *sqlite.Stmt, fields []otp.FieldOf[T], of *T) {
	for i, f := range fields {
		switch p := f.Pointer(of).(type) {
		case *string:
			stmt.BindText(i+1, *p)
		case *[]byte:
			stmt.BindBytes(i+1, *p)
		case *int:
			stmt.BindInt64(i+1, int64(*p))
		case *int64:
			stmt.BindInt64(i+1, *p)
		case *bool:
			stmt.BindBool(i+1, *p)
		}
	}
}

// read returns the challenge of the current row.
func read(stmt *sqlite.Stmt) *otp.Challenge { return readFields(stmt, 0, otp.ChallengeFields) }

// readFields reads fields from the columns of the current row, from the first one on.
func readFields[T any](stmt *sqlite.Stmt, first int, fields []otp.FieldOf[T]) *T {
	of := new(T)
	for i, f := range fields {
		readField(stmt, first+i, f.Pointer(of))
	}
	return of
}

// readField sets a field to a column of the current row.
func readField(stmt *sqlite.Stmt, column int, field any) {
	switch p := field.(type) {
	case *string:
		*p = stmt.ColumnText(column)
	case *[]byte:
		if n := stmt.ColumnLen(column); n > 0 { // an optional field has nil for none, as in DynamoDB
			*p = make([]byte, n)
			stmt.ColumnBytes(column, *p)
		}
	case *int:
		*p = stmt.ColumnInt(column)
	case *int64:
		*p = stmt.ColumnInt64(column)
	case *bool:
		*p = stmt.ColumnBool(column)
	}
}

// returning runs a conditional write that returns the item after it, or finds the item
// that refused it.
func (s *Store) returning(stmt *sqlite.Stmt, key string) (otp.Write, error) {
	item, err := one(stmt, read)
	if item != nil || err != nil {
		return otp.Write{Applied: item != nil, Item: item}, err
	}
	return s.refused(key)
}

// counting runs a conditional write that returns nothing, or finds the item that
// refused it.
func (s *Store) counting(stmt *sqlite.Stmt, key string) (otp.Write, error) {
	if err := step(stmt); err != nil {
		return otp.Write{}, err
	}
	if s.conn.Changes() > 0 {
		return otp.Write{Applied: true}, nil
	}
	return s.refused(key)
}

// refused returns the item that refused a write.
func (s *Store) refused(key string) (otp.Write, error) {
	s.find.SetText(":pk", key)
	item, err := one(s.find, read)
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
	n := &otp.Ledger{
		Key: stmt.ColumnText(0), Unanswered: stmt.ColumnInt(2), TTL: stmt.ColumnInt64(3),
		Answered: otp.Millis(stmt.ColumnInt64(5)),
	}
	for send := range strings.SplitSeq(stmt.ColumnText(1), ",") {
		at, id, _ := strings.Cut(send, " ")
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			continue // "" of a ledger without sends
		}
		n.Sends = append(n.Sends, otp.Send{At: otp.Millis(ms), ID: id})
	}
	for known := range strings.SplitSeq(stmt.ColumnText(4), ",") {
		if digest, err := hex.DecodeString(known); err == nil && len(digest) > 0 {
			n.Known = append(n.Known, digest)
		}
	}
	return n
}

// joinKnown writes known sources as readLedger reads them.
func joinKnown(known [][]byte) string {
	var b []byte
	for i, k := range known {
		if i > 0 {
			b = append(b, ',')
		}
		b = hex.AppendEncode(b, k)
	}
	return string(b)
}

// joinSends writes sends as readLedger reads them.
func joinSends(sends []otp.Send) string {
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
