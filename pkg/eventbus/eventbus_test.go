package eventbus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/changes"
	"countersign/pkg/eventbus"
	"countersign/pkg/otp"
)

var at = time.Date(2026, 11, 22, 4, 5, 6, 7_000_000, time.UTC)

// facts makes n facts whose ids are f0, f1...
func facts(n int) (list []changes.Fact) {
	for i := range n {
		left := i % 5
		list = append(list, changes.Fact{
			ID: fmt.Sprint("f", i), Kind: changes.Failed, Time: at,
			Reported: otp.Reported{Client: "canary", AuthID: "1"}, AttemptsLeft: &left,
		})
	}
	return list
}

func bus(t testing.TB, c eventbus.Config) *eventbus.Bus {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	b, err := eventbus.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// ids returns the ids of entries without repeats, in the order in which they came.
func ids(t testing.TB, entries []awsfake.Entry) (list []string) {
	t.Helper()
	for _, e := range entries {
		var detail struct{ ID string }
		if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(list, detail.ID) {
			list = append(list, detail.ID)
		}
	}
	return list
}

func TestEntry(t *testing.T) {
	stub := awsfake.StartEventBridge(t)
	b := bus(t, eventbus.Config{Endpoint: stub.URL, Name: "other"})
	if done, err := b.Publish(t.Context(), facts(1)); done != 1 || err != nil {
		t.Fatal(done, err)
	}
	want := awsfake.Entry{
		Source: "countersign", DetailType: "ChallengeFailed", EventBusName: "other", Time: 1795320306.007,
		Detail: `{"id":"f0","time":"2026-11-22T04:05:06.007Z","client":"canary","authenticationId":"1",` +
			`"attemptsLeft":0}`,
	}
	got := stub.Taken()
	if len(got) != 1 || math.Abs(got[0].Time-want.Time) > 0.001 {
		t.Fatalf("sent %+v, want %+v", got, want)
	}
	if got[0].Time = want.Time; got[0] != want {
		t.Errorf("sent %+v, want %+v", got[0], want)
	}
}

func TestRequests(t *testing.T) {
	for _, test := range []struct {
		name  string
		facts []changes.Fact
		want  []int
	}{
		{"none", nil, nil},
		{"ten", facts(10), []int{10}},
		{"more", facts(25), []int{10, 10, 5}},
		{"large", large(9, 60_000), []int{4, 4, 1}},
		{"each by itself", large(3, 200_000), []int{1, 1, 1}},
		{"as much as one request may have", together(t, 4, 256<<10), []int{4}},
		{"a byte more", together(t, 4, 256<<10+1), []int{3, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			stub, sent := awsfake.StartEventBridge(t), &sizes{}
			b := bus(t, eventbus.Config{Endpoint: stub.URL, Transport: sent})
			done, err := b.Publish(t.Context(), test.facts)
			n := len(test.facts)
			if err != nil || done != n || !slices.Equal(sent.each, test.want) || len(stub.Taken()) != n {
				t.Errorf("%d done, %v; requests of %v entries, want %v", done, err, sent.each, test.want)
			}
		})
	}
}

// large makes n facts of about the given number of bytes each.
func large(n, bytes int) []changes.Fact {
	list := facts(n)
	for i := range list {
		list[i].Client = strings.Repeat("c", bytes)
	}
	return list
}

// together makes n facts with the given sum of bytes, as EventBridge counts them. The last fact fills up.
func together(t *testing.T, n, bytes int) []changes.Fact {
	t.Helper()
	list := large(n, 1000)
	for _, f := range list {
		detail, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		bytes -= 14 + len("countersign") + len(f.Kind) + len(detail)
	}
	list[n-1].Client += strings.Repeat("c", bytes)
	return list
}

// fault is a publication of 25 facts to a bus that fails.
type fault struct {
	name    string
	answers []awsfake.Answer
	done    int    // facts that were handed over
	sizes   []int  // entries of each request
	err     string // in the error
}

const throttling = "ThrottlingException"

// Throttled, refused, lost and cut requests are tried again, up to three times. The error names the last fault and has
// nothing of the events.
func TestFaultsOfRequests(t *testing.T) {
	throttled := awsfake.Fail(http.StatusBadRequest, throttling)
	broken := awsfake.Fail(http.StatusInternalServerError, "InternalException")
	denied := awsfake.Fail(http.StatusBadRequest, "AccessDeniedException")
	again, always := []int{10, 10, 10, 5}, []int{10, 10, 10}
	for _, f := range []fault{
		{"throttled", []awsfake.Answer{throttled}, 25, again, ""},
		{"500 twice", []awsfake.Answer{broken, broken}, 25, []int{10, 10, 10, 10, 5}, ""},
		{"dropped", []awsfake.Answer{awsfake.Drop()}, 25, again, ""},
		{"answer lost", []awsfake.Answer{awsfake.DropAfter()}, 25, again, ""},
		{"answer cut", []awsfake.Answer{awsfake.Half()}, 25, again, ""},
		{"always throttled", []awsfake.Answer{throttled, throttled, throttled}, 0, always, throttling},
		{"the second is always 500", []awsfake.Answer{awsfake.Serve(), broken, broken, broken},
			10, []int{10, 10, 10, 10}, "InternalException"},
		{"always cut", []awsfake.Answer{awsfake.Half(), awsfake.Half(), awsfake.Half()},
			0, always, "could not be read"},
		{"not allowed", []awsfake.Answer{denied}, 0, []int{10}, "AccessDenied"},
	} {
		t.Run(f.name, f.check)
	}
}

// Entries that were refused are tried again without those that were taken. The number of facts that were handed over
// counts up to the first that stays refused.
func TestFaultsOfEntries(t *testing.T) {
	refuse := func(places ...int) awsfake.Answer { return awsfake.RefuseEntries(throttling, places...) }
	broken := awsfake.Fail(http.StatusInternalServerError, "InternalException")
	strange := awsfake.RefuseEntries("canary 1", 0)
	for _, f := range []fault{
		{"two entries", []awsfake.Answer{refuse(2, 7)}, 25, []int{10, 2, 10, 5}, ""},
		{"one of them again", []awsfake.Answer{refuse(2, 7), refuse(1)}, 25, []int{10, 2, 1, 10, 5}, ""},
		{"one of them always", []awsfake.Answer{awsfake.Serve(), refuse(2, 7), refuse(1), refuse(0)},
			17, []int{10, 10, 2, 1}, throttling + ": 1 of 10"},
		{"entries, then 500", []awsfake.Answer{refuse(3), broken, broken, broken},
			3, []int{10, 1, 1, 1}, "InternalException"},
		{"a strange code", []awsfake.Answer{strange, strange, strange}, 0, []int{10, 1, 1}, "a strange code"},
		{"one has no id", []awsfake.Answer{nameless(3)}, 25, []int{10, 1, 10, 5}, ""},
		{"one never has", []awsfake.Answer{nameless(3), nameless(0), nameless(0)},
			3, []int{10, 1, 1}, "1 of 10 entries were refused"},
		{"too few answers", []awsfake.Answer{short}, 0, []int{10}, "0 entries were answered"},
	} {
		t.Run(f.name, f.check)
	}
}

func (f fault) check(t *testing.T) {
	stub, sent := awsfake.StartEventBridge(t), &sizes{}
	stub.Next(f.answers...)
	b := bus(t, eventbus.Config{Endpoint: stub.URL, Transport: sent})
	done, err := b.Publish(t.Context(), facts(25))
	if done != f.done || (err == nil) != (done == 25) || !slices.Equal(sent.each, f.sizes) {
		t.Errorf("%d done, %v; requests of %v entries, want %d done in %v", done, err, sent.each, f.done, f.sizes)
	}
	if err != nil && !strings.Contains(err.Error(), f.err) {
		t.Errorf("error %q, want %q in it", err, f.err)
	}
	// The message of AccessDeniedException is passed on: it names the permission that is missing.
	if err != nil && f.name != "not allowed" && strings.Contains(err.Error(), "canary") {
		t.Errorf("error %q has a part of an event", err)
	}
	got := ids(t, stub.Taken())
	for _, fact := range facts(25)[:done] {
		if !slices.Contains(got, fact.ID) {
			t.Errorf("%s counts as handed over, and the bus does not have it", fact.ID)
		}
	}
}

// sizes is a transport that keeps the number of entries of each request.
type sizes struct{ each []int }

func (s *sizes) RoundTrip(r *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(r.Body)
	var in struct{ Entries []json.RawMessage }
	if err == nil {
		err = json.Unmarshal(text, &in)
	}
	if err != nil {
		return nil, err
	}
	s.each = append(s.each, len(in.Entries))
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(text))
	return http.DefaultTransport.RoundTrip(r)
}

func short(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	fmt.Fprint(w, `{"FailedEntryCount":0,"Entries":[]}`)
}

// nameless answers all entries but one with an id. That one has neither an id nor an error.
func nameless(place int) awsfake.Answer {
	return func(w http.ResponseWriter, r *http.Request, fake http.Handler) {
		refused := httptest.NewRecorder()
		awsfake.RefuseEntries("", place)(refused, r, fake)
		var out struct{ Entries []map[string]string }
		json.NewDecoder(refused.Body).Decode(&out)
		clear(out.Entries[place])
		json.NewEncoder(w).Encode(map[string]any{"FailedEntryCount": 0, "Entries": out.Entries})
	}
}

// hung is a bus that never answers.
type hung struct{}

func (hung) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A call ends in time although the bus never answers (P18). Time is virtual.
func TestHangingBus(t *testing.T) {
	b := bus(t, eventbus.Config{Endpoint: "http://bus.invalid", Transport: hung{}})
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		done, err := b.Publish(t.Context(), facts(25))
		if took := time.Since(start); done != 0 || err == nil || took > 6500*time.Millisecond {
			t.Errorf("%d done, %v after %v", done, err, took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		done, err := b.Publish(ctx, facts(1))
		if took := time.Since(start); done != 0 || !errors.Is(err, context.DeadlineExceeded) || took > time.Second {
			t.Errorf("%d done, %v after %v", done, err, took)
		}
	})
}

func TestNew(t *testing.T) {
	for _, c := range []struct {
		name, key, region string
		want              string // in the error; "" is no error
	}{
		{"in AWS", "AKIDEXAMPLE", "eu-west-1", ""},
		{"without credentials", "", "eu-west-1", "eventbridge: no credentials: set AWS_ACCESS_KEY_ID"},
		{"without a region", "AKIDEXAMPLE", "", "eventbridge: no region: set AWS_REGION"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", c.key)
			t.Setenv("AWS_SECRET_ACCESS_KEY", c.key)
			_, err := eventbus.New(eventbus.Config{Region: c.region})
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
	t.Run("with nothing but an endpoint", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		b, err := eventbus.New(eventbus.Config{Endpoint: awsfake.StartEventBridge(t).URL})
		if err != nil {
			t.Fatal(err)
		}
		if done, err := b.Publish(t.Context(), facts(1)); done != 1 || err != nil {
			t.Error(done, err)
		}
	})
}
