package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// standings is a directory of users. It returns the same standing for each.
type standings struct {
	against otp.Outcome
	err     error
	asked   []string
}

func (s *standings) Standing(_ context.Context, user string) (otp.Outcome, error) {
	s.asked = append(s.asked, user)
	return s.against, s.err
}

const token = "token#demo#abc"

// refusals are those that a [otp.Start] may have. The first three are those of users.
var refusals = []otp.Outcome{otp.BadToken, otp.NoUser, otp.Blocked, otp.BadNumber, otp.Barred, otp.Undeliverable}

// forUser asks for a challenge of the user behind the token.
func forUser(id string, refusal otp.Outcome) otp.Start {
	r := start(id, phone)
	r.User, r.Refusal = token, refusal
	if refusal != "" {
		r.To, r.Mask = "", ""
	}
	return r
}

func withUsers(t *testing.T, o Opener) (*world, *standings) {
	w, s := newWorld(o.Open(t)), &standings{}
	w.Verifier.Users = s
	return w, s
}

// testUsers makes challenges for the user behind a token.
func testUsers(t *testing.T, o Opener) {
	run(t, o, cases{
		{"the refusal of a user at init is remembered", refusedAtInit},
		{"at verify the standing is asked for each time, and no attempt is used", refusedAtVerify},
		{"a directory that fails decides nothing", failedDirectory},
		{"without a directory nothing passes", noDirectory},
		{"a number that the caller gave has no user", noUserToAskFor},
		{"blocked while the first message is unclear", blockedWhileUnclear},
		{"blocked while the first message is unclear, and expired", blockedWhileUnclearExpired},
		{"a user and a rotated key at once", userAndRotation},
	})
}

func refusedAtInit(t *testing.T, o Opener) {
	for _, against := range refusals {
		w, _ := withUsers(t, o)
		w.init(t, forUser("id", against), against)
		w.init(t, forUser("id", ""), against) // the user may pass by now
		w.verify(t, "id", "123456", otp.Unknown)
		if got := stored(t, w.Store, otp.ChallengeKey("demo", "id")); got.LedgerKey != "" {
			t.Errorf("%s: it counts in ledger %q, want none, as there is no number", against, got.LedgerKey)
		}
		if got := len(w.Inbox.Messages()); got != 0 {
			t.Errorf("%s: %d messages", against, got)
		}
		w.init(t, forUser("other", ""), otp.Sent)
	}
}

func refusedAtVerify(t *testing.T, o Opener) {
	for _, against := range refusals[:3] {
		w, s := withUsers(t, o)
		w.init(t, forUser("id", ""), otp.Sent)
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
		w.verify(t, "id", code, against) // the standing is checked before the challenge
		for _, asked := range s.asked {
			if asked != token {
				t.Fatalf("the directory was asked for %q, want %q", asked, token)
			}
		}
	}
}

func failedDirectory(t *testing.T, o Opener) {
	w, s := withUsers(t, o)
	w.init(t, forUser("id", ""), otp.Sent)
	s.err = errors.New("the table is throttled")
	for range 10 {
		w.verifyFails(t, w.Verifier)
	}
	s.err = nil
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
}

func noDirectory(t *testing.T, o Opener) {
	w, _ := withUsers(t, o)
	w.Verifier.Users = nil
	w.init(t, forUser("id", ""), otp.Sent)
	w.verifyFails(t, w.Verifier)
}

func noUserToAskFor(t *testing.T, o Opener) {
	w, s := withUsers(t, o)
	w.init(t, start("id", phone), otp.Sent)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	if len(s.asked) > 0 {
		t.Error("the directory was asked")
	}
}

func blockedWhileUnclear(t *testing.T, o Opener) {
	w, _ := withUsers(t, o)
	w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
	w.init(t, forUser("id", ""), otp.Unclear)
	code := w.Inbox.last(t)
	w.init(t, forUser("id", otp.Blocked), otp.Blocked)
	w.verify(t, "id", code, otp.Unknown) // the code died with it
	w.init(t, forUser("id", ""), otp.Blocked)
	w.messages(t, 1)
}

func blockedWhileUnclearExpired(t *testing.T, o Opener) {
	w, _ := withUsers(t, o)
	w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
	w.init(t, forUser("id", ""), otp.Unclear)
	w.Clock.Advance(time.Hour)
	w.init(t, forUser("id", otp.Blocked), otp.Blocked)
	w.init(t, forUser("id", ""), otp.Blocked)
}

func userAndRotation(t *testing.T, o Opener) {
	w, s := withUsers(t, o)
	w.Issuer.Keys = rotated(t, 1)
	w.init(t, forUser("id", ""), otp.Sent)
	w.Verifier.Keys = rotated(t, 2, 1)
	w.verify(t, "id", wrong(w.Inbox.last(t), 0), otp.Unmatched)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	if len(s.asked) != 2 {
		t.Errorf("the directory was asked %d times for two checks", len(s.asked))
	}
}
