package streams_test

import (
	"reflect"
	"testing"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/dynamostore/streams"
)

// A stream, switched on for a table that had none, tells a life; what was finished
// does not come again, and what was not does, also to the next process.
func TestStream(t *testing.T) {
	client, table := dynamotest.Client(t, nil), dynamotest.Table(t)
	stream, err := streams.New(t.Context(), client, table)
	if err != nil {
		t.Fatal(err)
	}
	l := changestest.NewLife(t, dynamostore.New(client, table), "demo")
	var facts []changes.Fact
	look := func(finish bool) (n int) {
		t.Helper()
		for {
			r, err := stream.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range r.List {
				facts = append(facts, changes.Facts(c)...)
			}
			n += len(r.List)
			if !finish {
				return n
			}
			if err := stream.Finish(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if len(r.List) == 0 {
				return n
			}
		}
	}
	for n, step := range l.Steps() {
		step()
		switch n % 3 {
		case 0:
			look(true)
		case 1:
			if first, second := look(false), look(false); first == 0 || second != first {
				t.Error("what was not finished does not come again")
			}
		default:
			if stream, err = streams.New(t.Context(), client, table); err != nil {
				t.Fatal(err)
			}
		}
	}
	look(true)
	if look(true) != 0 {
		t.Error("what was finished comes again")
	}
	if stream, err = streams.New(t.Context(), client, table); err != nil {
		t.Fatal(err)
	}
	if look(true) != 0 {
		t.Error("what was finished comes again to the next process")
	}
	var want []changestest.Fact
	replaced := 0
	for _, f := range l.Want {
		if f.Kind != changes.Expired {
			want = append(want, f) // nothing was swept
		} else {
			replaced++
		}
	}
	got := changestest.Of(facts)
	var rest []changestest.Fact
	for _, f := range got {
		if f.Kind != changes.Expired {
			rest = append(rest, f)
		}
	}
	changestest.Sort(want)
	if !reflect.DeepEqual(rest, want) {
		t.Error(changestest.Diff(rest, want))
	}
	if expired := len(got) - len(rest); expired != 1 || replaced <= 1 {
		t.Errorf("%d expired, want the one that was replaced", expired)
	}
}

// However many processes begin at once, there is one stream.
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
		t.Error("there is a stream of no table")
	}
}
