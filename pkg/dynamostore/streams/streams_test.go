package streams_test

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/dynamostore/streams"
)

// follower follows the stream of a table and keeps the facts.
type follower struct {
	t      *testing.T
	client *dynamodb.Client
	table  string
	stream *streams.Stream
	facts  []changes.Fact
}

// restart follows the stream again, as the next process does.
func (f *follower) restart() {
	f.t.Helper()
	var err error
	if f.stream, err = streams.New(f.t.Context(), f.client, f.table); err != nil {
		f.t.Fatal(err)
	}
}

// next reads the next changes.
func (f *follower) next() *streams.Records {
	f.t.Helper()
	r, err := f.stream.Next(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	for _, c := range r.List {
		f.facts = append(f.facts, changes.Facts(c)...)
	}
	return r
}

// finish reads and finishes all changes that there are, and returns their number.
func (f *follower) finish() (n int) {
	f.t.Helper()
	for {
		r := f.next()
		if err := f.stream.Finish(f.t.Context(), r); err != nil {
			f.t.Fatal(err)
		}
		if len(r.List) == 0 {
			return n
		}
		n += len(r.List)
	}
}

// The stream of a table that had none, switched on, gives the facts of a life. A finished
// change does not come again, and an unfinished one does, also to the next process.
func TestStream(t *testing.T) {
	f := &follower{t: t, client: dynamotest.Client(t, nil), table: dynamotest.Table(t)}
	f.restart()
	l := changestest.NewLife(t, dynamostore.New(f.client, f.table), "demo")
	for n, step := range l.Steps() {
		step()
		switch n % 3 {
		case 0:
			f.finish()
		case 1:
			if first, second := len(f.next().List), len(f.next().List); first == 0 || second != first {
				t.Errorf("%d unfinished changes came again as %d", first, second)
			}
		default:
			f.restart()
		}
	}
	f.finish()
	if n := f.finish(); n != 0 {
		t.Errorf("%d finished changes come again", n)
	}
	f.restart()
	if n := f.finish(); n != 0 {
		t.Errorf("%d finished changes come again to the next process", n)
	}

	// Nothing is swept, so the only challenge that expires is the one that is replaced.
	got, expired := withoutExpired(changestest.Of(f.facts))
	want, atTheEnd := withoutExpired(l.Want)
	changestest.Sort(want)
	if !reflect.DeepEqual(got, want) {
		t.Error(changestest.Diff(got, want))
	}
	if expired != 1 || atTheEnd <= 1 {
		t.Errorf("%d challenges expired, want 1; %d when all are swept, want more", expired, atTheEnd)
	}
}

// withoutExpired returns the facts of other kinds, and the number of those that it leaves out.
func withoutExpired(facts []changestest.Fact) (others []changestest.Fact, expired int) {
	for _, f := range facts {
		if f.Kind == changes.Expired {
			expired++
		} else {
			others = append(others, f)
		}
	}
	return others, expired
}

// Several processes that start at once switch on one stream.
func TestStreamAtOnce(t *testing.T) {
	client, table := dynamotest.Client(t, nil), dynamotest.Table(t)
	errs := make(chan error)
	for range 4 {
		go func() {
			_, err := streams.New(t.Context(), client, table)
			errs <- err
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestStreamOfNoTable(t *testing.T) {
	_, err := streams.New(t.Context(), dynamotest.Client(t, nil), "countersign-none")
	if err == nil {
		t.Error("no error for a table that does not exist")
	}
}
