package password_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"countersign/pkg/documents"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/filetest"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// stores are those of a deployment: the documents and the challenges.
type stores struct {
	table      documents.Table
	challenges storetest.Store
	// dump returns all that the stores hold, as bytes.
	dump func() []byte
}

// opener makes fresh stores.
type opener struct {
	open func(t testing.TB) stores
	// lossy makes stores over a connection that loses requests and answers. Their client repeats them.
	lossy func(t testing.TB, next func() storetest.Fate) stores
	quick bool // a thousand calls take less than a second
}

// onEach runs a test on both stores.
func onEach(t *testing.T, test func(t *testing.T, o opener)) {
	t.Run("sqlite", func(t *testing.T) { test(t, opener{onSQLite, lossySQLite, true}) })
	t.Run("dynamodb", func(t *testing.T) { test(t, opener{onDynamo, lossyDynamo, false}) })
}

func onSQLite(t testing.TB) stores {
	t.Helper()
	folder := t.TempDir()
	db := sqlitetest.Open(t, filepath.Join(folder, "countersign.db"))
	return stores{db.Documents(), db, func() (all []byte) {
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			text := filetest.Read(t, file)
			all = append(all, text...)
		}
		return all
	}}
}

func lossySQLite(t testing.TB, next func() storetest.Fate) stores {
	t.Helper()
	s, mu := onSQLite(t), &sync.Mutex{}
	safe := func() storetest.Fate {
		mu.Lock()
		defer mu.Unlock()
		return next()
	}
	s.table, s.challenges = losing(s.table, 3, safe), storetest.Redo(s.challenges, safe)
	return s
}

func onDynamo(t testing.TB) stores { return onWire(t, nil) }

func lossyDynamo(t testing.TB, next func() storetest.Fate) stores {
	var mu sync.Mutex
	return onWire(t, dynamotest.NewWire(func(int, string) dynamotest.Fault {
		mu.Lock()
		defer mu.Unlock()
		return map[storetest.Fate]dynamotest.Fault{
			storetest.LostBefore: dynamotest.Lost, storetest.LostAfter: dynamotest.AnswerLost,
		}[next()]
	}))
}

func onWire(t testing.TB, wire *dynamotest.Wire) stores {
	t.Helper()
	client := dynamotest.Client(t, nil)
	if wire != nil {
		client = dynamotest.Client(t, wire)
	}
	names := []string{dynamotest.ClientsTable(t), dynamotest.Table(t)}
	return stores{dynamostore.NewDocuments(client, names[0]), dynamostore.New(client, names[1]), func() (all []byte) {
		for _, name := range names {
			dump, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &name})
			if err != nil || len(dump.Items) == 0 {
				t.Fatalf("%d items, %v", len(dump.Items), err)
			}
			for _, item := range dump.Items {
				for name, value := range item {
					all = fmt.Appendf(all, "%s %s\n", name, value)
				}
			}
		}
		return all
	}}
}

// faulty passes each request to a table through do, which may call it or fail it.
type faulty struct {
	documents.Table
	do func(call func() error) error
}

// losing makes a table lose requests and answers. The caller tries so often.
func losing(table documents.Table, tries int, next func() storetest.Fate) documents.Table {
	return faulty{table, func(call func() error) error {
		for range tries {
			switch next() {
			case storetest.Through:
				return call()
			case storetest.LostAfter:
				if err := call(); err != nil {
					return err
				}
			}
		}
		return errLost
	}}
}

func (f faulty) Get(ctx context.Context, key string) (text []byte, revision int64, err error) {
	err = f.do(func() (err error) {
		text, revision, err = f.Table.Get(ctx, key)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return text, revision, nil
}

func (f faulty) Put(ctx context.Context, key string, text []byte, was int64) (ok bool, err error) {
	err = f.do(func() (err error) {
		ok, err = f.Table.Put(ctx, key, text, was)
		return err
	})
	return ok && err == nil, err
}
