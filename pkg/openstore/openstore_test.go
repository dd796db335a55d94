package openstore_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/openstore"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// onEach runs a test on each kind of store.
func onEach(t *testing.T, test func(t *testing.T, s openstore.Store)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, sqlitetest.New(t))
	})
	t.Run("dynamodb", func(t *testing.T) {
		test(t, openstore.Tables{Store: dynamotest.Store(t, nil)})
	})
}

// challenge returns the n-th challenge, of a number with this ledger.
func challenge(n int, ledger string) otp.Challenge {
	text := []byte(fmt.Sprint("bytes", n))
	return otp.Challenge{
		Reported:    otp.Reported{Client: "acme", AuthID: fmt.Sprint(n), Mask: "+60******6353", Region: "MY"},
		Key:         fmt.Sprintf("C#acme#%d", n),
		Fingerprint: text, State: otp.Delivered, Owner: "o", Seed: text, Encrypted: text, Digits: 6, KeyVersion: 1,
		Code: text, Guess: []byte("-"), Op: "-", Max: 5, SentAt: 1, ExpiresAt: 2, LedgerKey: ledger, TTL: 99,
		Messages: []byte("0123456789abcdef"),
	}
}

// TestChallenges: an operator finds a challenge by its key, and those of a number by its ledgers,
// whatever their number and that of the others.
func TestChallenges(t *testing.T) {
	onEach(t, func(t *testing.T, s openstore.Store) {
		want := map[string][]otp.Challenge{}
		for n := range 300 {
			c := challenge(n, fmt.Sprint("N#", n%120))
			want[c.LedgerKey] = append(want[c.LedgerKey], c)
			if w, err := s.Reserve(t.Context(), c, nil, 0); err != nil || !w.Applied {
				t.Fatal(w, err)
			}
		}
		test := challenge(300, "")
		if w, err := s.Reserve(t.Context(), test, nil, 0); err != nil || !w.Applied {
			t.Fatal(w, err)
		}
		if c, err := s.Challenge(t.Context(), test.Key); err != nil || !reflect.DeepEqual(*c, test) {
			t.Errorf("%+v, %v, want %+v", c, err, test)
		}
		if c, err := s.Challenge(t.Context(), "C#acme#none"); c != nil || err != nil {
			t.Errorf("%+v, %v, want none", c, err)
		}
		for _, ledgers := range []int{0, 1, 2, 100, 101, 120} {
			var keys []string
			var all []otp.Challenge
			for n := range ledgers {
				keys = append(keys, fmt.Sprint("N#", n))
				all = append(all, want[keys[n]]...)
			}
			compare(t, s, keys, all)
		}
		compare(t, s, []string{"N#of another number"}, nil)
	})
}

// compare fails the test unless these ledgers have these challenges.
func compare(t *testing.T, s openstore.Store, ledgers []string, want []otp.Challenge) {
	t.Helper()
	found, err := s.ChallengesOf(t.Context(), ledgers)
	if err != nil {
		t.Fatal(err)
	}
	var got []otp.Challenge
	for _, c := range found {
		got = append(got, *c)
	}
	byKey := func(a, b otp.Challenge) int { return strings.Compare(a.Key, b.Key) }
	slices.SortFunc(got, byKey)
	slices.SortFunc(want, byKey)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d ledgers: %d challenges, want %d", len(ledgers), len(got), len(want))
	}
}
