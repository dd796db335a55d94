package guard

import (
	"context"
	"fmt"
	"slices"
)

// Mode of the guard for a client.
type Mode string

const (
	// Off: nothing is counted.
	Off Mode = "off"
	// Monitor: what has no room is counted and goes out.
	Monitor Mode = "monitor"
	// Enforce: what has no room is refused.
	Enforce Mode = "enforce"
)

// Policy is how the guard treats a client. The zero value is [Off].
type Policy struct {
	Mode Mode
	// Young is the unanswered messages that all countries without a baseline may have together, 1 at least.
	Young int
	// Shards of the budgets that are not those of a block, 1 to [MaxShards].
	Shards int
}

// On reports whether messages are counted.
func (p Policy) On() bool { return p.Mode == Monitor || p.Mode == Enforce }

// Reason is the entry that refuses a message.
type Reason string

const (
	ByBlock   Reason = "block"
	ByCountry Reason = "country"
	ByClient  Reason = "client"
	BySource  Reason = "source"
)

// Message is one message to a new number.
type Message struct {
	Policy
	Numbers
	Hour int64 // since 1970
	// Label returns the beginning of the number, encrypted.
	Label func() []byte
}

// Verdict is what the guard makes of a message.
type Verdict struct {
	// Reason is "" if there is room. Else the message is refused, unless the mode is [Monitor].
	Reason Reason
	// Entry is the one that has no room, else that of the country, or of all young countries if it is one of them. It
	// is nil if the guard was not asked.
	Entry *Entry
	// Figures are those of Entry if the message is refused. The answer to a repeat has them, and no Entry.
	Figures Figures
	// Charged are the entries that count the message.
	Charged []Charged
	// Tag names them, for the credit.
	Tag Tag
}

// Refused reports whether the message must not go out.
func (v Verdict) Refused(m Mode) bool { return v.Reason != "" && m != Monitor }

// Admit counts a message in its entries: in that of its source if there is one, in that of its country, then in that of
// its block. A country without a baseline that has used up its own room takes that of all young countries. If one of
// them has no room, the message is refused, and what was counted is given back; in mode [Monitor] it is counted all the
// same.
//
// Where a country has no room, people in blocks that answer go on: a few messages an hour go out beyond its budget.
func Admit(ctx context.Context, b Budgets, m Message) (Verdict, error) {
	a := admission{budgets: b, Message: m}
	err := a.all(ctx)
	a.Tag = m.Numbers.Tag(a.young, false)
	if err == nil && !a.Refused(m.Mode) {
		if a.Reason != "" {
			a.Tag = a.Tag.watched()
		}
		return a.Verdict, nil
	}
	if a.Reason != "" {
		a.Figures = a.Entry.Figures()
		a.Tag = a.Tag.refused(a.Figures)
	}
	for _, c := range a.Charged {
		if failed := b.Uncharge(ctx, c); failed != nil && err == nil {
			err = fmt.Errorf("guard: give back: %w", failed)
		}
	}
	a.Charged = nil
	return a.Verdict, err
}

// admission is one call of [Admit].
type admission struct {
	Message
	Verdict
	budgets Budgets
	young   bool
}

// all makes the charges. It stops at the one that has no room.
func (a *admission) all(ctx context.Context) error {
	if a.Numbers.Source != nil {
		ok, err := a.charge(ctx, Charge{Key: a.SourceKey(), Kind: Source, Region: a.region()}, BySource)
		if !ok || err != nil {
			return err
		}
	}
	charge := a.Message.country()
	country, room, err := a.try(ctx, charge)
	if err != nil {
		return err
	}
	if a.young = country.borrows(); a.young {
		if ok, err := a.charge(ctx, a.youngCountries(), ByClient); !ok || err != nil {
			return err
		}
	}
	block := Charge{Key: a.BlockKey(), Kind: Block, Usual: country.Usual, Label: a.Label, Answering: !room}
	if country.Young() {
		block.Usual = youngUsual
	}
	err = a.block(ctx, charge, country, block)
	if a.Reason == "" && !a.young {
		a.judgedBy(country)
	}
	return err
}

// block charges the block, and the country beyond its budget if it has no room.
func (a *admission) block(ctx context.Context, charge Charge, country Entry, block Charge) error {
	if !block.Answering {
		_, err := a.charge(ctx, block, ByBlock)
		return err
	}
	_, ok, err := a.try(ctx, block)
	if err == nil && ok {
		charge.Beyond = max(1, country.BeyondLimit())
		_, ok, err = a.try(ctx, charge)
	}
	if err != nil || ok {
		return err
	}
	a.refusedBy(ByCountry, country)
	if a.Mode != Monitor {
		return nil
	}
	block.Answering, charge.Beyond = false, 0
	return a.force(ctx, charge, block)
}

// charge makes a charge, and notes the reason if there is no room. It reports whether the message goes on.
func (a *admission) charge(ctx context.Context, c Charge, reason Reason) (ok bool, err error) {
	e, ok, err := a.try(ctx, c)
	if ok && c.Kind == Young && a.Reason == "" {
		a.judgedBy(e)
	}
	if ok || err != nil {
		return ok, err
	}
	a.refusedBy(reason, e)
	if a.Mode != Monitor {
		return false, nil
	}
	return true, a.force(ctx, c)
}

// refusedBy keeps the first reason: in mode [Monitor] there may be more.
func (a *admission) refusedBy(reason Reason, e Entry) {
	if a.Reason == "" {
		a.Reason = reason
		a.judgedBy(e)
	}
}

// judgedBy sets the entry of the verdict.
func (a *admission) judgedBy(e Entry) { a.Entry = &e }

// try makes a charge if there is room.
func (a *admission) try(ctx context.Context, c Charge) (e Entry, ok bool, err error) {
	c.Hour = a.Hour
	if e, ok, err = a.budgets.Charge(ctx, c); err != nil {
		return e, false, fmt.Errorf("guard: %w", err)
	}
	if ok {
		a.Charged = append(a.Charged, Charged{c.Key, c.Hour})
	}
	return e, ok, nil
}

// force makes charges without room, where they are not made yet.
func (a *admission) force(ctx context.Context, charges ...Charge) error {
	for _, c := range charges {
		c.Force = true
		if slices.Contains(a.Charged, Charged{c.Key, a.Hour}) {
			continue
		}
		if _, _, err := a.try(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (m Message) country() Charge {
	return Charge{Key: m.CountryKey(), Kind: Country, Base: max(100, countryBase/m.Shards)}
}

func (m Message) youngCountries() Charge {
	return Charge{Key: m.YoungKey(), Kind: Young, Base: m.Policy.youngBase()}
}

func (p Policy) youngBase() int { return max(100, 100*p.Young/p.Shards) }

// FreshYoung returns the entry of a shard of all young countries that no message used yet, as the first one would find
// it.
func (p Policy) FreshYoung(key string, hour int64) Entry {
	e := Fresh(key, Young, hour)
	e.Base = p.youngBase()
	e.compute()
	return e
}
