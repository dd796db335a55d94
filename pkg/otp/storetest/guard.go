package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// testGuard counts messages that nobody answers.
func testGuard(t *testing.T, o Opener) {
	run(t, o, cases{
		{"entries", testEntries},
		{"credits", testCredits},
		{"budgets", testBudgets},
		{"known numbers", testKnownNumbers},
		{"messages that do not go out", testGivenBack},
		{"races on the last of a budget", testBudgetRaces},
		{"lost answers to charges", testLostCharges},
	})
}

// enforced is the policy of the tests. Of one shard, a budget has its figures.
var enforced = guard.Policy{Mode: guard.Enforce, Young: guard.DefaultYoung, Shards: 1}

// The room of entries without an answer, in messages.
const roomOfBlock, roomOfCountry, roomOfSource = 8, 20, 10

// baseOf is that of the charges of a client with one shard.
var baseOf = map[guard.Kind]int{guard.Country: 100 * roomOfCountry, guard.Young: 100 * guard.DefaultYoung}

// guarded asks for a challenge of a client whose messages the guard counts.
func guarded(id string, to otp.Phone) otp.Start {
	r := start(id, to)
	r.Region, r.Guard = "MY", enforced
	return r
}

// inBlock returns the n-th number of a block.
func inBlock(block, n int) otp.Phone { return otp.Phone(fmt.Sprintf("+6065%03d%04d", block, n)) }

// block asks for a challenge for the n-th number of a block.
func block(block, n int) otp.Start {
	to := inBlock(block, n)
	return guarded("id"+to.E164(), to)
}

// hour returns the hour of the world, since 1970.
func (w *world) hour() int64 { return w.Clock.Now().Unix() / 3600 }

// toHour moves the clock to the beginning of an hour.
func (w *world) toHour(hour int64) { w.Clock.Advance(time.Unix(hour*3600, 0).Sub(w.Clock.Now())) }

// countryKey and youngKey return the keys of entries of the client of the tests.
func countryKey(region string) string {
	return guard.Numbers{Client: "demo", Region: region}.CountryKey()
}

func youngKey() string { return guard.Numbers{Client: "demo"}.YoungKey() }

// tagged returns which entries count the message of a challenge.
func (w *world) tagged(t testing.TB, id string) (n guard.Numbers, young, known bool) {
	t.Helper()
	c := stored(t, w.Store, otp.ChallengeKey("demo", id))
	n, young, known, ok := guard.Tag(c.Guard).Numbers("demo", c.Region)
	if !ok {
		t.Fatalf("challenge %s has the tag %x, want one", id, c.Guard)
	}
	return n, young, known
}

// entry reads an entry. The zero entry is none.
func entry(t testing.TB, s Store, key string) guard.Entry {
	t.Helper()
	found, err := s.Entries(ctx, []string{key})
	switch {
	case err != nil || len(found) > 1:
		t.Fatalf("%d entries under one key: %v", len(found), err)
	case len(found) == 0:
		return guard.Entry{}
	}
	return found[0]
}

// unanswered fails the test unless the entries count so many messages each.
func unanswered(t testing.TB, s Store, want int, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if got := guard.Sum(entry(t, s, key).Unanswered); got != want {
			t.Errorf("%s counts %d unanswered messages, want %d", key, got, want)
		}
	}
}

// charge counts a message in an entry, if there is room for it.
func charge(t testing.TB, s Store, c guard.Charge, want bool) guard.Entry {
	t.Helper()
	e, ok, err := s.Charge(ctx, c)
	if err != nil || ok != want {
		t.Fatalf("charge %+v: %v %v, want %v; entry %+v", c, ok, err, want, e)
	}
	return e
}

// baseline gives a country three finished days. In each, 10 new numbers answered and so many did not.
func (o Opener) baseline(t testing.TB, w *world, region string, unanswered int) {
	t.Helper()
	for ago := int64(3); ago > 0; ago-- {
		o.day(t, w.Store, region, w.hour()/24-ago, unanswered)
	}
}

// day gives a country the first hour of a day: it does not count 24 hours later.
func (o Opener) day(t testing.TB, s Store, region string, day int64, unanswered int) {
	t.Helper()
	hour, key := day*24, countryKey(region)
	for range unanswered {
		charge(t, s, guard.Charge{
			Key: key, Kind: guard.Country, Hour: hour, Base: baseOf[guard.Country], Force: true,
		}, true)
	}
	o.answers(t, s, key, hour, 10)
}

// answers gives a country so many messages that are answered.
func (o Opener) answers(t testing.TB, s Store, key string, hour int64, n int) {
	t.Helper()
	c := guard.Charge{Key: key, Kind: guard.Country, Hour: hour, Base: baseOf[guard.Country], Force: true}
	for range n {
		charge(t, s, c, true)
	}
	o.credit(t, s, slices.Repeat([]guard.Credit{answered1(key, hour)}, n)...)
}

// records is the sequence number of the latest record that a test credited.
var records atomic.Int64

// credit gives the credits of a batch of records, each with one.
func (o Opener) credit(t testing.TB, s Store, credits ...guard.Credit) {
	t.Helper()
	for i := range credits {
		credits[i].Record = strconv.FormatInt(records.Add(1), 10)
		credits[i].From = credits[0].Record
	}
	if err := o.Credit(s, credits...); err != nil {
		t.Fatal(err)
	}
}

// exhausted makes a world in which a country has a baseline and the first block of it has no room.
func exhausted(t *testing.T, o Opener) *world {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	for n := range roomOfBlock {
		w.init(t, block(0, n), otp.Sent)
	}
	w.init(t, block(0, 9000), otp.OverBlock)
	return w
}
