package outbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
	"countersign/pkg/outbox"
)

var at = time.UnixMilli(1_795_317_208_457).UTC()

var serial atomic.Int64

func newID() string { return fmt.Sprint("id", serial.Add(1)) }

func open(t *testing.T, path string) *outbox.Outbox {
	t.Helper()
	b, err := outbox.Open(path, func() time.Time { return at }, newID, func(outbox.Entry) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func send(t *testing.T, b *outbox.Outbox, to otp.Phone, code otp.Code) {
	t.Helper()
	got, _, err := b.Send(context.Background(), otp.Message{To: to, Text: "code " + string(code), Code: code})
	if got != otp.Accepted || err != nil {
		t.Fatalf("send: %v %v", got, err)
	}
}

func list(t *testing.T, b *outbox.Outbox, to string) []outbox.Entry {
	t.Helper()
	got, err := b.List(to)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The suite for senders. A file neither refuses a message nor hangs; a closed one fails.
func TestSuite(t *testing.T) {
	sendertest.Run(t, func(t *testing.T, p sendertest.Provider, taken func()) otp.Sender {
		path := filepath.Join(t.TempDir(), "outbox.jsonl")
		b, err := outbox.Open(path, func() time.Time { return at }, newID, func(outbox.Entry) { taken() })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		switch p {
		case sendertest.Refusing, sendertest.Hanging:
			return nil
		case sendertest.Failing:
			b.Close()
		}
		return b
	})
}

func TestList(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	serial.Store(0)
	b := open(t, path)
	if got := list(t, b, ""); got == nil || len(got) != 0 {
		t.Errorf("empty outbox: %#v, want an empty list", got)
	}
	send(t, b, "+60123", "111111")
	send(t, b, "+601234", "222222")
	send(t, b, "+60123", "333333")
	want := []outbox.Entry{
		{ID: "id3", To: "+60123", Body: "code 333333", Code: "333333", SentAt: at},
		{ID: "id1", To: "+60123", Body: "code 111111", Code: "111111", SentAt: at},
	}
	if got := list(t, b, "+60123"); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := list(t, b, ""); len(got) != 3 || got[1].ID != "id2" {
		t.Errorf("%+v, want three, newest first", got)
	}
	if got := list(t, b, "+6012"); len(got) != 0 {
		t.Errorf("%+v for a number's beginning", got)
	}
	if err := b.Empty(); err != nil {
		t.Fatal(err)
	}
	send(t, b, "+60123", "444444")
	if got := list(t, b, ""); len(got) != 1 || got[0].ID != "id4" {
		t.Errorf("%+v, want the one after emptying, with a new id", got)
	}
}

// An entry has a sender name only if the client chose one.
func TestFrom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	var shown []outbox.Entry
	b, err := outbox.Open(path, func() time.Time { return at }, func() string { return "1" },
		func(e outbox.Entry) { shown = append(shown, e) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	for _, c := range []struct{ from, want string }{
		{"", `{"id":"1","to":"+60123","body":"","code":"","sentAt":"2026-11-22T03:13:28.457Z"}`},
		{"Acme", `{"id":"1","from":"Acme","to":"+60123","body":"","code":"","sentAt":"2026-11-22T03:13:28.457Z"}`},
	} {
		m := otp.Message{Origin: otp.Origin{Name: c.from}, To: "+60123"}
		if got, _, err := b.Send(t.Context(), m); got != otp.Accepted || err != nil {
			t.Fatalf("send: %v %v", got, err)
		}
		listed := list(t, b, "+60123")[0]
		if text, err := json.Marshal(listed); string(text) != c.want || err != nil {
			t.Errorf("%s, %v, want %s", text, err, c.want)
		}
		if last := shown[len(shown)-1]; last != listed {
			t.Errorf("shown %+v, listed %+v", last, listed)
		}
	}
}

// After a kill the sent messages are listed, and an unfinished line is not.
func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	send(t, open(t, path), "+60123", "111111")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"id":"2","to":"+601`)
	f.Close()
	b := open(t, path)
	send(t, b, "+60123", "222222")
	if got := list(t, b, ""); len(got) != 2 || got[0].Code != "222222" || got[1].Code != "111111" {
		t.Errorf("%+v, want both", got)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
}

// Two processes on one file lose no message.
func TestTwoAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	boxes := []*outbox.Outbox{open(t, path), open(t, path)}
	var wg sync.WaitGroup
	for n := range 100 {
		wg.Go(func() {
			b := boxes[n%2]
			send(t, b, otp.Phone(fmt.Sprint("+60", n)), otp.Code("111111"[:4+n%3]))
			list(t, b, "")
		})
	}
	wg.Wait()
	ids := map[string]bool{}
	for _, e := range list(t, boxes[0], "") {
		ids[e.ID] = true
	}
	if len(ids) != 100 {
		t.Errorf("%d messages of 100", len(ids))
	}
}
