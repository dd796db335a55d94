package siegetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"countersign/pkg/guard"
)

// model is the guard itself on a table in memory, without handlers and stores: it plays many seeds in the time in
// which the real ones play one. [TestPumpingReal] holds it to them.
type model struct {
	*table
	policy guard.Policy
	lag    time.Duration
	due    []due           // answers that the stream has not brought yet
	passed map[string]bool // numbers whose ledger has an answer
	tags   map[string]guard.Tag
	why    map[guard.Reason]int
}

// due is a right code that the stream brings.
type due struct {
	at   time.Duration
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
	m.due = append(m.due, due{at + m.lag, v.to, hour(v.at), m.tags[v.to.number]})
}

// stream brings the answers that are due.
func (m *model) stream(now time.Duration) {
	for len(m.due) > 0 && m.due[0].at <= now {
		d := m.due[0]
		m.due = m.due[1:]
		m.passed[d.to.number] = true
		m.credit(d)
	}
}

func (m *model) credit(d due) {
	n, young, known, ok := d.tag.Numbers("shop", d.to.place.region)
	if !ok {
		panic(fmt.Sprintf("no tag for %s", d.to.number))
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
		e.Credit([]guard.Credit{{Key: key, Event: event, Hour: d.sent}}, usual)
	}
}

// table is [guard.Budgets] in memory.
type table struct{ entries map[string]*guard.Entry }

func (t *table) entry(key string, kind guard.Kind, hour int64) *guard.Entry {
	if t.entries[key] == nil {
		e := guard.Fresh(key, kind, hour)
		t.entries[key] = &e
	}
	return t.entries[key]
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
