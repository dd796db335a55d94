package otp

import (
	"reflect"
	"slices"
	"testing"
)

// Every outcome of a call settles its challenge, or its record: as delivered, as
// unclear, as undecided or as failed with that outcome.
func TestSettlementOfEveryOutcome(t *testing.T) {
	state := map[Outcome]State{"": Reserved, InProgress: Reserved, Sent: Delivered, Unclear: MaybeDelivered}
	forgotten := []Outcome{Unknown, Used, Expired, Locked}
	c := Challenge{Key: "C#demo#1", Owner: "owner", State: Reserved}
	for _, outcome := range append(Outcomes(), "") {
		want := Settlement{Key: c.Key, Owner: c.Owner, State: Failed, Result: outcome}
		if undecided, ok := state[outcome]; ok {
			want.State, want.Result = undecided, ""
		}
		want.Forget = slices.Contains(forgotten, outcome)
		if got := settlement(c, outcome); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: settled as %+v, want %+v", outcome, got, want)
		}
	}
	c.State = MaybeDelivered
	if got := settlement(c, ""); got.State != MaybeDelivered {
		t.Errorf("a call that decided nothing made a live code %q", got.State)
	}
}

// ended names the first reason that holds, in this order: no message, used,
// expired, locked.
func TestEnded(t *testing.T) {
	live := Challenge{
		State: Delivered, Code: []byte("a"), Guess: []byte("-"), Attempts: 4, Max: 5, ExpiresAt: 1000,
	}
	unclear := func(c *Challenge) { c.State = MaybeDelivered }
	failed := func(c *Challenge) { c.State = Failed }
	passed := func(c *Challenge) { c.Guess = c.Code }
	expired := func(c *Challenge) { c.ExpiresAt = 999 }
	locked := func(c *Challenge) { c.Attempts = 5 }
	for name, c := range map[string]struct {
		changes []func(*Challenge)
		want    Outcome
	}{
		"live":            {nil, ""},
		"unclear":         {[]func(*Challenge){unclear}, ""},
		"reserved":        {[]func(*Challenge){func(c *Challenge) { c.State = Reserved }}, Unknown},
		"failed, and all": {[]func(*Challenge){failed, passed, expired, locked}, Unknown},
		"passed, and all": {[]func(*Challenge){passed, expired, locked}, Used},
		"expired, locked": {[]func(*Challenge){expired, locked}, Expired},
		"locked":          {[]func(*Challenge){locked}, Locked},
	} {
		challenge := live
		for _, change := range c.changes {
			change(&challenge)
		}
		if got := challenge.Ended(999); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := live.Ended(1000); got != Expired {
		t.Errorf("at its end a code is %q, want expired", got)
	}
}

// A refused guess at an old message is expired, unless the code has passed or the
// client chose it.
func TestJudgeOldMessage(t *testing.T) {
	old := Challenge{State: Delivered, Max: 5, SentAt: 1, ExpiresAt: 1000, Code: []byte("a"), Guess: []byte("-")}
	used, locked, chosen := old, old, old
	used.Guess = used.Code
	locked.Attempts = 5
	chosen.Attempts, chosen.Chosen = 5, true
	for _, c := range []struct {
		challenge Challenge
		want      Outcome
	}{{old, Expired}, {used, Used}, {locked, Expired}, {chosen, Locked}} {
		got, err := judge(Write{Item: &c.challenge}, Guess{Op: "op", Now: 10, SentAfter: 5})
		if err != nil || got.Outcome != c.want {
			t.Errorf("%+v: %q %v, want %q", c.challenge, got.Outcome, err, c.want)
		}
	}
}
