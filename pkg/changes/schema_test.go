package changes_test

import (
	"encoding/json"
	"iter"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/filetest"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
)

// valid fails the test if the event of a fact does not match its own schema, or matches another.
func valid(t testing.TB, f changes.Fact) {
	t.Helper()
	f.AuthID = strings.Repeat("1", 35) // as long as the schema demands
	changestest.Valid(t, f)
	event, err := json.Marshal(f.Event())
	if err != nil {
		t.Fatal(err)
	}
	all, _ := changestest.Schemas()
	for kind := range all {
		if kind != string(f.Kind) && changestest.Against(t, kind, event) == nil {
			t.Errorf("docs/events: the event %s matches the schema of %s too", f.Kind, kind)
		}
	}
}

// Each kind has a schema, and there are no others.
func TestSchemas(t *testing.T) {
	all, err := changestest.Schemas()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []changes.Kind{
		changes.Sent, changes.Passed, changes.Failed, changes.Exhausted, changes.Expired, changes.Refused,
		changes.Unreadable, changes.Delivered, changes.Undelivered, changes.Blocked, changes.MessageExpired,
	} {
		if all[string(kind)] == nil {
			t.Errorf("docs/events has no %s.json", kind)
		}
	}
	if len(all) != 11 {
		t.Errorf("%d schemas, want 11", len(all))
	}
	i := image(state(sent))
	i.Region, i.Mask = "", ""
	valid(t, changes.Facts(changes.Change{Is: i})[0])
	changestest.Valid(t, changes.NewUnreadable("arn", "1", "why", time.Unix(0, 0)))
	gone := changes.Facts(changes.Change{Is: image(refused)})[0]
	gone.Reason = string(otp.NoUser)
	event, err := json.Marshal(gone.Event())
	if err != nil || changestest.Against(t, "SendRefused", event) == nil {
		t.Errorf("%v, or the schema allows a reason that is never published", err)
	}
}

// A schema refuses an event with a code, with a number that is not masked, or without an id.
func TestSchemasRefuse(t *testing.T) {
	for name, detail := range map[string]string{
		"a code": `{"id":"aaaaaaaaaaaaaaaaaaaa","time":"2026-11-22T04:05:06Z","client":"demo",` +
			`"authenticationId":"11111111111111111111111111111111111","code":"1"}`,
		"a number": `{"id":"aaaaaaaaaaaaaaaaaaaa","time":"2026-11-22T04:05:06Z","client":"demo",` +
			`"authenticationId":"11111111111111111111111111111111111","maskedNumber":"60-6353"}`,
		"no id": `{"time":"2026-11-22T04:05:06Z","client":"demo",` +
			`"authenticationId":"11111111111111111111111111111111111"}`,
	} {
		event := `{"source":"countersign","detail-type":"ChallengeSent","time":"2026-11-22T04:05:06Z",` +
			`"detail":` + detail + `}`
		if err := changestest.Against(t, "ChallengeSent", []byte(event)); err == nil {
			t.Errorf("the schema allows an event with %s", name)
		}
	}
}

// Each event has every field that its challenge reports, and the schemas have them too.
func TestReportedGoesWhole(t *testing.T) {
	c := storetest.Filled(1)
	c.Region, c.Mask = "MY", "+60******6353" // as the schemas demand
	c.AuthID = strings.Repeat("1", 35)
	c.State, c.Attempts, c.Max, c.Op = otp.Delivered, 2, 2, "op"
	c.Guess = c.Code
	facts := changes.Facts(changes.Change{Is: &c})
	if len(facts) != 3 {
		t.Fatalf("facts %+v, want a message and two guesses", facts)
	}
	for _, f := range facts {
		if f.Reported != c.Reported || f.Marks != c.Marks {
			t.Errorf("%s reports %+v %+v, want %+v %+v", f.Kind, f.Reported, f.Marks, c.Reported, c.Marks)
		}
		changestest.Valid(t, f)
		event, err := json.Marshal(f.Event())
		if err != nil {
			t.Fatal(err)
		}
		for value := range reported(c) {
			if !strings.Contains(string(event), value) {
				t.Errorf("the event %s lacks the value %s", event, value)
			}
		}
	}
}

// reported returns the values that a challenge reports, as JSON.
func reported(c otp.Challenge) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, part := range []any{c.Reported, c.Marks} {
			for _, v := range reflect.ValueOf(part).Fields() {
				text, err := json.Marshal(v.Interface())
				if err != nil || !yield(string(text)) {
					return
				}
			}
		}
	}
}

// The schema of SendRefused lists each outcome that is the reason of an event, and no others.
func TestReasonsAreOutcomes(t *testing.T) {
	noReason := []otp.Outcome{
		otp.Sent, otp.Inconsistent, otp.InProgress, otp.Unclear,
		otp.NoUser,                                         // causes no event, see changes.Refused
		otp.AskedPassword, otp.NoPassword, otp.PasswordSet, // of challenges without a code, which have no events
		otp.Passed, otp.Unmatched, otp.Exhausted, otp.Locked, otp.Unknown, otp.Expired, otp.Used,
	}
	for _, outcome := range otp.Outcomes() {
		i := image(refused)
		i.Result = outcome
		i.AuthID = strings.Repeat("1", 35) // as long as the schema demands
		facts := changes.Facts(changes.Change{Is: i})
		if len(facts) == 0 {
			if !slices.Contains(noReason, outcome) {
				t.Errorf("a challenge that fails with %q causes no event; if that is meant, add it to noReason here",
					outcome)
			}
			continue
		}
		event, err := json.Marshal(facts[0].Event())
		if err != nil {
			t.Fatal(err)
		}
		switch err := changestest.Against(t, "SendRefused", event); {
		case err != nil && !slices.Contains(noReason, outcome):
			t.Errorf("docs/events/SendRefused.json does not allow the reason %q: add it there to the list, and to its "+
				"description; or, if it causes no event, to noReason here: %v", outcome, err)
		case err == nil && slices.Contains(noReason, outcome):
			t.Errorf("docs/events/SendRefused.json lists %q, which is never the reason of an event: remove it there",
				outcome)
		case err == nil:
			valid(t, facts[0])
			describedReason(t, outcome)
		}
	}
}

// describedReason fails the test if the schema of SendRefused does not say what a reason means.
func describedReason(t *testing.T, reason otp.Outcome) {
	t.Helper()
	schema := filetest.Read(t, "../../docs/events/SendRefused.json")
	if !regexp.MustCompile(`[ "]` + string(reason) + `[,:]`).Match(schema) {
		t.Errorf("docs/events/SendRefused.json does not say what %q means: add it to the description of reason", reason)
	}
}
