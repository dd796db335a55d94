package sqlitestore

import (
	_ "embed"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"countersign/pkg/otp"
)

//go:embed schema.sql
var fixedTables string

//go:embed adopt.sql
var adoptFirstRelease string

// firstRelease is the user_version of a file of the first release, and beforeRelease
// are those of earlier files and of a new one.
const firstRelease = "2"

var beforeRelease = []string{"0", "1"}

// retired are columns that earlier programs wrote. A file may have them; they are
// dropped when it is opened.
var retired = []string{"block"}

// column is one column of a table that is derived from the fields of a challenge or a receipt.
type column struct {
	name, definition string
	optional         bool // an older file may lack it
}

// challengeColumns has a column for each field.
func challengeColumns() []column { return fieldColumns(otp.ChallengeFields) }

// receiptColumns has a column for each field of a receipt, and one for its rank.
func receiptColumns() []column {
	rank := column{"rank", "INTEGER NOT NULL DEFAULT 0", false}
	return append([]column{rank}, fieldColumns(otp.ReceiptFields)...)
}

// fieldColumns has a column for each of the fields, of which the first one is the key.
func fieldColumns[T any](fields []otp.FieldOf[T]) []column {
	columns := make([]column, len(fields))
	for i, f := range fields {
		columns[i] = column{f.Name, sqlType(f) + " NOT NULL DEFAULT " + zero[sqlType(f)], f.Optional}
	}
	columns[0].definition = "TEXT PRIMARY KEY"
	return columns
}

// changeColumns has what [Feed.Next] reads: the followed fields as they are after a
// write, and with "was_" before their name as they were before it.
func changeColumns() []column {
	columns := []column{
		{"seq", "INTEGER PRIMARY KEY", true},
		// 'inserted', 'updated' or 'deleted' of a challenge, 'received' of a receipt; NULL: the row only keeps its
		// number in use.
		{"kind", "TEXT", true},
	}
	for _, prefix := range []string{"", "was_"} {
		for _, f := range followed {
			columns = append(columns, column{prefix + f.Name, sqlType(f), true})
		}
	}
	for _, f := range followedReceipts {
		columns = append(columns, column{receiptPrefix + f.Name, sqlType(f), true})
	}
	return columns
}

// receiptPrefix begins the columns of a receipt in the table of changes.
const receiptPrefix = "receipt_"

// ledgerColumns has the columns of schema.sql. Files of before lack the optional ones.
var ledgerColumns = []column{
	{name: "pk"}, {name: "sends"}, {name: "unanswered"}, {name: "ttl"},
	{"known", "TEXT NOT NULL DEFAULT ''", true},
	{"answered", "INTEGER NOT NULL DEFAULT 0", true},
}

// followed are the fields of a challenge that facts follow from, the key first, and
// followedReceipts those of a receipt, the message's id first.
var (
	followed         = followedOf(otp.ChallengeFields)
	followedReceipts = followedOf(otp.ReceiptFields)
)

func followedOf[T any](fields []otp.FieldOf[T]) []otp.FieldOf[T] {
	return slices.DeleteFunc(slices.Clone(fields), func(f otp.FieldOf[T]) bool { return !f.Followed })
}

// zero is the default of each type, which is what an optional field has where it is missing.
var zero = map[string]string{"TEXT": "''", "BLOB": "x''", "INTEGER": "0"}

func sqlType[T any](f otp.FieldOf[T]) string {
	switch f.Pointer(new(T)).(type) {
	case *string:
		return "TEXT"
	case *[]byte:
		return "BLOB"
	default:
		return "INTEGER"
	}
}

// progress are the columns of a challenge that change while it keeps its seed, and that
// [changes.Facts] compares then.
var progress = []string{"state", "attempts", "sentAt", "messages"}

// triggers fill the table of changes inside the transaction of each write that a fact
// may follow from. A deleted row keeps the challenge as it was. A "was_" column is NULL
// where the field is as it was, or where no fact follows from the field as it was.
func triggers() string {
	row := func(kind string, names, values []string) string {
		return "BEGIN INSERT INTO changes (kind, " + strings.Join(names, ", ") + ") VALUES ('" + kind + "', " +
			strings.Join(values, ", ") + "); END;"
	}
	names := namesOf(followed)
	was := names[1:] // a key does not change
	updated := func(was []string) string {
		return row("updated", append(prefixed("", names), prefixed("was_", was)...),
			append(prefixed("NEW.", names), prefixed("OLD.", was)...))
	}
	return `
CREATE TRIGGER inserted AFTER INSERT ON challenges WHEN NEW.max > 0 AND (NEW.state <> 'reserved' OR NEW.attempts > 0)
` + row("inserted", names, prefixed("NEW.", names)) + `
CREATE TRIGGER replaced AFTER UPDATE OF seed ON challenges WHEN (OLD.max > 0 OR NEW.max > 0) AND OLD.seed <> NEW.seed
` + updated(was) + `
CREATE TRIGGER updated AFTER UPDATE OF state, sentAt, attempts ON challenges
WHEN OLD.seed = NEW.seed AND NEW.max > 0
  AND (OLD.state <> NEW.state OR OLD.sentAt <> NEW.sentAt OR OLD.attempts <> NEW.attempts)
` + updated(progress) + `
CREATE TRIGGER deleted AFTER DELETE ON challenges WHEN OLD.max > 0 AND OLD.state IN ('sent', 'unclear')
` + row("deleted", names, prefixed("OLD.", names)) + `
` + receiptTriggers(row)
}

// receiptTriggers note a message that has its first receipt, or another state: the ranks of a state share their tens.
func receiptTriggers(row func(kind string, names, values []string) string) string {
	names := namesOf(followedReceipts)
	received := row("received", prefixed(receiptPrefix, names), prefixed("NEW.", names))
	return `
CREATE TRIGGER received AFTER INSERT ON receipts
` + received + `
CREATE TRIGGER receivedAnother AFTER UPDATE ON receipts WHEN OLD.rank / 10 <> NEW.rank / 10
` + received + `
`
}

func prefixed(prefix string, names []string) (all []string) {
	for _, name := range names {
		all = append(all, prefix+name)
	}
	return all
}

func createTable(name string, columns []column) string {
	definitions := make([]string, len(columns))
	for i, c := range columns {
		definitions[i] = c.name + " " + c.definition
	}
	return "CREATE TABLE IF NOT EXISTS " + name + " (\n  " + strings.Join(definitions, ",\n  ") + "\n) STRICT;\n"
}

// tables returns the statements that make the tables.
func tables() string {
	return createTable("challenges", challengeColumns()) + createTable("changes", changeColumns()) +
		createTable("receipts", receiptColumns()) + fixedTables
}

// schemaVersion returns the user_version of a file with today's schema: a digest, so that nobody has to raise it. It is
// positive, and has more digits than those of before.
func schemaVersion() string {
	return fmt.Sprint(crc32.ChecksumIEEE([]byte(tables()+triggers()))>>2 | 1<<30)
}

// makeTables brings the file to today's schema, in one transaction: tables and columns
// that lack are added, and what follows from others (triggers) is made anew where the
// file is of another schema. It takes the lock for writing first: a process that looked
// before another one made the tables could not get it any more.
func (s *Store) makeTables() (err error) {
	end, err := sqlitex.ImmediateTransaction(s.conn)
	if err != nil {
		return err
	}
	defer end(&err)
	version := schemaVersion()
	found, err := s.list("SELECT user_version FROM pragma_user_version")
	if err != nil {
		return err
	}
	if found[0] != version {
		if err := s.dropDerived(found[0]); err != nil {
			return err
		}
	}
	if err := sqlitex.ExecuteScript(s.conn, tables(), nil); err != nil {
		return err
	}
	err = errors.Join(s.fit("challenges", challengeColumns()), s.fit("changes", changeColumns()),
		s.fit("ledgers", ledgerColumns), s.fit("receipts", receiptColumns()))
	if err != nil || found[0] == version {
		return err
	}
	script := ""
	if found[0] == firstRelease {
		script = adoptFirstRelease
	}
	return sqlitex.ExecuteScript(s.conn, script+triggers()+"PRAGMA user_version = "+version+";", nil)
}

// dropDerived drops what is made anew. Of a file from before the first release the
// challenges go too: they live for minutes, and their keys are not those of today.
func (s *Store) dropDerived(version string) error {
	triggers, err := s.list("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
	if err != nil {
		return err
	}
	script := "DROP TABLE IF EXISTS counted;\nDROP TABLE IF EXISTS tallies;\n" // nothing reads them any more
	for _, name := range triggers {
		script += "DROP TRIGGER " + name + ";\n"
	}
	if slices.Contains(beforeRelease, version) {
		script += "DROP TABLE IF EXISTS challenges;\n"
	}
	return sqlitex.ExecuteScript(s.conn, script, nil)
}

// fit gives a table the columns that it lacks, and drops those that are retired.
func (s *Store) fit(table string, want []column) error {
	have, err := s.list("SELECT name FROM pragma_table_info('" + table + "')")
	if err != nil {
		return err
	}
	script := ""
	for _, c := range want {
		switch {
		case slices.Contains(have, c.name):
		case c.optional:
			script += fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\n", table, c.name, c.definition)
		default:
			return fmt.Errorf("the table %s has no column %s, which every file of countersign's has: restore the file "+
				"from a copy, or use another folder (if the field is new in the code, make it Optional in "+
				"pkg/otp/fields.go)", table, c.name)
		}
	}
	for _, name := range have {
		switch {
		case slices.ContainsFunc(want, func(c column) bool { return c.name == name }):
		case slices.Contains(retired, strings.TrimPrefix(name, "was_")):
			script += fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s;\n", table, name)
		default:
			return fmt.Errorf("the table %s has a column %s that this countersign does not know: "+
				"the file is of a newer one; use that, or another folder", table, name)
		}
	}
	return sqlitex.ExecuteScript(s.conn, script, nil)
}

// list returns the first column of a query's rows.
func (s *Store) list(query string) (all []string, err error) {
	err = sqlitex.ExecuteTransient(s.conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		all = append(all, stmt.ColumnText(0))
		return nil
	}})
	return all, err
}
