package eventbus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
			ID: fmt.Sprint(
				"f",
				i,
			), Kind: changes.Failed, Time: at, Reported: otp.Reported{Client: "canary", AuthID: "1"},
			AttemptsLeft: &left,
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

// ids returns the ids of entries, each once, in the order of their first coming.
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
	if got := stub.Taken(); len(got) != 1 || got[0].Source != want.Source || got[0].DetailType != want.DetailType ||
		got[0].EventBusName != want.EventBusName ||
		got[0].Detail != want.Detail ||
		int(got[0].Time) != int(want.Time) {
		t.Errorf("sent %+v, want %+v", got, want)
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

// large makes facts of about so many bytes each.
func large(n, bytes int) []changes.Fact {
	list := facts(n)
	for i := range list {
		list[i].Client = strings.Repeat("c", bytes)
	}
	return list
}

// together makes facts that come to so many bytes, as EventBridge counts them: the
// last has what the others leave.
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

// What is lost, cut, throttled or refused entry by entry is tried again, and what
// was taken by then is not sent with it; what stays refused is reported from the
// first on.
func TestFaults(t *testing.T) {
	throttled, broken := awsfake.Fail(
		http.StatusBadRequest,
		"ThrottlingException",
	), awsfake.Fail(
		http.StatusInternalServerError,
		"InternalException",
	)
	refuse := func(places ...int) awsfake.Answer {
		return awsfake.RefuseEntries("ThrottlingException", places...)
	}
	for _, test := range []struct {
		name    string
		answers []awsfake.Answer
		done    int // of 25
		sizes   []int
		says    string
	}{
		{"throttled", []awsfake.Answer{throttled}, 25, []int{10, 10, 10, 5}, ""},
		{"500 twice", []awsfake.Answer{broken, broken}, 25, []int{10, 10, 10, 10, 5}, ""},
		{"dropped", []awsfake.Answer{awsfake.Drop()}, 25, []int{10, 10, 10, 5}, ""},
		{"answer lost", []awsfake.Answer{awsfake.DropAfter()}, 25, []int{10, 10, 10, 5}, ""},
		{"answer cut", []awsfake.Answer{awsfake.Half()}, 25, []int{10, 10, 10, 5}, ""},
		{"always throttled", []awsfake.Answer{throttled, throttled, throttled}, 0, []int{10, 10, 10}, "ThrottlingExc" +
			"eption"},
		{"the second is always 500", []awsfake.Answer{awsfake.Serve(), broken, broken, broken}, 10, []int{10, 10,
			10, 10}, "InternalException"},
		{"always cut", []awsfake.Answer{awsfake.Half(), awsfake.Half(), awsfake.Half()}, 0, []int{10, 10, 10},
			"could not be read"},
		{"not allowed", []awsfake.Answer{awsfake.Fail(http.StatusBadRequest, "AccessDeniedException")}, 0,
			[]int{10}, "AccessDenied"},
		{"two entries", []awsfake.Answer{refuse(2, 7)}, 25, []int{10, 2, 10, 5}, ""},
		{"one of them again", []awsfake.Answer{refuse(2, 7), refuse(1)}, 25, []int{10, 2, 1, 10, 5}, ""},
		{"one of them always", []awsfake.Answer{awsfake.Serve(), refuse(2, 7), refuse(1), refuse(0)}, 17, []int{10,
			10, 2, 1}, "ThrottlingException: 1 of 10"},
		{"entries, then 500", []awsfake.Answer{refuse(3), broken, broken, broken}, 3, []int{10, 1, 1, 1},
			"InternalException"},
		{"a strange code", []awsfake.Answer{awsfake.RefuseEntries("canary 1", 0), awsfake.RefuseEntries("canary 1",
			0), awsfake.RefuseEntries("canary 1", 0)}, 0, []int{10, 1, 1}, "a strange code"},
		{"one has no id", []awsfake.Answer{nameless(3)}, 25, []int{10, 1, 10, 5}, ""},
		{"one never has", []awsfake.Answer{nameless(3), nameless(0), nameless(0)}, 3, []int{10, 1, 1}, "1 of 10 " +
			"entries were refused"},
		{"too few answers", []awsfake.Answer{short}, 0, []int{10}, "0 entries were answered"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stub, sent := awsfake.StartEventBridge(t), &sizes{}
			stub.Next(test.answers...)
			b := bus(t, eventbus.Config{Endpoint: stub.URL, Transport: sent})
			done, err := b.Publish(t.Context(), facts(25))
			if done != test.done || (err == nil) != (done == 25) || !slices.Equal(sent.each, test.sizes) {
				t.Errorf("%d done, %v; requests of %v entries, want %d done in %v",
					done, err, sent.each, test.done, test.sizes)
			}
			if err != nil &&
				(!strings.Contains(err.Error(), test.says) || test.name != "not allowed" &&
					strings.Contains(err.Error(), "canary")) {
				t.Errorf("error %q, must say %q and nothing of what was sent", err, test.says)
			}
			got := ids(t, stub.Taken())
			for _, f := range facts(25)[:done] {
				if !slices.Contains(got, f.ID) {
					t.Errorf("%s is said to be handed over, and is not", f.ID)
				}
			}
		})
	}
}

// sizes carries requests, and keeps how many entries each has.
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

// nameless answers all entries but one with an id. That one has no error either: nothing says that it was taken.
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

// Whatever the bus does not do, a call ends (P18). Time is virtual.
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
		says              string // the error; "" where a bus is made
	}{
		{"in AWS", "AKIDEXAMPLE", "eu-west-1", ""},
		{"without credentials", "", "eu-west-1", "eventbridge: no credentials: set AWS_ACCESS_KEY_ID"},
		{"without a region", "AKIDEXAMPLE", "", "eventbridge: no region: set AWS_REGION"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", c.key)
			t.Setenv("AWS_SECRET_ACCESS_KEY", c.key)
			_, err := eventbus.New(eventbus.Config{Region: c.region})
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %v, must say %q", err, c.says)
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
