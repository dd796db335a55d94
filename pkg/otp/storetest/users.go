package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// standings is a directory of users that says what it is told to.
type standings struct {
	against otp.Outcome
	err     error
	asked   []string
}

func (s *standings) Standing(_ context.Context, user string) (otp.Outcome, error) {
	s.asked = append(s.asked, user)
	return s.against, s.err
}

// testUsers makes challenges for the user behind a token.
func testUsers(t *testing.T, o Opener) {
	const token = "token#demo#abc"
	of := func(id string, refusal otp.Outcome) otp.Start {
		r := start(id, phone)
		r.User, r.Refusal = token, refusal
		if refusal != "" {
			r.To, r.Mask = "", ""
		}
		return r
	}
	open := func(t *testing.T) (*world, *standings) {
		w, s := newWorld(o.Open(t)), &standings{}
		w.Verifier.Users = s
		return w, s
	}
	all := []otp.Outcome{otp.BadToken, otp.NoUser, otp.Blocked, otp.BadNumber, otp.Barred, otp.Undeliverable}
	t.Run("what stands against a user at init is remembered", func(t *testing.T) {
		for _, against := range all {
			w, _ := open(t)
			w.init(t, of("id", against), against)
			w.init(t, of("id", ""), against) // good by now
			w.verify(t, "id", "123456", otp.Unknown)
			if got := stored(t, w.Store, otp.ChallengeKey("demo", "id")); got.LedgerKey != "" {
				t.Errorf("%s: it counts for ledger %q, and there is no number", against, got.LedgerKey)
			}
			if got := len(w.Inbox.Messages()); got != 0 {
				t.Errorf("%s: %d messages", against, got)
			}
			w.init(t, of("other", ""), otp.Sent)
		}
	})
	t.Run("and at verify each time anew, without an attempt", func(t *testing.T) {
		for _, against := range all[:3] {
			w, s := open(t)
			w.init(t, of("id", ""), otp.Sent)
			code := w.Inbox.last(t)
			s.against = against
			for range 10 {
				w.verify(t, "id", code, against)
				w.verify(t, "id", wrong(code, 0), against)
			}
			s.against = ""
			if got := w.verify(t, "id", wrong(code, 0), otp.Unmatched); got.Left != 4 {
				t.Errorf("%d attempts left, want 4", got.Left)
			}
			w.verify(t, "id", code, otp.Passed)
			w.verify(t, "id", code, otp.Used)
			s.against = against
			w.verify(t, "id", code, against) // before what the challenge itself would say
			for _, asked := range s.asked {
				if asked != token {
					t.Fatalf("asked for %q", asked)
				}
			}
		}
	})
	t.Run("a directory that fails decides nothing", func(t *testing.T) {
		w, s := open(t)
		w.init(t, of("id", ""), otp.Sent)
		s.err = errors.New("the table is throttled")
		for range 10 {
			if got, err := w.Verifier.Verify(ctx, otp.Check{Client: "demo", ID: "id", Code: w.Inbox.last(t)}); err == nil || got.Outcome != "" {
				t.Fatalf("%+v %v, want an error", got, err)
			}
		}
		s.err = nil
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	})
	t.Run("without a directory nothing passes", func(t *testing.T) {
		w, _ := open(t)
		w.Verifier.Users = nil
		w.init(t, of("id", ""), otp.Sent)
		if got, err := w.Verifier.Verify(ctx, otp.Check{Client: "demo", ID: "id", Code: w.Inbox.last(t)}); err == nil || got.Outcome != "" {
			t.Errorf("%+v %v, want an error", got, err)
		}
	})
	t.Run("a number that the caller gave has no user to ask for", func(t *testing.T) {
		w, s := open(t)
		w.init(t, start("id", phone), otp.Sent)
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
		if len(s.asked) > 0 {
			t.Error("the directory was asked")
		}
	})
	t.Run("blocked while the first answer was unclear", func(t *testing.T) {
		w, _ := open(t)
		w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
		w.init(t, of("id", ""), otp.Unclear)
		code := w.Inbox.last(t)
		w.init(t, of("id", otp.Blocked), otp.Blocked)
		w.verify(t, "id", code, otp.Unknown) // the code died with it
		w.init(t, of("id", ""), otp.Blocked)
		if got := len(w.Inbox.Messages()); got != 1 {
			t.Errorf("%d messages, want 1", got)
		}
	})
	t.Run("blocked while the first answer was unclear, and expired", func(t *testing.T) {
		w, _ := open(t)
		w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
		w.init(t, of("id", ""), otp.Unclear)
		w.Clock.Advance(time.Hour)
		w.init(t, of("id", otp.Blocked), otp.Blocked)
		w.init(t, of("id", ""), otp.Blocked)
	})
	t.Run("user and rotated key at once", func(t *testing.T) {
		w, s := open(t)
		w.Issuer.Keys = rotated(t, 1)
		w.init(t, of("id", ""), otp.Sent)
		w.Verifier.Keys = rotated(t, 2, 1)
		w.verify(t, "id", wrong(w.Inbox.last(t), 0), otp.Unmatched)
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
		if len(s.asked) != 2 {
			t.Errorf("the directory was asked %d times for two checks", len(s.asked))
		}
	})
}
