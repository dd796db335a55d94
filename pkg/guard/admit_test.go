package guard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// table is a table of entries that keeps what it was asked, and fails at its n-th request if fail is n.
type table struct {
	one
	asked []string
	fail  int
}

var errTable = errors.New("the table is slow")

func (b *table) Charge(ctx context.Context, c Charge) (Entry, bool, error) {
	ask := string(c.Kind)
	if c.Answering {
		ask += " answering"
	}
	if c.Beyond > 0 {
		ask += fmt.Sprint(" beyond ", c.Beyond)
	}
	if c.Force {
		ask += " force"
	}
	if b.asked = append(b.asked, ask); len(b.asked) == b.fail {
		return Entry{}, false, errTable
	}
	return b.one.Charge(ctx, c)
}

func (b *table) Uncharge(ctx context.Context, c Charged) error {
	if b.asked = append(b.asked, "-"+string(KindOf(c.Key))); len(b.asked) == b.fail {
		return errTable
	}
	return b.one.Uncharge(ctx, c)
}

// sent returns the unanswered messages of each kind of entry.
func (b *table) sent() string {
	counts := map[string]int{}
	for _, e := range b.one {
		counts[string(e.Kind)] += Sum(e.Unanswered)
	}
	var s []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		s = append(s, fmt.Sprint(k, counts[k]))
	}
	return strings.Join(s, " ")
}

// message is one to a new number, with a source or without.
func message(mode Mode, source bool) Message {
	m := Message{
		Policy:  Policy{Mode: mode, Young: 200, Shards: 1},
		Numbers: Numbers{Client: "a", Region: "MY", Block: digest(1)},
		Hour:    at,
		Label:   func() []byte { return []byte("L") },
	}
	if source {
		m.Source = digest(2)
	}
	return m
}

// situation is what the entries of a message are like before it.
type situation struct {
	old, source                            bool // the country has a baseline, the message a source
	own                                    bool // a country without one has room of its own
	fullSource, fullCountry, fullBlock     bool
	answering, fullBeyond, fullYoung, far3 bool
}

func (s situation) table(m Message) *table {
	b := &table{one: one{}}
	put := func(key string, kind Kind, full bool, base int, change func(e *Entry)) {
		e := Fresh(key, kind, at)
		e.Base = base
		change(&e)
		e.compute()
		if full {
			n := e.Left / 100
			if kind == Country && !s.old {
				n = 0
			}
			e.Unanswered[Slot(at-1)] += n
			e.compute()
		}
		b.one[key] = &e
	}
	nothing := func(*Entry) {}
	put(m.YoungKey(), Young, s.fullYoung, 20000, nothing)
	put(m.CountryKey(), Country, s.fullCountry, 2000, func(e *Entry) {
		switch {
		case s.old:
			e.Days, e.Usual = []int{33, 33, 33}, 33
		case !s.own:
			e.Unanswered[Slot(at-1)] = ownRoom / 100
		}
		if s.fullBeyond {
			e.Beyond = 2
		}
	})
	put(m.BlockKey(), Block, s.fullBlock, 0, func(e *Entry) {
		if e.Usual = 33; s.answering {
			e.AnsweredAt = at - 24
		}
	})
	if s.source {
		put(m.SourceKey(), Source, s.fullSource, 0, func(e *Entry) {
			if s.far3 {
				e.Regions = []string{"TH", "SG", "VN"}
				e.Unanswered[Slot(at-2)] = 3
			}
		})
	}
	return b
}

// situations are what Admit has to deal with: what it asks, in mode enforce and in mode monitor, and the reason.
var situations = map[string]struct {
	situation
	enforce, monitor string
	reason           Reason
}{
	"young country": {situation{}, "c y b", "c y b", ""},
	"young country, a source": {
		situation{source: true}, "s c y b", "s c y b", ""},
	"young country with room of its own": {
		situation{own: true, fullYoung: true}, "c b", "c b", ""},
	"no room for young countries": {
		situation{source: true, fullYoung: true}, "s c y -s -c", "s c y y force b", ByClient},
	"a block without room in a young country": {
		situation{fullBlock: true}, "c y b -c -y", "c y b b force", ByBlock},
	"room everywhere": {situation{old: true, source: true, fullYoung: true}, "s c b", "s c b", ""},
	"no source":       {situation{old: true}, "c b", "c b", ""},
	"no room for the source": {
		situation{old: true, source: true, fullSource: true}, "s", "s s force c b", BySource},
	"the source in a fourth country": {
		situation{old: true, source: true, far3: true}, "s", "s s force c b", BySource},
	"the source of a young country": {
		situation{source: true, fullSource: true}, "s", "s s force c y b", BySource},
	"no room in the block": {
		situation{old: true, source: true, fullBlock: true}, "s c b -s -c", "s c b b force", ByBlock},
	"no room in the country": {
		situation{old: true, source: true, fullCountry: true}, "s c b answering -s",
		"s c b answering c force b force", ByCountry},
	"no room in the country, and the block answers": {
		situation{old: true, source: true, fullCountry: true, answering: true},
		"s c b answering c beyond 2", "s c b answering c beyond 2", ""},
	"nor in the block that answers": {
		situation{old: true, fullCountry: true, fullBlock: true, answering: true},
		"c b answering", "c b answering c force b force", ByCountry},
	"nor beyond the country's budget": {
		situation{old: true, source: true, fullCountry: true, answering: true, fullBeyond: true},
		"s c b answering c beyond 2 -s -b", "s c b answering c beyond 2 c force", ByCountry},
	"no room anywhere": {
		situation{old: true, source: true, fullSource: true, fullCountry: true, fullBlock: true, fullYoung: true},
		"s", "s s force c b answering c force b force", BySource},
}

// Admit asks the entries in their order, and counts a message in all of them or in none. In mode monitor it counts each
// message once in each, whether there is room or not.
func TestAdmit(t *testing.T) {
	for name, s := range situations {
		for _, mode := range []Mode{Enforce, Monitor} {
			t.Run(name+" "+string(mode), func(t *testing.T) {
				m := message(mode, s.source)
				b := s.table(m)
				before := b.sent()
				v, err := Admit(t.Context(), b, m)
				want := map[Mode]string{Enforce: s.enforce, Monitor: s.monitor}[mode]
				if got := strings.Join(b.asked, " "); err != nil || got != want || v.Reason != s.reason {
					t.Errorf("%v: %q, refused by %q; want %q, %q", err, got, v.Reason, want, s.reason)
				}
				if refused := v.Refused(mode); refused != (mode == Enforce && s.reason != "") {
					t.Errorf("refused: %v", refused)
				} else if refused {
					if b.sent() != before || len(v.Charged) != 0 {
						t.Errorf("counted: %s, before %s, and %v to be given back", b.sent(), before, v.Charged)
					}
				} else {
					counted(t, b, v, m, !s.old && !s.own)
				}
				if want := map[bool]Figures{true: v.Entry.Figures()}[v.Refused(mode)]; v.Figures != want ||
					v.Tag.Figures() != want {
					t.Errorf("figures %+v, in the tag %+v, want %+v", v.Figures, v.Tag.Figures(), want)
				}
				if watched := v.Tag.Watched(); watched != (mode == Monitor && s.reason != "") {
					t.Errorf("watched: %v", watched)
				}
				if KindOf(v.Entry.Key) == 0 || v.Reason != "" && v.Entry.Kind != kindOf[v.Reason] {
					t.Errorf("the verdict has the entry %q", v.Entry.Key)
				}
			})
		}
	}
}

var kindOf = map[Reason]Kind{ByBlock: Block, ByCountry: Country, ByClient: Young, BySource: Source}

// counted fails the test unless the entries that a message and its tag name count it, once each.
func counted(t *testing.T, b *table, v Verdict, m Message, together bool) {
	t.Helper()
	want := []Charged{{m.CountryKey(), at}, {m.BlockKey(), at}}
	if m.Source != nil {
		want = append(want, Charged{m.SourceKey(), at})
	}
	if together {
		want = append(want, Charged{m.YoungKey(), at})
	}
	byKey := func(a, b Charged) int { return strings.Compare(a.Key, b.Key) }
	got := slices.SortedFunc(slices.Values(v.Charged), byKey)
	slices.SortFunc(want, byKey)
	if !slices.Equal(got, want) {
		t.Errorf("charged %v, want %v", got, want)
	}
	for _, c := range want {
		if n := b.one[c.Key].Unanswered[Slot(at)]; n != 1 {
			t.Errorf("%s counts the message %d times", c.Key, n)
		}
	}
	n, young, known, ok := v.Tag.Numbers("a", "MY")
	if !ok || known || young != together || n.BlockKey() != m.BlockKey() {
		t.Errorf("the tag %x", v.Tag)
	}
}

// A table that fails at one of its requests makes an error. What was counted before is given back, as far as the table
// answers, and never more than that.
func TestAdmitFails(t *testing.T) {
	for name, s := range situations {
		for _, mode := range []Mode{Enforce, Monitor} {
			for fail := 1; ; fail++ {
				m := message(mode, s.source)
				b := s.table(m)
				before := b.sent()
				b.fail = fail
				v, err := Admit(t.Context(), b, m)
				if err == nil && len(b.asked) < fail {
					break
				}
				if !errors.Is(err, errTable) || len(v.Charged) != 0 {
					t.Errorf("%s, %s, request %d: %v, charged %v", name, mode, fail, err, v.Charged)
				}
				gaveBack := strings.HasPrefix(b.asked[fail-1], "-")
				if !gaveBack && b.sent() != before {
					t.Errorf("%s, %s, request %d of %q: %s, want %s", name, mode, fail, b.asked, b.sent(), before)
				}
				for _, e := range b.one {
					if n := e.Unanswered[Slot(at)]; n < 0 || n > 1 || n == 1 && !gaveBack {
						t.Errorf("%s, %s, request %d of %q: %s counts %d", name, mode, fail, b.asked, e.Key, n)
					}
				}
			}
		}
	}
}

// Whatever the number of shards, each has room for a message, and all together have little more than one would.
func TestShards(t *testing.T) {
	for shards := 1; shards <= MaxShards; shards++ {
		for _, young := range []int{1, 32, 200, 1000} {
			m := message(Enforce, false)
			m.Shards, m.Young = shards, young
			c, y := m.country().Base, m.youngCountries().Base
			if c < 100 || y < 100 || c*shards > max(countryBase, 100*shards) || y*shards > max(100*young, 100*shards) {
				t.Errorf("%d shards, %d young: %d and %d each", shards, young, c, y)
			}
		}
	}
}

// Only two modes count.
func TestModes(t *testing.T) {
	for mode, on := range map[Mode]bool{"": false, Off: false, Monitor: true, Enforce: true, "x": false} {
		if got := (Policy{Mode: mode}).On(); got != on {
			t.Errorf("%q: %v", mode, got)
		}
	}
	for _, reason := range []Reason{"", ByBlock, ByCountry, ByClient, BySource} {
		v := Verdict{Reason: reason}
		if v.Refused(Enforce) != (reason != "") || v.Refused(Monitor) {
			t.Errorf("%q: %v in mode enforce, %v in mode monitor", reason, v.Refused(Enforce), v.Refused(Monitor))
		}
	}
}
