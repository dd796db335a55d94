package storetest

import (
	"testing"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// testCredits credits answers to entries, late and out of order. That each is given once is for the tests of the
// stores, as it follows from how their changes come.
func testCredits(t *testing.T, o Opener) {
	run(t, o, cases{
		{"of messages that nothing counts", creditOfNothing},
		{"before the message is counted", creditBeforeCharge},
		{"for an entry that was swept", creditForSwept},
		{"in any order of their hours", creditsInAnyOrder},
		{"hours late", creditLate},
		{"refusals are shown, and change no room", refusalsAreShown},
		{"a country's ratio is that of its blocks", blocksHaveRatio},
		{"beside charges", creditsBesideCharges},
	})
}

// answered1 returns the credit of one answer to a message that an entry counts.
func answered1(key string, hour int64) guard.Credit {
	return guard.Credit{Key: key, Event: guard.Answered, Hour: hour}
}

func creditOfNothing(t *testing.T, o Opener) {
	s, hour := o.Open(t), now.Hour()
	c := guard.Charge{Key: "G#demo#b#1", Kind: guard.Block, Hour: hour}
	charge(t, s, c, true)
	for range 5 { // of which one is for the message
		o.credit(t, s, answered1(c.Key, hour))
	}
	c.Hour++
	for range roomOfBlock {
		charge(t, s, c, true)
	}
	charge(t, s, c, false)
	if e := entry(t, s, c.Key); guard.Sum(e.Answered) != 1 || e.Left != 40 {
		t.Errorf("%+v, want one answer and what it adds", e)
	}
}

// creditBeforeCharge: an answer to what is not counted yet opens nothing. The message counts for its day then.
func creditBeforeCharge(t *testing.T, o Opener) {
	for kind, room := range map[guard.Kind]int{guard.Block: roomOfBlock, guard.Source: roomOfSource} {
		s, hour := o.Open(t), now.Hour()
		c := guard.Charge{Key: "G#demo#" + string(kind) + "#1", Kind: kind, Hour: hour, Region: "MY"}
		o.credit(t, s, answered1(c.Key, hour))
		for range room {
			charge(t, s, c, true)
		}
		charge(t, s, c, false)
		o.credit(t, s, answered1(c.Key, hour))
		charge(t, s, c, true) // its own message gives its room back
		charge(t, s, c, false)
	}
}

func creditForSwept(t *testing.T, o Opener) {
	s, hour := o.Open(t), now.Hour()
	o.credit(t, s, answered1("G#demo#b#1", hour))
	e := charge(t, s, guard.Charge{Key: "G#demo#b#1", Kind: guard.Block, Hour: hour + 300, Answering: true}, true)
	if e.Allowance() != 100*roomOfBlock || e.AnsweredAt != hour {
		t.Errorf("%+v, want the room of a new entry, and that people answer", e)
	}
	o.credit(t, s, guard.Credit{Key: "G#demo#b#2", Event: guard.WasRefused, Hour: hour})
	if e := entry(t, s, "G#demo#b#2"); e.TTL != 0 {
		t.Errorf("a refusal alone made the entry %+v", e)
	}
}

func creditsInAnyOrder(t *testing.T, o Opener) {
	s, hour := o.Open(t), now.Hour()
	var all []guard.Entry
	for n, order := range [][]int64{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {2, 0, 1}} {
		c := guard.Charge{Key: string(rune('0' + n)), Kind: guard.Block, Hour: hour}
		c.Key = "G#demo#b#" + c.Key
		for ; c.Hour <= hour+2; c.Hour++ {
			charge(t, s, c, true)
			charge(t, s, c, true)
		}
		for _, late := range order {
			o.credit(t, s, answered1(c.Key, hour+late))
		}
		e := entry(t, s, c.Key)
		e.Seen, e.Key = nil, ""
		all = append(all, e)
		if e.Left != all[0].Left || e.Answered != all[0].Answered || e.Unanswered != all[0].Unanswered {
			t.Errorf("in the order %v: %+v, want %+v", order, e, all[0])
		}
	}
	if e := all[0]; guard.Sum(e.Unanswered) != 3 || e.Left != 100*roomOfBlock-300+120 || e.AnsweredAt != hour+2 {
		t.Errorf("%+v, want three of six answered", e)
	}
}

func creditLate(t *testing.T, o Opener) {
	s, hour := o.Open(t), now.Hour()
	for _, late := range []int64{1, 23, 24, 50} {
		c := guard.Charge{Key: "G#demo#b#" + string(rune('A'+late)), Kind: guard.Block, Hour: hour}
		charge(t, s, c, true)
		charge(t, s, c, true)
		c.Hour += late
		charge(t, s, c, true)
		o.credit(t, s, answered1(c.Key, hour))
		e, still := entry(t, s, c.Key), late < 24
		if got := guard.Sum(e.Answered); got != map[bool]int{true: 1}[still] || e.AnsweredAt != hour {
			t.Errorf("%d hours late, %d answers count: %+v", late, got, e)
		}
		if want := map[bool]int{true: 2, false: 1}[still]; guard.Sum(e.Unanswered) != want {
			t.Errorf("%d hours late: %+v, want %d unanswered", late, e, want)
		}
	}
}

func refusalsAreShown(t *testing.T, o Opener) {
	w := exhausted(t, o)
	n, _, _ := w.tagged(t, block(0, 0).ID)
	var all []guard.Credit
	for range 3 {
		country := guard.Credit{Key: n.CountryKey(), Event: guard.WasRefused, Hour: w.hour(), Block: n.Block}
		of := guard.Credit{Key: n.BlockKey(), Country: n.CountryKey(), Event: guard.WasRefused, Hour: w.hour()}
		all = append(all, country, of)
	}
	o.credit(t, w.Store, all...)
	for _, key := range []string{n.CountryKey(), n.BlockKey()} {
		e := entry(t, w.Store, key)
		if guard.Sum(e.Refused) != 3 || e.Since != w.hour() || guard.Sum(e.Unanswered) != roomOfBlock {
			t.Errorf("%+v, want three refusals since this hour", e)
		}
		if e.Kind == guard.Country && (len(e.Worst) != 1 || string(e.Worst[0]) != string(n.Block)) {
			t.Errorf("the worst blocks are %x, want %x", e.Worst, n.Block)
		}
	}
	w.sends(t, 0, 100, 101, otp.OverBlock)
}

// blocksHaveRatio: a block that has no entry has the ratio of its country when its first answer comes.
func blocksHaveRatio(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 10)
	country := charge(t, w.Store, guard.Charge{
		Key: countryKey("MY"), Kind: guard.Country, Hour: w.hour(), Base: baseOf[guard.Country],
	}, true)
	if country.Usual != 100 {
		t.Fatalf("%+v, want 100 unanswered for each 100", country)
	}
	first, of := answered1(country.Key, w.hour()), answered1("G#demo#b#1", w.hour())
	of.Country = country.Key
	o.credit(t, w.Store, first, of)
	if e := entry(t, w.Store, of.Key); e.Usual != 100 || e.Left != 200*roomOfBlock {
		t.Errorf("%+v, want the ratio of the country", e)
	}
}

// creditsBesideCharges: four shards of a stream credit while messages go out.
func creditsBesideCharges(t *testing.T, o Opener) {
	s, hour := o.Open(t), now.Hour()
	c := guard.Charge{Key: "G#demo#b#1", Kind: guard.Block, Hour: hour, Force: true}
	const messages, shards, each = 60, 4, 10
	for range shards * each {
		charge(t, s, c, true)
	}
	Together(t, messages+shards, func(n int) (otp.Outcome, error) {
		if n >= shards {
			_, _, err := s.Charge(ctx, c)
			return "", err
		}
		for range each {
			o.credit(t, s, answered1(c.Key, hour))
		}
		return "", nil
	})
	e := entry(t, s, c.Key)
	if u, a := guard.Sum(e.Unanswered), guard.Sum(e.Answered); u != messages || a != shards*each {
		t.Errorf("%d unanswered, %d answered, want %d and %d", u, a, messages, shards*each)
	}
	if want := 100*roomOfBlock - 100*messages + 40*shards*each; e.Left != want {
		t.Errorf("%d left, want %d", e.Left, want)
	}
}
