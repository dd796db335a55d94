package stream_test

import (
	"slices"
	"strings"
	"testing"
)

// A challenge expires when the table sweeps its item. One that somebody deletes, such
// as an operator who tidies up, has not: nobody knows what would have become of it.
func TestWhoDeletes(t *testing.T) {
	whole := record(1, none, none, 0)
	was, _, _ := strings.Cut(whole, `,"NewImage"`)
	deleted := strings.Replace(was, `"eventName":"MODIFY"`, `"eventName":"REMOVE"WHO`, 1) + "}}"
	for name, c := range map[string]struct {
		who  string
		want []string
	}{
		"the sweeper": {`,"userIdentity":{"type":"Service",` +
			`"principalId":"dynamodb.amazonaws.com"}`, []string{"ChallengeExpired"}},
		"somebody": {"", nil},
		"another service": {`,"userIdentity":{"type":"Service",` +
			`"principalId":"replication.dynamodb.amazonaws.com"}`, nil},
		"nobody in particular": {`,"userIdentity":{}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := &bus{}
			failed := handle(t, handler(&memory{}, b, nil), strings.Replace(deleted, "WHO", c.who, 1))
			if got := kinds(b.facts); !slices.Equal(got, c.want) || failed != nil {
				t.Errorf("told %v, failed %v, want %v", got, failed, c.want)
			}
		})
	}
}

// A pass that names no ledger clears none, and is told all the same.
func TestPassOfNoNumber(t *testing.T) {
	m, b := &memory{}, &bus{}
	failed := handle(
		t,
		handler(m, b, nil),
		strings.ReplaceAll(record(1, none, right, 0), `"ledger":{"S":"N#1"}`, `"ledger":{"S":""}`),
		record(2, none, right, 0),
	)
	if want := []string{"N#2"}; !slices.Equal(m.answered, want) || failed != nil {
		t.Errorf("answered %q, failed %v, want %q", m.answered, failed, want)
	}
	if got := kinds(b.facts); !slices.Equal(got, []string{"ChallengePassed", "ChallengePassed"}) {
		t.Errorf("told %v", got)
	}
}
