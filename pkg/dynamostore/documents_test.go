package dynamostore_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/documents"
	"countersign/pkg/documents/documentstest"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
)

func TestDocuments(t *testing.T) {
	t.Parallel() // see TestConformance
	documentstest.Run(t, func(t testing.TB) (documentstest.Documents, documentstest.Counter) {
		return documentsOn(t, dynamotest.ClientsTable(t), nil), dynamotest.Store(t, nil)
	})
}

func documentsOn(t testing.TB, table string, transport http.RoundTripper) *dynamostore.Documents {
	t.Helper()
	return dynamostore.NewDocuments(dynamotest.Client(t, transport), table)
}

// stubbedDocuments returns documents with the programs' client, on a stub of a table.
func stubbedDocuments(t testing.TB, transport http.RoundTripper) *dynamostore.Documents {
	t.Helper()
	client, err := dynamostore.NewClient(dynamostore.Config{Endpoint: "http://table.invalid", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return dynamostore.NewDocuments(client, "table")
}

// documentCalls has a call of every method. Its values are canaries: no error may quote them.
var documentCalls = map[string]func(context.Context, *dynamostore.Documents) error{
	"Get": func(ctx context.Context, d *dynamostore.Documents) error {
		_, _, err := d.Get(ctx, "client#canary")
		return err
	},
	"Put": func(ctx context.Context, d *dynamostore.Documents) error {
		_, err := d.Put(ctx, "client#canary", []byte("canary"), 7)
		return err
	},
	"Put of a new one": func(ctx context.Context, d *dynamostore.Documents) error {
		_, err := d.Put(ctx, "client#canary", []byte("canary"), 0)
		return err
	},
	"Delete": func(ctx context.Context, d *dynamostore.Documents) error {
		_, err := d.Delete(ctx, "client#canary", 7)
		return err
	},
	"List": func(ctx context.Context, d *dynamostore.Documents) error {
		return d.List(ctx, "client#canary", func(string, []byte, int64) error { return nil })
	},
}

// Every method makes one request, and List makes one for each megabyte.
func TestDocumentRequests(t *testing.T) {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	d := documentsOn(t, dynamotest.ClientsTable(t), wire)
	costs := func(name, want string, do func(context.Context, *dynamostore.Documents) error) {
		t.Helper()
		wire.Follow(dynamotest.Always(dynamotest.Through))
		if err := do(t.Context(), d); err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(wire.Counts()); got != want {
			t.Errorf("%s took %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"Get": "map[GetItem:1]", "Put": "map[PutItem:1]", "Put of a new one": "map[PutItem:1]",
		"Delete": "map[DeleteItem:1]", "List": "map[Scan:1]",
	} {
		costs(name, want, documentCalls[name])
	}
	for n := range 10 {
		largest := []byte(strings.Repeat("x", documents.MaxText))
		if ok, err := d.Put(t.Context(), fmt.Sprint(n), largest, 0); err != nil || !ok {
			t.Fatalf("put of %d bytes: ok %v, %v", len(largest), ok, err)
		}
	}
	wire.Follow(dynamotest.Always(dynamotest.Through))
	found := 0
	err := d.List(t.Context(), "", func(string, []byte, int64) error { found++; return nil })
	if err != nil || found != 11 || wire.Total() < 3 {
		t.Errorf("%d documents in %d requests, %v, want 11 in at least 3: they have 3 MB", found, wire.Total(), err)
	}
}

// Reads demand strong consistency. The engine of the tests would be consistent without it.
func TestDocumentsAskForConsistency(t *testing.T) {
	for _, name := range []string{"Get", "List"} {
		seen := &bodies{}
		if err := documentCalls[name](t.Context(), stubbedDocuments(t, seen)); err != nil {
			t.Fatal(err)
		}
		if len(seen.sent) != 1 || !strings.Contains(seen.sent[0], `"ConsistentRead":true`) {
			t.Errorf("%s sends %s, want one consistent read", name, seen.sent)
		}
	}
}

// bodies keeps the bodies of requests. It answers as an empty table.
type bodies struct{ sent []string }

func (b *bodies) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	b.sent = append(b.sent, string(body))
	return answering{http.StatusOK, `{"Items":[]}`}.RoundTrip(r)
}

// If the first one or two tries of each call fail, the table still has what the calls
// returned.
func TestDocumentsFaultOfOneRequest(t *testing.T) {
	table := dynamotest.ClientsTable(t)
	for name, fault := range faults {
		for tries := 1; tries <= 2; tries++ {
			t.Run(fmt.Sprintf("%s %d times", name, tries), func(t *testing.T) {
				t.Parallel()
				key, wire := t.Name(), dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
				d := documentsOn(t, table, wire)
				broken := func() {
					wire.Follow(func(n int, _ string) dynamotest.Fault {
						if n <= tries {
							return fault
						}
						return dynamotest.Through
					})
				}
				stands := func(want string, revision int64) {
					t.Helper()
					broken()
					text, at, err := d.Get(t.Context(), key)
					if err != nil || string(text) != want || at != revision {
						t.Errorf("%q, revision %d, %v, want %q, revision %d", text, at, err, want, revision)
					}
				}
				for was, text := range []string{"one", "two", "two", "three"} {
					broken()
					if ok, err := d.Put(t.Context(), key, []byte(text), int64(was)); err != nil || !ok {
						t.Fatalf("put over %d: ok %v, %v", was, ok, err)
					}
					stands(text, int64(was)+1)
				}
				broken()
				if ok, err := d.Put(t.Context(), key, []byte("late"), 3); err != nil || ok {
					t.Errorf("put over an old revision: ok %v, %v", ok, err)
				}
				broken()
				listed := 0
				err := d.List(t.Context(), key, func(k string, text []byte, revision int64) error {
					if listed++; k != key || string(text) != "three" || revision != 4 {
						t.Errorf("listed %q %q, revision %d", k, text, revision)
					}
					return nil
				})
				if err != nil || listed != 1 {
					t.Errorf("listed %d, %v", listed, err)
				}
				broken()
				applied := fault == dynamotest.AnswerLost || fault == dynamotest.AnswerCut
				if ok, err := d.Delete(t.Context(), key, 4); err != nil || ok == applied {
					t.Errorf("delete: ok %v, %v; its answer came: %v", ok, err, !applied)
				}
				stands("", 0)
			})
		}
	}
}

// A call never takes the write of another caller for its own.
func TestDocumentsLostAnswerAndAnotherWriter(t *testing.T) {
	table := dynamotest.ClientsTable(t)
	beside := documentsOn(t, table, nil)
	for name, test := range map[string]struct {
		fault dynamotest.Fault
		text  string // of the other caller, who writes between the two tries
		over  int64
		want  bool
	}{
		"lost, another text comes first":         {dynamotest.Lost, "other", 1, false},
		"lost, the same text comes first":        {dynamotest.Lost, "mine", 1, true},
		"answer lost, another text replaces it":  {dynamotest.AnswerLost, "other", 2, false},
		"answer lost, the same text replaces it": {dynamotest.AnswerLost, "mine", 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			if ok, err := beside.Put(t.Context(), name, []byte("first"), 0); err != nil || !ok {
				t.Fatal(ok, err)
			}
			d := documentsOn(t, table, dynamotest.NewWire(func(n int, _ string) dynamotest.Fault {
				if n == 1 {
					return test.fault
				}
				if ok, err := beside.Put(t.Context(), name, []byte(test.text), test.over); err != nil || !ok {
					t.Error(ok, err)
				}
				return dynamotest.Through
			}))
			ok, err := d.Put(t.Context(), name, []byte("mine"), 1)
			if err != nil || ok != test.want {
				t.Errorf("ok %v, %v, want ok %v", ok, err, test.want)
			}
			text, revision, err := beside.Get(t.Context(), name)
			if err != nil || string(text) != test.text || revision != test.over+1 {
				t.Errorf("%q, revision %d, %v, want the other caller's", text, revision, err)
			}
		})
	}
}

// A call whose tries all fail returns an error, which quotes nothing.
func TestDocumentsFaultOfEveryTry(t *testing.T) {
	table := dynamotest.ClientsTable(t)
	for name, fault := range faults {
		for call, do := range documentCalls {
			t.Run(name+" "+call, func(t *testing.T) {
				t.Parallel()
				wire := dynamotest.NewWire(dynamotest.Always(fault))
				err := do(t.Context(), documentsOn(t, table, wire))
				if err == nil {
					t.Fatal("no error")
				}
				quiet(t, err)
				if n := wire.Total(); n != 3 {
					t.Errorf("%d requests, want 3", n)
				}
			})
		}
	}
}

// A call ends also if the table never answers. Time is virtual.
func TestDocumentsHangingTable(t *testing.T) {
	for name, fault := range map[string]dynamotest.Fault{
		"no answer": dynamotest.Hung, "an answer without end": dynamotest.AnswerHung,
	} {
		for call, do := range documentCalls {
			t.Run(name+" to "+call, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					wire := dynamotest.NewWire(dynamotest.Always(fault))
					wire.Next = answering{http.StatusOK, `{}`}
					start := time.Now()
					err := do(t.Context(), stubbedDocuments(t, wire))
					if took := time.Since(start); err == nil || took > budget {
						t.Errorf("error %v after %v", err, took)
					}
				})
			})
		}
	}
}

// An item that is not a document is an error, which names the attribute. Read as an empty
// document, it would be a client without rules.
func TestStrangeItems(t *testing.T) {
	for want, item := range map[string]string{
		`"doc"`: `{"pk":{"S":"canary"},"rev":{"N":"1"}}`,
		`"rev"`: `{"pk":{"S":"canary"},"doc":{"S":"canary"},"rev":{"S":"canary"}}`,
		`"pk"`:  `{"doc":{"S":"canary"},"rev":{"N":"1"}}`,
	} {
		for name, d := range map[string]*dynamostore.Documents{
			"Get":  stubbedDocuments(t, answering{http.StatusOK, `{"Item":` + item + `}`}),
			"List": stubbedDocuments(t, answering{http.StatusOK, `{"Items":[` + item + `]}`}),
			"Put":  stubbedDocuments(t, refusing(`,"Item":`+item)),
		} {
			err := documentCalls[name](t.Context(), d)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want one that names %s", name, err, want)
				continue
			}
			quiet(t, err)
		}
	}
	if ok, err := stubbedDocuments(t, refusing("")).Put(t.Context(), "a", nil, 0); err == nil || ok {
		t.Errorf("a put that was refused without the item: ok %v, %v", ok, err)
	}
}
