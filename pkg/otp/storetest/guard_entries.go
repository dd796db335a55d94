package storetest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"countersign/pkg/guard"
)

// testEntries charges entries, one by one.
func testEntries(t *testing.T, o Opener) {
	run(t, o, cases{
		{"charges and credits at random are those of the rules", chargesAtRandom},
		{"what is over at its TTL is not relied on", entryTTL},
		{"a day on which ten answer teaches what is usual", daysTeach},
		{"what is usual grows slowly", lessonsAreSmall},
		{"clocks that differ by minutes", clocksDiffer},
		{"a country's messages beyond its budget are so many an hour", beyondAnHour},
		{"entries are read by their keys", entriesByKeys},
	})
}

// rules are the entries as package guard says. They are the model of a store.
type rules map[string]guard.Entry

func (m rules) charge(c guard.Charge) (guard.Entry, bool) {
	e, found := m[c.Key]
	if !found {
		e = guard.Fresh(c.Key, c.Kind, c.Hour)
	}
	ok := e.Take(c)
	if ok {
		m[c.Key] = e
	}
	return e, ok
}

func (m rules) uncharge(c guard.Charged) {
	if e, found := m[c.Key]; found {
		e.GiveBack(c.Hour)
		m[c.Key] = e
	}
}

func (m rules) credit(credits []guard.Credit) {
	countries := map[string]guard.Entry{}
	for _, d := range guard.Countries(credits) {
		countries[d.Key] = m.due(d)
	}
	for _, d := range guard.Others(credits, countries) {
		m.due(d)
	}
}

func (m rules) due(d guard.Due) guard.Entry {
	e, found := m[d.Key]
	if !found {
		e = d.Entry()
	}
	if (found || d.Create) && e.Credit(d.Credits, d.Usual) {
		m[d.Key] = e
	}
	return e
}

// bare returns an entry without what the answer to a charge may leave out.
func bare(e guard.Entry) guard.Entry {
	e.Seen, e.Label, e.Rev = nil, nil, 0
	return e
}

// drawn returns a charge of one of few entries, at about an hour.
func drawn(r *rand.Rand, hour int64) guard.Charge {
	kinds := []guard.Kind{guard.Block, guard.Country, guard.Young, guard.Source}
	c := guard.Charge{Kind: kinds[r.IntN(len(kinds))], Hour: hour - int64(r.IntN(5)/4)}
	c.Key, c.Base = fmt.Sprintf("G#demo#%c#%d", c.Kind, r.IntN(2)), baseOf[c.Kind]
	switch c.Kind {
	case guard.Block:
		c.Usual, c.Answering = []int{0, 0, 0, 60}[r.IntN(4)], r.IntN(8) == 0
		c.Label = func() []byte { return []byte("label") }
	case guard.Source:
		c.Region = []string{"MY", "MY", "TH", "VN", "ZZ"}[r.IntN(5)]
	case guard.Country:
		c.Beyond = max(0, r.IntN(8)-5)
		c.Base /= 1 + r.IntN(20)/19 // another number of shards
	}
	c.Force = c.Beyond == 0 && r.IntN(6) == 0
	return c
}

// creditsOf returns credits to the entry of a charge, and to that of a country.
func creditsOf(r *rand.Rand, c guard.Charge) (all []guard.Credit) {
	events := []guard.Event{
		guard.Answered, guard.Answered, guard.AnsweredByKnown, guard.WasRefused,
		guard.WasWatched,
	}
	credit := guard.Credit{
		Key: c.Key, Country: fmt.Sprintf("G#demo#c#%d", r.IntN(2)), Event: events[r.IntN(len(events))],
		Hour: c.Hour - []int64{0, 0, 0, 1, 23, 24, 40}[r.IntN(7)],
	}
	for range 1 + r.IntN(2)*r.IntN(12) {
		country := credit
		country.Key, country.Block = credit.Country, []byte{byte(r.IntN(3))}
		all = append(all, country)
		if c.Kind != guard.Country {
			all = append(all, credit)
		}
	}
	return all
}

func chargesAtRandom(t *testing.T, o Opener) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- a test's
	s, model, hour := o.Open(t), rules{}, now.Hour()
	for n := range 400 {
		hour += []int64{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 7, 23, 24, 25, 24 * 31}[r.IntN(17)]
		c := drawn(r, hour)
		switch r.IntN(12) {
		case 0, 1:
			all := creditsOf(r, c)
			model.credit(all)
			o.credit(t, s, all...)
			continue
		case 2, 3:
			back := guard.Charged{Key: c.Key, Hour: c.Hour - []int64{0, 0, 0, 1, 23, 24}[r.IntN(6)]}
			model.uncharge(back)
			if err := s.Uncharge(ctx, back); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, may := model.charge(c)
		got := charge(t, s, c, may)
		if may && !reflect.DeepEqual(bare(got), bare(want)) {
			t.Fatalf("step %d, charge %+v:\n%+v\nwant\n%+v", n, c, got, want)
		}
		if got.Left != want.Left || got.Usual != want.Usual || got.Young() != want.Young() {
			t.Fatalf("step %d, charge %+v is refused by\n%+v\nwant\n%+v", n, c, got, want)
		}
	}
	for key, want := range model {
		got, want := entry(t, s, key).At(hour+1), want.At(hour+1)
		if got.Seen, got.Rev = nil, 0; !reflect.DeepEqual(got, want) {
			t.Errorf("entry\n%+v\nwant\n%+v", got, want)
		}
	}
}

// entryTTL uses entries years after their TTL, as no store sweeps them in time.
func entryTTL(t *testing.T, o Opener) {
	s, hour := o.Open(t), now.Hour()
	c := guard.Charge{Key: "G#demo#b#1", Kind: guard.Block, Hour: hour}
	for range roomOfBlock {
		charge(t, s, c, true)
	}
	if e := charge(t, s, c, false); e.TTL <= (hour+24)*3600 || e.Wait() != 24 {
		t.Errorf("a full entry may be swept at %d, and has room in %d hours", e.TTL, e.Wait())
	}
	for _, later := range []int64{23, 24, 24 * 29, 24 * 31, 24 * 365 * 3} {
		c.Hour = hour + later
		e := charge(t, s, c, later > 23)
		if later > 23 && guard.Sum(e.Unanswered) != 1 {
			t.Errorf("%d hours later: %+v, want that message alone", later, e)
		}
		if later > 23 {
			if err := s.Uncharge(ctx, guard.Charged{Key: c.Key, Hour: c.Hour}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func daysTeach(t *testing.T, o Opener) {
	s, day, key := o.Open(t), now.Hour()/24, countryKey("MY")
	look := func(day int64) guard.Entry {
		t.Helper()
		c := guard.Charge{Key: key, Kind: guard.Country, Hour: day*24 + 5, Base: baseOf[guard.Country]}
		e := charge(t, s, c, true)
		if err := s.Uncharge(ctx, guard.Charged{Key: c.Key, Hour: c.Hour}); err != nil {
			t.Fatal(err)
		}
		return e
	}
	for n, unanswered := range []int{2, 7, 3} {
		o.day(t, s, "MY", day+int64(n), unanswered)
		if e := entry(t, s, key); !e.Young() {
			t.Errorf("after %d finished days the country has a baseline: %+v", n, e)
		}
	}
	// The days had 20, 70 and 30 unanswered for each 100.
	e := look(day + 3)
	if e.Young() || e.Usual != 30 || !reflect.DeepEqual(e.Days, []int{20, 70, 30}) {
		t.Errorf("%+v, want the median of three days", e)
	}
	if e.Allowance() != 100*roomOfCountry {
		t.Errorf("without answers the country has room for %d hundredths", e.Allowance())
	}
	o.answers(t, s, key, (day+4)*24, 9) // too few to be a lesson
	if e = look(day + 5); len(e.Days) != 3 {
		t.Errorf("a day with 9 answers is a lesson: %v", e.Days)
	}
}

// lessonsAreSmall: an attacker who wants to teach the guard a higher ratio needs a day for each tenth.
func lessonsAreSmall(t *testing.T, o Opener) {
	s, day := o.Open(t), now.Hour()/24
	for n := range int64(3) {
		o.day(t, s, "MY", day+n, 0)
	}
	usual := 0
	for n := int64(3); n < 20; n++ {
		o.day(t, s, "MY", day+n, 5)
		e := entry(t, s, countryKey("MY"))
		if latest := e.Days[len(e.Days)-1]; len(e.Days) > 14 || latest > usual+10 || e.Usual > 50 {
			t.Fatalf("day %d: %v after %d were usual: want at most a tenth above that", n, e.Days, usual)
		}
		usual = e.Usual
	}
	if e := entry(t, s, countryKey("MY")); e.Usual < 20 {
		t.Errorf("after 17 days with 50 for each 100, %d are usual", e.Usual)
	}
}

// clocksDiffer: at the end of an hour some processes are in the next one.
func clocksDiffer(t *testing.T, o Opener) {
	s, hour := o.Open(t), now.Hour()
	c := guard.Charge{Key: "G#demo#b#1", Kind: guard.Block}
	for n := range roomOfBlock {
		c.Hour = hour + int64(n%2)
		charge(t, s, c, true)
	}
	for _, c.Hour = range []int64{hour, hour + 1, hour - 1, hour + 23} {
		charge(t, s, c, false)
	}
	c.Hour = hour + 24 // the half of an hour before
	for range roomOfBlock / 2 {
		charge(t, s, c, true)
	}
	charge(t, s, c, false)
	c.Hour-- // behind
	e := charge(t, s, c, false)
	if e.Hour != hour+24 || guard.Sum(e.Unanswered) != roomOfBlock {
		t.Errorf("a clock that is behind brought the entry to %d: %+v", e.Hour, e)
	}
	back := guard.Charged{Key: c.Key, Hour: hour + 1}
	if err := s.Uncharge(ctx, back); err != nil {
		t.Fatal(err)
	}
	charge(t, s, c, true)
	unanswered(t, s, roomOfBlock, c.Key)
}

func beyondAnHour(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	c := guard.Charge{Key: countryKey("MY"), Kind: guard.Country, Hour: w.hour(), Base: baseOf[guard.Country]}
	for range roomOfCountry {
		charge(t, w.Store, c, true)
	}
	limit := charge(t, w.Store, c, false).BeyondLimit()
	if limit != roomOfCountry/8 {
		t.Errorf("%d messages beyond %d, want an eighth", limit, roomOfCountry)
	}
	for range 3 {
		charge(t, w.Store, c, false)
		c.Beyond = limit
		for range limit {
			charge(t, w.Store, c, true)
		}
		charge(t, w.Store, c, false)
		c.Hour, c.Beyond = c.Hour+1, 0
	}
	unanswered(t, w.Store, roomOfCountry+3*limit, c.Key)
}

func entriesByKeys(t *testing.T, o Opener) {
	s, keys, want := o.Open(t), []string{"G#demo#b#none"}, map[string]bool{}
	if found, err := s.Entries(ctx, keys); err != nil || len(found) > 0 {
		t.Errorf("%+v %v, want no entries", found, err)
	}
	for n := range 120 { // more than a batch of DynamoDB
		c := guard.Charge{Key: fmt.Sprint("G#demo#b#", n), Kind: guard.Block, Hour: int64(n)}
		charge(t, s, c, true)
		keys, want[c.Key] = append(keys, c.Key), true
	}
	found, err := s.Entries(ctx, keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		if !want[e.Key] || guard.Sum(e.Unanswered) != 1 {
			t.Errorf("%+v is no such entry, or read twice", e)
		}
		delete(want, e.Key)
	}
	if len(want) > 0 {
		t.Errorf("%d entries are missing", len(want))
	}
}
