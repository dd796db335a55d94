package receipts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// shelf is a store of receipts, with faults.
type shelf struct {
	mu   sync.Mutex
	kept map[string]otp.Receipt
	fail func(n int) error // of the n-th write
	n    int
}

func (s *shelf) Receive(_ context.Context, r otp.Receipt) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n++; s.fail != nil {
		if err := s.fail(s.n); err != nil {
			return false, err
		}
	}
	was, there := s.kept[r.MessageID]
	if there && was.Reason.Rank() >= r.Reason.Rank() {
		return false, nil
	}
	if s.kept == nil {
		s.kept = map[string]otp.Receipt{}
	}
	s.kept[r.MessageID] = r
	return was.State() != r.State(), nil
}

func (s *shelf) Receipt(_ context.Context, id string) (*otp.Receipt, error) {
	r := s.kept[id]
	return &r, nil
}

// handle handles a call and returns the reasons of changed states, the errors of unreadable reports, and the lines.
func handle(t *testing.T, s *shelf, call []byte) (changed []otp.Reason, unreadable []error, lines string, err error) {
	t.Helper()
	var log bytes.Buffer
	h := Handler{
		Receipts: s, Now: func() time.Time { return now }, Log: slog.New(slog.NewJSONHandler(&log, nil)),
		Changed:    func(_ context.Context, r otp.Receipt) { changed = append(changed, r.Reason) },
		Unreadable: func(_ context.Context, cause error) { unreadable = append(unreadable, cause) },
		Unstored: func(_ context.Context, failed, of int, cause error) {
			fmt.Fprintf(&log, "unstored %d of %d: %v\n", failed, of, cause)
		},
	}
	_, err = h.Handle(t.Context(), call)
	return changed, unreadable, log.String(), err
}

// Each new state of a message is reported once. What cannot be read, or is of a release to come, keeps nothing else
// from being stored.
func TestHandle(t *testing.T) {
	s := &shelf{}
	spam := with(t, delivered, "eventType", `"TEXT_SPAM"`)
	call := published(spam, "broken", with(t, delivered, "eventType", `"TEXT_NEW"`), with(t, spam, "isFinal", "false"))
	changed, unreadable, lines, err := handle(t, s, call)
	if err != nil || len(changed) != 1 || changed[0] != otp.ReasonSpam || len(unreadable) != 1 {
		t.Errorf("%v, changed %v, unreadable %v", err, changed, unreadable)
	}
	if strings.Count(lines, "\n") != 1 || !strings.Contains(lines, "TEXT_NEW") {
		t.Errorf("lines %s", lines)
	}
	if changed, _, _, err = handle(t, s, call); err != nil || len(changed) != 0 {
		t.Errorf("the same again: %v, changed %v", err, changed)
	}
	if changed, _, _, err = handle(t, s, logged(failure)); err != nil || len(changed) != 0 {
		t.Errorf("a lower one: %v, changed %v", err, changed)
	}
	if changed, _, _, err = handle(t, s, published(delivered)); err != nil || len(changed) != 1 {
		t.Errorf("a higher one: %v, changed %v", err, changed)
	}
}

// A fault of the store fails the call, so that it comes again, and the other receipts of the call are stored.
func TestHandleFaults(t *testing.T) {
	var lines []string
	for range 40 {
		lines = append(lines, failure)
	}
	for n := range lines {
		other := fmt.Sprintf("%q", fmt.Sprintf("%s%02d", id[:len(id)-2], n))
		lines[n] = with(t, failure, "notification.messageId", other)
	}
	s := &shelf{fail: func(n int) error {
		if n%10 == 0 {
			return errors.New("away")
		}
		return nil
	}}
	changed, _, told, err := handle(t, s, logged(lines...))
	if told != "unstored 4 of 40: away\n" {
		t.Errorf("reported %q", told)
	}
	if err == nil || !strings.Contains(err.Error(), "4 of 40 receipts are not stored: away") || len(changed) != 36 {
		t.Errorf("%v, changed %d of 40", err, len(changed))
	}
	s.fail = nil
	if changed, _, _, err = handle(t, s, logged(lines...)); err != nil || len(changed) != 4 || len(s.kept) != 40 {
		t.Errorf("the call again: %v, changed %d, stored %d", err, len(changed), len(s.kept))
	}
}
