package changes_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/otp"
)

// valid holds a fact to its schema, and no other schema.
func valid(t testing.TB, f changes.Fact) {
	t.Helper()
	f.AuthenticationID = strings.Repeat("1", 35) // the tests' own are shorter
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

// Each kind has a schema, and each schema a kind; reasons are those of the domain.
func TestSchemas(t *testing.T) {
	all, err := changestest.Schemas()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []changes.Kind{changes.Sent, changes.Passed, changes.Failed, changes.Exhausted, changes.Expired, changes.Refused, changes.Unreadable} {
		if all[string(kind)] == nil {
			t.Errorf("docs/events has no %s.json", kind)
		}
	}
	if len(all) != 7 {
		t.Errorf("%d schemas, want 7", len(all))
	}
	for _, why := range []otp.Outcome{otp.TooSoon, otp.TooMany, otp.Undeliverable, otp.BadNumber, otp.Barred, otp.BadToken, otp.Blocked} {
		i := image(refused)
		i.Result = why
		valid(t, changes.Facts(changes.Change{Is: i})[0])
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
		"a code in it": `{"id":"aaaaaaaaaaaaaaaaaaaa","time":"2026-11-22T04:05:06Z","client":"demo","authenticationId":"11111111111111111111111111111111111","code":"1"}`,
		"a number":     `{"id":"aaaaaaaaaaaaaaaaaaaa","time":"2026-11-22T04:05:06Z","client":"demo","authenticationId":"11111111111111111111111111111111111","maskedNumber":"60-6353"}`,
		"no id":        `{"time":"2026-11-22T04:05:06Z","client":"demo","authenticationId":"11111111111111111111111111111111111"}`,
	} {
		if err := changestest.Against(t, "ChallengeSent", []byte(`{"source":"countersign","detail-type":"ChallengeSent","time":"2026-11-22T04:05:06Z","detail":`+bad+`}`)); err == nil {
			t.Errorf("an event with %s is one, by its schema", name)
		}
	}
}
