package localserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/config"
	"countersign/pkg/otp"
	"countersign/pkg/outbox"

	"countersign/pkg/filetest"
)

// reporterOf returns a reporter on the outbox and the store of a scene. It adds what it shows to shown.
func (s *scene) reporterOf(t testing.TB, name string, shown *[]outbox.Entry) reporter {
	t.Helper()
	fate, err := fateOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return reporter{
		fate: fate, outbox: s.outbox, receipts: s.store, now: s.now,
		show: func(e outbox.Entry) { *shown = append(*shown, e) },
	}
}

// turn works on everything that is due.
func (r reporter) all(t testing.TB) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = r.turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// code asks for a code, and returns the message.
func (s *scene) code(t testing.TB, national string) outbox.Entry {
	t.Helper()
	body := fmt.Sprintf(`{"authenticationRequestId":"%s","authenticationMethod":"OTP","authenticationType":"SMS",`+
		`"identityType":"MOBILENO","identityValue":"60-%s"}`, rand.Text(), national)
	_, answer, _ := s.send(t, "/ams/api/v1/customers/initAuthentication", body)
	if !strings.Contains(answer, "SUCCESS") {
		t.Fatal(answer)
	}
	return s.listed(t, "+60"+national)
}

// listed returns the latest message to a number, as /_dev/messages shows it.
func (s *scene) listed(t testing.TB, to string) outbox.Entry {
	t.Helper()
	resp, err := http.Get(s.server.URL + "/_dev/messages?to=%2B" + strings.TrimPrefix(to, "+"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []outbox.Entry
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil || len(list) == 0 {
		t.Fatalf("%d messages, %v", len(list), err)
	}
	return list[0]
}

// TestFates: a moment after a message, or after its code, the outbox and the store have the receipt that the flag asks
// for.
func TestFates(t *testing.T) {
	for name, want := range map[string]struct {
		reason otp.Reason
		state  otp.MessageState
		late   bool
	}{
		"":            {otp.ReasonArrived, otp.MessageDelivered, false},
		"delivered":   {otp.ReasonArrived, otp.MessageDelivered, false},
		"undelivered": {otp.ReasonPhoneUnreachable, otp.MessageUndelivered, false},
		"invalid":     {otp.ReasonInvalidNumber, otp.MessageUndeliverable, false},
		"opted-out":   {otp.ReasonOptedOut, otp.MessageUndeliverable, false},
		"blocked":     {otp.ReasonCarrierBlocked, otp.MessageBlocked, false},
		"expired":     {otp.ReasonExpired, otp.MessageExpired, true},
		"late":        {otp.ReasonArrived, otp.MessageDelivered, true},
	} {
		t.Run("as "+name, func(t *testing.T) {
			s := stage(t, captures{})
			var shown []outbox.Entry
			r := s.reporterOf(t, name, &shown)
			m := s.code(t, "123456789")
			due := m.SentAt
			if want.late {
				due = m.ExpiresAt
			}
			s.at(due.Add(moment - time.Millisecond))
			if r.all(t); len(shown) != 0 || s.listed(t, m.To).Receipt != nil {
				t.Errorf("too early: %+v", shown)
			}
			s.at(due.Add(moment))
			r.all(t)
			r.all(t)
			receipt := outbox.Receipt{State: want.state, Reason: want.reason.Words(), At: due.Add(moment)}
			if got := s.listed(t, m.To).Receipt; got == nil || *got != receipt {
				t.Errorf("listed %+v, want %+v", got, receipt)
			}
			if len(shown) != 1 || shown[0].ID != m.ID || *shown[0].Receipt != receipt {
				t.Errorf("shown %+v", shown)
			}
			stored := otp.Receipt{
				MessageID: m.ID, Reason: want.reason, Network: "001-01", At: otp.MillisOf(due.Add(moment)),
				Reported: otp.Reported{Client: "demo", AuthID: m.AuthID, Region: "MY", Mask: "+60*****6789"},
				TTL:      due.Add(moment + otp.ReceiptMemory).Unix(),
			}
			if got, err := s.store.Receipt(t.Context(), m.ID); err != nil || got == nil || *got != stored {
				t.Errorf("stored %+v, %v, want %+v", got, err, stored)
			}
		})
	}
	const refusal = "--receipts pigeon: must be one of delivered, "
	if _, err := fateOf("pigeon"); err == nil || !strings.Contains(err.Error(), refusal) {
		t.Error(err)
	}
}

// The table of settings names each fate.
func TestFatesOfSettings(t *testing.T) {
	var names []string
	for _, f := range fates {
		names = append(names, f.name)
	}
	if s, _ := config.Find("OUTBOX_RECEIPTS"); s.Range != strings.Join(names, ", ") || s.Default != names[0] {
		t.Errorf("the row has %q and %q, the server %q", s.Range, s.Default, names)
	}
}

// A message of an earlier version has no id that a receipt could name, and about one of last week nobody reports.
func TestNoReceipt(t *testing.T) {
	s := stage(t, captures{})
	var shown []outbox.Entry
	r := s.reporterOf(t, "", &shown)
	file := filepath.Join(t.TempDir(), "outbox.jsonl")
	old, err := outbox.Open(file, s.now, rand.Text, func(outbox.Entry) {})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	r.outbox = old
	old.Send(t.Context(), otp.Message{To: "+60123456789", Life: time.Minute})
	new, err := outbox.Open(file, s.now, messageIDs(rand.Reader), func(outbox.Entry) {})
	if err != nil {
		t.Fatal(err)
	}
	defer new.Close()
	new.Send(t.Context(), otp.Message{To: "+60123456780", Life: time.Minute})
	s.advance(silence + time.Millisecond)
	new.Send(t.Context(), otp.Message{To: "+60123456781", Life: time.Minute})
	s.advance(moment)
	if r.all(t); len(shown) != 1 || shown[0].To != "+60123456781" {
		t.Errorf("%+v, want the receipt of the latest message alone", shown)
	}
}

// unreliable is a store of receipts that fails at some of them.
type unreliable struct {
	otp.Receipts
	fails func(id string) bool
}

func (u unreliable) Receive(ctx context.Context, r otp.Receipt) (bool, error) {
	if u.fails(r.MessageID) {
		return false, errors.New("the test makes the store fail")
	}
	return u.Receipts.Receive(ctx, r)
}

// TestReceiptsAfterFaults: a receipt that the store did not take, or that the file did not, comes later; none is lost,
// and none comes twice.
func TestReceiptsAfterFaults(t *testing.T) {
	s := stage(t, captures{})
	var shown []outbox.Entry
	r := s.reporterOf(t, "undelivered", &shown)
	first, second := s.code(t, "123456781"), s.code(t, "123456782")
	s.advance(moment)
	r.receipts = unreliable{s.store, func(id string) bool { return id == second.ID }}
	if _, err := r.turn(t.Context()); err == nil || len(shown) != 0 {
		t.Errorf("%v, %d receipts are shown, although the store failed", err, len(shown))
	}
	r.receipts = s.store
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	for _, m := range []outbox.Entry{first, second} { // as a process leaves it that ended between store and file
		line, _ := json.Marshal(m)
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(append(line, '\n'))
		f.Close()
	}
	for range 2 {
		again, err := outbox.Open(path, s.now, messageIDs(rand.Reader), func(outbox.Entry) {})
		if err != nil {
			t.Fatal(err)
		}
		r.outbox = again
		r.all(t)
		again.Close()
	}
	text := filetest.Read(t, filepath.Join(filepath.Dir(path), "receipts.jsonl"))
	if bytes.Count(text, []byte(`{"id":`)) != 2 || len(shown) != 2 {
		t.Errorf("%d receipts are shown\n%s", len(shown), text)
	}
	for _, m := range []outbox.Entry{first, second} {
		got, err := s.store.Receipt(t.Context(), m.ID)
		if err != nil || got == nil || got.State() != otp.MessageUndelivered {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// TestAttend: while messages are sent, the server reports about them and publishes the events; a server that ends and
// starts again loses none.
func TestAttend(t *testing.T) {
	s := stage(t, captures{})
	var all []string
	for n := range 30 {
		all = append(all, s.code(t, fmt.Sprintf("123%02d4567", n)).ID) // of another block each
		if n%10 != 5 {
			continue
		}
		s.advance(time.Hour)
		var shown []outbox.Entry
		stop := s.local.attend(t.Context(), s.store, s.reporterOf(t, "", &shown), slog.New(slog.DiscardHandler))
		stop() // at once: whatever is left comes later
	}
	s.advance(time.Hour)
	var shown []outbox.Entry
	stop := s.local.attend(t.Context(), s.store, s.reporterOf(t, "", &shown), slog.New(slog.DiscardHandler))
	var delivered []string
	for end := time.Now().Add(30 * time.Second); len(delivered) < len(all) && time.Now().Before(end); {
		delivered = nil
		for _, e := range s.local.events.list() {
			if e.DetailType == "MessageDelivered" {
				delivered = append(delivered, e.Detail.MessageID)
			}
		}
	}
	stop()
	slices.Sort(all)
	slices.Sort(delivered)
	if !slices.Equal(delivered, all) {
		t.Errorf("%d events of deliveries, want one for each of %d messages", len(delivered), len(all))
	}
	list, err := s.outbox.List("")
	if err != nil || slices.ContainsFunc(list, func(e outbox.Entry) bool { return e.Receipt == nil }) {
		t.Errorf("a message has no receipt, %v", err)
	}
}

// Without receipts the server reports nothing, and its messages stay as they were sent.
func TestNone(t *testing.T) {
	s := stage(t, captures{})
	r := s.reporterOf(t, "none", nil)
	m := s.code(t, "123456789")
	s.advance(time.Hour)
	s.local.attend(t.Context(), s.store, r, slog.New(slog.DiscardHandler))()
	if got, err := s.store.Receipt(t.Context(), m.ID); got != nil || err != nil || s.listed(t, m.To).Receipt != nil {
		t.Errorf("%+v, %v", got, err)
	}
}
