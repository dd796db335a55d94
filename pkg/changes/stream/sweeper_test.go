package stream_test

import (
	"slices"
	"strings"
	"testing"
)

// A challenge expires when the table sweeps its item. A challenge that an operator deletes
// does not expire: a right code might still have come.
func TestDeletions(t *testing.T) {
	whole := record(1, none, none, 0)
	was, _, _ := strings.Cut(whole, `,"NewImage"`)
	deleted := strings.Replace(was, `"eventName":"MODIFY"`, `"eventName":"REMOVE"IDENTITY`, 1) + "}}"
	service := func(principal string) string {
		return `,"userIdentity":{"type":"Service","principalId":"` + principal + `"}`
	}
	for name, c := range map[string]struct {
		identity string
		want     []string
	}{
		"the sweeper":       {service("dynamodb.amazonaws.com"), []string{"ChallengeExpired"}},
		"an operator":       {"", nil},
		"another service":   {service("replication.dynamodb.amazonaws.com"), nil},
		"an empty identity": {`,"userIdentity":{}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := &bus{}
			failed := handle(t, handler(&memory{}, b, nil), strings.Replace(deleted, "IDENTITY", c.identity, 1))
			if got := kinds(b.facts); !slices.Equal(got, c.want) || failed != nil {
				t.Errorf("facts %v, failed %v, want %v", got, failed, c.want)
			}
		})
	}
}

// A pass without a ledger is published, and marks no ledger as answered.
func TestPassWithoutLedger(t *testing.T) {
	m, b := &memory{}, &bus{}
	without := strings.ReplaceAll(record(1, none, right, 0), `"ledger":{"S":"N#1"}`, `"ledger":{"S":""}`)
	failed := handle(t, handler(m, b, nil), without, record(2, none, right, 0))
	if want := []string{"N#2"}; !slices.Equal(m.answered, want) || failed != nil {
		t.Errorf("answered %q, failed %v, want %q", m.answered, failed, want)
	}
	if got := kinds(b.facts); !slices.Equal(got, []string{"ChallengePassed", "ChallengePassed"}) {
		t.Errorf("facts %v, want two passes", got)
	}
}
