package openstore_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/openstore"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

// TestView: who views a store reads what there is and what others write meanwhile, and can write nothing.
func TestView(t *testing.T) {
	folder := t.TempDir()
	db, err := sqlitestore.Open(filepath.Join(folder, "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	client := dynamotest.Client(t, nil)
	challenges, documents := dynamotest.Table(t), dynamotest.ClientsTable(t)
	tables := struct {
		openstore.Store
		*dynamostore.Documents
	}{openstore.Tables{Store: dynamostore.New(client, challenges)}, dynamostore.NewDocuments(client, documents)}
	put := func(doc func() (bool, error)) {
		if ok, err := doc(); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	put(func() (bool, error) { return db.Documents().Put(t.Context(), "client#acme", []byte("{}"), 0) })
	put(func() (bool, error) { return tables.Documents.Put(t.Context(), "client#acme", []byte("{}"), 0) })
	for name, c := range map[string]struct {
		place openstore.Place
		store openstore.Store
	}{
		"sqlite": {openstore.Place{Folder: folder, Kind: openstore.SQLite}, db},
		"dynamodb": {
			openstore.Place{Kind: openstore.DynamoDB, Engine: dynamotest.Endpoint(t), Getenv: os.Getenv}, tables.Store,
		},
	} {
		t.Run(name, func(t *testing.T) {
			view, err := c.place.View(challenges, documents)
			if err != nil {
				t.Fatal(err)
			}
			defer view.Close()
			looks(t, view, c.store)
		})
	}
}

// looks has a challenge written, seen in a view, and not changed by it.
func looks(t *testing.T, view, store openstore.Store) {
	one := challenge(1, "N#1")
	if w, err := store.Reserve(t.Context(), one, nil, 0); err != nil || !w.Applied {
		t.Fatal(w, err)
	}
	if doc, _, err := view.Documents().Get(t.Context(), "client#acme"); err != nil || string(doc) != "{}" {
		t.Errorf("%s, %v", doc, err)
	}
	if c, err := view.Challenge(t.Context(), one.Key); err != nil || c == nil {
		t.Errorf("%v, %v", c, err)
	}
	if all, err := view.ChallengesOf(t.Context(), []string{"N#1"}); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := view.Entries(t.Context(), []string{"G#1", "G#2"}); err != nil {
		t.Error(err)
	}
	_, reserve := view.Reserve(t.Context(), challenge(2, "N#2"), nil, 0)
	_, put := view.Documents().Put(t.Context(), "client#other", []byte("{}"), 0)
	_, remove := view.Documents().Delete(t.Context(), "client#acme", 1)
	_, settle := view.Settle(t.Context(), otp.Settlement{Key: one.Key})
	_, spend := view.Spend(t.Context(), otp.Spend{Key: "N#1", ID: "a"})
	for name, err := range map[string]error{
		"reserve": reserve, "put": put, "delete": remove, "settle": settle, "spend": spend,
	} {
		if err == nil {
			t.Errorf("%s has no error", name)
		}
	}
	if c, err := store.Challenge(t.Context(), challenge(2, "").Key); c != nil || err != nil {
		t.Errorf("%v, %v was written", c, err)
	}
}

// TestViewMakesNothing: a view of what there is not makes neither files nor tables.
func TestViewMakesNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "none")
	_, err := openstore.Place{Folder: folder, Kind: openstore.SQLite}.View("", "")
	if err == nil || !strings.Contains(err.Error(), "countersign serve makes one") {
		t.Error(err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("a folder was made")
	}
	engine := openstore.Place{Kind: openstore.DynamoDB, Engine: dynamotest.Endpoint(t), Getenv: os.Getenv}
	view, err := engine.View("view-none", "view-none-clients")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := view.Challenge(t.Context(), "C#1"); err == nil || !strings.Contains(err.Error(), "view-none") {
		t.Error(err)
	}
	list, err := dynamotest.Client(t, nil).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil || strings.Contains(strings.Join(list.TableNames, " "), "view-none") {
		t.Errorf("%v, %v", list.TableNames, err)
	}
}
