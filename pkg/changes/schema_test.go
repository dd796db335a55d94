package changes_test

import (
	"encoding/json"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
)

// valid holds a fact to its schema, and no other schema.
func valid(t testing.TB, f changes.Fact) {
	t.Helper()
	f.AuthID = strings.Repeat("1", 35) // the tests' own are shorter
	changestest.Valid(t, f)
	event, err := json.Marshal(f.Event())
	if err != nil {
		t.Fatal(err)
	}
	all, _ := changestest.Schemas()
	for kind := range all {
		if kind != string(f.Kind) && changestest.Against(t, kind, event) == nil {
			t.Errorf("a %s is a %s, by its schema", f.Kind, kind)
		}
	}
}

// Each kind has a schema, and each schema a kind.
func TestSchemas(t *testing.T) {
	all, err := changestest.Schemas()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []changes.Kind{
		changes.Sent, changes.Passed, changes.Failed, changes.Exhausted, changes.Expired, changes.Refused,
		changes.Unreadable,
	} {
		if all[string(kind)] == nil {
			t.Errorf("docs/events has no %s.json", kind)
		}
	}
	if len(all) != 7 {
		t.Errorf("%d schemas, want 7", len(all))
	}
	i := image(state(sent))
	i.Region, i.Mask = "", ""
	valid(t, changes.Facts(changes.Change{Is: i})[0])
	changestest.Valid(t, changes.NewUnreadable("arn", "1", "why", time.Unix(0, 0)))
	gone := changes.Facts(changes.Change{Is: image(refused)})[0]
	gone.Reason = string(otp.NoUser)
	event, err := json.Marshal(gone.Event())
	if err != nil || changestest.Against(t, "SendRefused", event) == nil {
		t.Errorf("%v, or an event that is never told is one, by its schema", err)
	}
	for name, bad := range map[string]string{
		"a code in it": `{"id":"aaaaaaaaaaaaaaaaaaaa","time":"2026-11-22T04:05:06Z","client":"demo",` +
			`"authenticationId":"11111111111111111111111111111111111","code":"1"}`,
		"a number": `{"id":"aaaaaaaaaaaaaaaaaaaa","time":"2026-11-22T04:05:06Z","client":"demo",` +
			`"authenticationId":"11111111111111111111111111111111111","maskedNumber":"60-6353"}`,
		"no id": `{"time":"2026-11-22T04:05:06Z","client":"demo",` +
			`"authenticationId":"11111111111111111111111111111111111"}`,
	} {
		if err := changestest.Against(
			t,
			"ChallengeSent",
			[]byte(
				`{"source":"countersign","detail-type":"ChallengeSent","time":"2026-11-22T04:05:06Z","detail":`+bad+`}`,
			),
		); err == nil {
			t.Errorf("an event with %s is one, by its schema", name)
		}
	}
}

// What a challenge reports goes whole into each of its events, and each field of it is
// in the schemas.
func TestReportedGoesWhole(t *testing.T) {
	c := storetest.Filled(1)
	c.Region, c.Mask = "MY", "+60******6353" // as the schemas want them
	c.AuthID = strings.Repeat("1", 35)
	c.State, c.Attempts, c.Max, c.Op = otp.Delivered, 2, 2, "op"
	c.Guess = c.Code
	facts := changes.Facts(changes.Change{Is: &c})
	if len(facts) != 3 {
		t.Fatalf("facts %+v, want a message and two guesses", facts)
	}
	for _, f := range facts {
		if f.Reported != c.Reported {
			t.Errorf("%s reports %+v, want %+v", f.Kind, f.Reported, c.Reported)
		}
		changestest.Valid(t, f)
		event, err := json.Marshal(f.Event())
		if err != nil {
			t.Fatal(err)
		}
		for value := range reported(c) {
			if !strings.Contains(string(event), value) {
				t.Errorf("the event lacks %s: %s", value, event)
			}
		}
	}
}

// reported returns the values that a challenge reports, as JSON has them.
func reported(c otp.Challenge) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, v := range reflect.ValueOf(c.Reported).Fields() {
			text, err := json.Marshal(v.Interface())
			if err != nil || !yield(string(text)) {
				return
			}
		}
	}
}

// Every outcome is either a reason that the schema of SendRefused lists, or one of
// those that never fail a challenge or cause no event.
func TestReasonsAreOutcomes(t *testing.T) {
	noReason := []otp.Outcome{
		otp.Sent, otp.Inconsistent, otp.InProgress, otp.Unclear,
		otp.NoUser, // causes no event, see changes.Refused
		otp.Passed, otp.Unmatched, otp.Exhausted, otp.Locked, otp.Unknown, otp.Expired, otp.Used,
	}
	for _, outcome := range otp.Outcomes() {
		i := image(refused)
		i.Result = outcome
		i.AuthID = strings.Repeat("1", 35) // as long as the schema wants it
		facts := changes.Facts(changes.Change{Is: i})
		if len(facts) == 0 {
			if !slices.Contains(noReason, outcome) {
				t.Errorf("a challenge that fails with %q causes no event", outcome)
			}
			continue
		}
		if !slices.Contains(noReason, outcome) {
			valid(t, facts[0]) // names a reason that the schema lacks
			continue
		}
		event, err := json.Marshal(facts[0].Event())
		if err != nil {
			t.Fatal(err)
		}
		if changestest.Against(t, "SendRefused", event) == nil {
			t.Errorf("docs/events/SendRefused.json lists %q, which is never the reason of an event", outcome)
		}
	}
}
