package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// testBudgets sends to new numbers until there is no room.
func testBudgets(t *testing.T, o Opener) {
	run(t, o, cases{
		{"a block", blockIsBounded},
		{"a block of a country where messages arrive badly", blockOfBadCountry},
		{"a country", countryIsBounded},
		{"all countries without a baseline", youngAreBounded},
		{"a source, by its messages", sourceIsBounded},
		{"a source, by its countries", sourceCountries},
		{"clients have their own", clientsAreApart},
		{"shards have their share", shardsShare},
		{"in mode monitor everything goes out, and is counted", monitorCounts},
		{"without a mode nothing is counted", offCountsNothing},
		{"test numbers are not counted", testNumberUncounted},
		{"a chosen code is counted", chosenIsCounted},
		{"the limits of a number come first", limitsComeFirst},
		{"a refusal is stored, and repeated", refusalIsStored},
		{"an operator reads what counts a message", operatorReads},
	})
}

// sends asks for codes for so many numbers of a block, which must all come out as want.
func (w *world) sends(t testing.TB, of int, from, to int, want otp.Outcome) otp.Started {
	t.Helper()
	var last otp.Started
	for n := from; n < to; n++ {
		last = w.init(t, block(of, n), want)
	}
	return last
}

func blockIsBounded(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	w.toHour(w.hour() + 1)
	w.sends(t, 0, 0, 5, otp.Sent)
	w.toHour(w.hour() + 2)
	w.sends(t, 0, 5, roomOfBlock, otp.Sent)
	got := w.sends(t, 0, 50, 53, otp.OverBlock)
	if got.Wait != 22*time.Hour || got.Guard.Reason != guard.ByBlock || got.Guard.Entry.Allowance() != 100*roomOfBlock {
		t.Errorf("wait %v, verdict %+v, want 22 hours: until the first messages do not count", got.Wait, got.Guard)
	}
	w.sends(t, 1, 0, 1, otp.Sent) // its neighbour
	n, _, _ := w.tagged(t, block(0, 0).ID)
	unanswered(t, w.Store, roomOfBlock, n.BlockKey())
	unanswered(t, w.Store, roomOfBlock+1, countryKey("MY")) // what is refused is given back
	w.messages(t, roomOfBlock+1)
	w.Clock.Advance(got.Wait - time.Millisecond)
	w.sends(t, 0, 53, 54, otp.OverBlock)
	w.Clock.Advance(time.Millisecond)
	w.sends(t, 0, 100, 105, otp.Sent)
	w.sends(t, 0, 105, 106, otp.OverBlock)
}

func blockOfBadCountry(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 10) // as many unanswered as answered
	w.sends(t, 1, 0, roomOfBlock, otp.Sent)
	w.sends(t, 1, 50, 51, otp.OverBlock) // nobody ever answered there
	answer := answered1("G#demo#b#1", w.hour())
	n, _, _ := w.tagged(t, block(1, 0).ID)
	answer.Key, answer.Event, answer.Country = n.BlockKey(), guard.AnsweredByKnown, n.CountryKey()
	o.credit(t, w.Store, answer)
	w.sends(t, 1, 60, 60+roomOfBlock, otp.Sent)
	w.sends(t, 1, 90, 91, otp.OverBlock)
}

func countryIsBounded(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	for n := range roomOfCountry {
		w.sends(t, n, 0, 1, otp.Sent)
	}
	got := w.sends(t, 100, 0, 2, otp.OverCountry)
	if got.Wait <= 23*time.Hour || got.Wait > 24*time.Hour || got.Guard.Entry.Key != countryKey("MY") {
		t.Errorf("wait %v by %+v", got.Wait, got.Guard)
	}
	w.sends(t, 0, 5, 6, otp.OverCountry) // a block without answers, with room of its own
	other := block(100, 0)
	other.ID, other.Region = "another country", "TH"
	w.init(t, other, otp.Sent)
	unanswered(t, w.Store, roomOfCountry, countryKey("MY"))
	w.toHour(w.hour() + 24)
	w.sends(t, 101, 0, 1, otp.Sent)
}

// youngAreBounded: each young country has room for one message of its own. The others share the rest.
func youngAreBounded(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	young := func(n int, region string) otp.Start {
		r := block(n/5, n)
		r.Guard.Young, r.Region = 30, region
		return r
	}
	for n := range 33 {
		w.init(t, young(n, []string{"MY", "TH", ""}[n%3]), otp.Sent)
	}
	for n, region := range []string{"MY", "TH", ""} {
		if got := w.init(t, young(100+n, region), otp.OverClient); got.Guard.Entry.Allowance() != 3000 {
			t.Errorf("%s: %+v, want the entry of all young countries", region, got.Guard)
		}
	}
	if _, first, _ := w.tagged(t, young(0, "MY").ID); first {
		t.Error("the tag of the first message says that young countries count it together")
	}
	if _, later, _ := w.tagged(t, young(9, "MY").ID); !later {
		t.Error("the tag does not say that young countries count it together")
	}
	unanswered(t, w.Store, 30, youngKey())
	unanswered(t, w.Store, 11, countryKey("MY"), countryKey("TH"), countryKey(""))
	w.init(t, young(150, "VN"), otp.Sent)
	w.init(t, young(151, "VN"), otp.OverClient)
	unanswered(t, w.Store, 1, countryKey("VN"))
	o.baseline(t, w, "KH", 0)
	w.init(t, young(200, "KH"), otp.Sent) // it has a budget of its own
}

func sourceIsBounded(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	from := func(source string, n int) otp.Start {
		r := block(n, n)
		r.Source = source
		return r
	}
	for n := range roomOfSource {
		w.init(t, from("attacker", n), otp.Sent)
	}
	if got := w.init(t, from("attacker", 100), otp.OverSource); got.Guard.Reason != guard.BySource {
		t.Errorf("verdict %+v", got.Guard)
	}
	w.init(t, from("", 101), otp.Sent)
	w.init(t, from("home", 102), otp.Sent)
	n, _, _ := w.tagged(t, from("attacker", 0).ID)
	unanswered(t, w.Store, roomOfSource, n.SourceKey())
	unanswered(t, w.Store, roomOfSource+2, countryKey("MY")) // a refusal by the source is not counted there
}

func sourceCountries(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for n, region := range []string{"MY", "TH", "MY", "VN", "ID", "TH", "KH", ""} {
		r := block(n, n)
		r.Source, r.Region = "attacker", region
		want := otp.Sent
		if n == 4 || n > 5 {
			want = otp.OverSource // a fourth country
		}
		w.init(t, r, want)
	}
	n, _, _ := w.tagged(t, block(0, 0).ID)
	if e := entry(t, w.Store, n.SourceKey()); strings.Join(e.Regions, " ") != "MY TH VN" {
		t.Errorf("regions %q", e.Regions)
	}
}

func clientsAreApart(t *testing.T, o Opener) {
	w := exhausted(t, o)
	r := block(0, 9001)
	r.Client = "other"
	w.init(t, r, otp.Sent)
}

// shardsShare: a country's budget is that of its shards, of which each number has one.
func shardsShare(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for shard := range 4 {
		key := guard.Numbers{Client: "demo", Region: "MY", Shard: shard}.CountryKey()
		for ago := int64(3); ago > 0; ago-- {
			hour := (w.hour()/24 - ago) * 24
			o.answers(t, w.Store, key, hour, 10)
		}
	}
	out, shards := 0, map[int]int{}
	for n := range 80 {
		r := block(n, 7)
		r.Guard.Shards = 4
		got, err := w.Issuer.Init(ctx, r)
		if err != nil || got.Outcome != otp.Sent && got.Outcome != otp.OverCountry {
			t.Fatal(got, err)
		}
		if got.Outcome == otp.Sent {
			out++
			n, _, _ := w.tagged(t, r.ID)
			shards[n.Shard]++
		}
	}
	if out != roomOfCountry || len(shards) != 4 {
		t.Errorf("%d messages over the shards %v, want %d: a fourth over each", out, shards, roomOfCountry)
	}
}

// monitorCounts: the verdict names what would have refused the message.
func monitorCounts(t *testing.T, o Opener) {
	w := exhausted(t, o)
	watched := func(n int) otp.Start {
		r := block(0, n)
		r.Guard.Mode = guard.Monitor
		return r
	}
	for n := range 4 {
		if got := w.init(t, watched(100+n), otp.Sent); got.Guard.Reason != guard.ByBlock || got.Wait != 0 {
			t.Errorf("%+v, want sent, and that the block has no room", got)
		}
		if c := stored(t, w.Store, otp.ChallengeKey("demo", watched(100+n).ID)); !guard.Tag(c.Guard).Watched() {
			t.Errorf("the tag %x is not that of a watched message", c.Guard)
		}
	}
	n, _, _ := w.tagged(t, watched(100).ID)
	unanswered(t, w.Store, roomOfBlock+4, n.BlockKey(), countryKey("MY"))
	for n := range roomOfCountry - roomOfBlock - 4 {
		w.sends(t, 1+n, 0, 1, otp.Sent)
	}
	for n := range 2 { // neither the country nor the block has room
		if got := w.init(t, watched(200+n), otp.Sent); got.Guard.Reason != guard.ByCountry {
			t.Errorf("%+v, want sent, and that the country has no room", got)
		}
	}
	unanswered(t, w.Store, roomOfBlock+6, n.BlockKey())
	unanswered(t, w.Store, roomOfCountry+2, countryKey("MY"))
	if got := w.init(t, watched(100), otp.Sent); got.Guard.Reason != "" { // a repeat
		t.Errorf("a repeat has the verdict %+v", got.Guard)
	}
	w.sends(t, 0, 300, 301, otp.OverCountry) // enforced again
}

func offCountsNothing(t *testing.T, o Opener) {
	w := exhausted(t, o)
	for n, mode := range []guard.Mode{"", guard.Off} {
		r := block(0, 100+n)
		r.Guard.Mode = mode
		w.init(t, r, otp.Sent)
		if c := stored(t, w.Store, otp.ChallengeKey("demo", r.ID)); c.Guard != nil {
			t.Errorf("mode %q: the challenge has the tag %x", mode, c.Guard)
		}
	}
	unanswered(t, w.Store, roomOfBlock, countryKey("MY"))
}

func testNumberUncounted(t *testing.T, o Opener) {
	w := exhausted(t, o)
	r := block(0, 100)
	r = tested(r)
	w.init(t, r, otp.Sent)
	unanswered(t, w.Store, roomOfBlock, countryKey("MY"))
	if c := stored(t, w.Store, otp.ChallengeKey("demo", r.ID)); c.Guard != nil {
		t.Errorf("a test number has the tag %x", c.Guard)
	}
}

func chosenIsCounted(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	for n := range roomOfBlock {
		r := block(0, n)
		r.Code = "123456"
		w.init(t, r, otp.Sent)
		w.verify(t, r.ID, "123456", otp.Passed)
		w.answer(t, otp.ChallengeKey("demo", r.ID))
	}
	r := block(0, 50)
	r.Code = "123456"
	w.init(t, r, otp.OverBlock)
	w.sends(t, 0, 51, 52, otp.OverBlock)
}

// limitsComeFirst: what a limit of the number refuses is not counted.
func limitsComeFirst(t *testing.T, o Opener) {
	w := exhausted(t, o)
	for _, mode := range []guard.Mode{guard.Enforce, guard.Monitor} {
		again := block(0, 0)
		again.ID, again.Guard.Mode = fmt.Sprint("too soon", mode), mode
		got := w.init(t, again, otp.TooSoon)
		if got.Wait != cooldown || got.Guard.Reason != "" {
			t.Errorf("%+v, want the wait of the number", got)
		}
		if c := stored(t, w.Store, otp.ChallengeKey("demo", again.ID)); c.Guard != nil {
			t.Errorf("the challenge has the tag %x of entries that do not count it", c.Guard)
		}
	}
	unanswered(t, w.Store, roomOfBlock, countryKey("MY"))
}

func refusalIsStored(t *testing.T, o Opener) {
	w := exhausted(t, o)
	r := block(0, 9000)
	c := stored(t, w.Store, otp.ChallengeKey("demo", r.ID))
	if c.State != otp.Failed || c.Result != otp.OverBlock || len(c.Guard) == 0 {
		t.Errorf("stored are %s %s and the tag %x", c.State, c.Result, c.Guard)
	}
	want := guard.Figures{Unanswered: roomOfBlock, Allowance: roomOfBlock, Hours: 24}
	again := w.init(t, r, otp.OverBlock).Guard
	if f := guard.Tag(c.Guard).Figures(); f != want || again.Figures != want || again.Reason != guard.ByBlock {
		t.Errorf("stored are the figures %+v, and a repeat has %+v, want %+v", f, again, want)
	}
	w.verify(t, r.ID, "000000", otp.Unknown)
	if n, err := w.Store.Ledger(ctx, c.LedgerKey); err != nil || n != nil && len(n.Sends)+n.Unanswered > 0 {
		t.Errorf("the ledger counts %+v %v", n, err)
	}
	w.toHour(w.hour() + 24)
	w.sends(t, 0, 9001, 9002, otp.Sent)
}

func operatorReads(t *testing.T, o Opener) {
	w := exhausted(t, o)
	n, young, known := w.tagged(t, block(0, 0).ID)
	if n.Region != "MY" || young || known || n.Source != nil {
		t.Errorf("the tag names %+v, young %v, known %v", n, young, known)
	}
	b := entry(t, w.Store, n.BlockKey())
	prefix, err := Keys().Block("demo", b.Label)
	if want := strings.TrimSuffix(string(inBlock(0, 0)), "0000"); err != nil || prefix != want {
		t.Errorf("the block is %q %v, want %q", prefix, err, want)
	}
	if _, err := Keys().Block("other", b.Label); err == nil {
		t.Error("another client can name the block")
	}
	if b.Kind != guard.Block || b.Left != 0 || b.Hour != w.hour() {
		t.Errorf("the block has %+v", b)
	}
	c := entry(t, w.Store, n.CountryKey())
	if c.Kind != guard.Country || c.Label != nil || c.Left != 100*(roomOfCountry-roomOfBlock) || len(c.Days) != 3 {
		t.Errorf("the country has %+v", c)
	}
}
