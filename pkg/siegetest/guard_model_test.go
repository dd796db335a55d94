package siegetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"time"

	"countersign/pkg/guard"
)

// model is the guard itself on a table in memory, without handlers and stores: it plays many seeds in the time in
// which the real ones play one. [TestPumpingReal] holds it to them.
type model struct {
	*table
	policy guard.Policy
	lag    time.Duration
	late   []late          // answers that the stream has not brought yet
	due    time.Duration   // when it brings them, 0 where there are none
	passed map[string]bool // numbers whose ledger has an answer
	tags   map[string]guard.Tag
	why    map[guard.Reason]int
}

// late is a right code that the stream brings.
type late struct {
	to   line
	sent int64 // the hour of the message
	tag  guard.Tag
}

func newModel(lag time.Duration) *model {
	return &model{
		table:  &table{entries: map[string]*guard.Entry{}},
		policy: enforced,
		lag:    lag, passed: map[string]bool{}, tags: map[string]guard.Tag{}, why: map[guard.Reason]int{},
	}
}

func (m *model) fork() onPaper {
	f := *m
	f.table = &table{entries: copied(m.entries)} // entries never change what a slice of theirs has
	f.late, f.passed, f.tags, f.why = slices.Clone(m.late), maps.Clone(m.passed), maps.Clone(m.tags), maps.Clone(m.why)
	return &f
}

// hour returns that of a time of a trace, since 1970.
func hour(at time.Duration) int64 { return begin.Add(at).Unix() / 3600 }

func digest(of string) []byte {
	sum := sha256.Sum256([]byte(of))
	return sum[:guard.DigestSize]
}

func (m *model) numbers(v visit) guard.Numbers {
	n := guard.Numbers{Client: "shop", Region: v.to.place.region, Block: digest(v.to.block)}
	if v.source != "" {
		n.Source = digest(v.source)
	}
	return n
}

func (m *model) ask(v visit) (sent bool) {
	m.stream(v.at)
	n := m.numbers(v)
	if m.passed[v.to.number] {
		m.tags[v.to.number] = n.Tag(false, true)
		return true
	}
	verdict, err := guard.Admit(context.Background(), m, guard.Message{Policy: m.policy, Numbers: n, Hour: hour(v.at)})
	if err != nil {
		panic(err)
	}
	m.tags[v.to.number] = verdict.Tag
	m.why[verdict.Reason]++
	return verdict.Reason == ""
}

func (m *model) answered(v visit, at time.Duration) {
	if v.chosen {
		return
	}
	m.stream(at)
	m.late = append(m.late, late{v.to, hour(v.at), m.tags[v.to.number]})
	if m.due == 0 {
		m.due = at + m.lag
	}
}

// stream brings the answers once the first of them is late enough, as [real.stream] does.
func (m *model) stream(now time.Duration) {
	if m.due == 0 || m.due > now {
		return
	}
	for _, l := range m.late {
		m.passed[l.to.number] = true
		m.credit(l)
	}
	m.late, m.due = m.late[:0], 0
}

func (m *model) credit(l late) {
	n, young, known, ok := l.tag.Numbers("shop", l.to.place.region)
	if !ok {
		panic(fmt.Sprintf("no tag for %s", l.to.number))
	}
	event := guard.Answered
	if known {
		event = guard.AnsweredByKnown
	}
	keys := []string{n.CountryKey(), n.BlockKey()}
	if n.Source != nil {
		keys = append(keys, n.SourceKey())
	}
	if young {
		keys = append(keys, n.YoungKey())
	}
	for _, key := range keys {
		e := m.entry(key, guard.KindOf(key), 0)
		usual := m.entry(n.CountryKey(), guard.Country, 0).Usual
		e.Credit([]guard.Credit{{Key: key, Event: event, Hour: l.sent}}, usual)
	}
}

// table is [guard.Budgets] in memory.
type table struct{ entries map[string]*guard.Entry }

func (t *table) entry(key string, kind guard.Kind, hour int64) *guard.Entry {
	e := t.entries[key]
	if e == nil {
		fresh := guard.Fresh(key, kind, hour)
		e = &fresh
		t.entries[key] = e
	}
	return e
}

func (t *table) Charge(_ context.Context, c guard.Charge) (guard.Entry, bool, error) {
	e := t.entry(c.Key, c.Kind, c.Hour)
	ok := e.Take(c)
	return *e, ok, nil
}

func (t *table) Uncharge(_ context.Context, c guard.Charged) error {
	t.entries[c.Key].GiveBack(c.Hour)
	return nil
}
