package storetest

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// guarded draws an operation on the budgets of the guard. Its answer has all entries.
func (s *script) guarded() operation {
	numbers, hour := s.numbers(), s.now.Hour()
	op := operation{"credit", func(st Store) string { return "" }}
	switch rapid.IntRange(0, 9).Draw(s.T, "guard") {
	case 0, 1, 2, 3, 4, 5:
		op = s.spendGuarded(numbers, hour)
	case 6:
		back := guard.Charged{Key: numbers.BlockKey(), Hour: hour - int64(rapid.IntRange(0, 2).Draw(s.T, "ago"))}
		op = operation{"uncharge", func(st Store) string { return fmt.Sprint(st.Uncharge(ctx, back)) }}
	default:
		op = s.credit(numbers, hour)
	}
	keys := []string{numbers.CountryKey(), numbers.YoungKey(), numbers.BlockKey(), numbers.SourceKey()}
	return operation{"guard: " + op.name, func(st Store) string {
		return op.on(st) + "\n    " + entriesOf(st, keys, hour)
	}}
}

// entriesOf returns the entries under keys as text, as they are in an hour.
func entriesOf(st Store, keys []string, hour int64) string {
	found, err := st.Entries(ctx, keys)
	if err != nil {
		return err.Error()
	}
	slices.SortFunc(found, func(a, b guard.Entry) int { return strings.Compare(a.Key, b.Key) })
	for i := range found {
		found[i] = found[i].At(hour)
		found[i].Seen, found[i].Rev = nil, 0 // a file needs neither
	}
	return fmt.Sprintf("%+v", found)
}

// numbers draws one of few blocks and sources.
func (s *script) numbers() guard.Numbers {
	return guard.Numbers{
		Client: fmt.Sprint("run", s.run),
		Region: rapid.SampledFrom([]string{"MY", "MY", "MY", "TH"}).Draw(s.T, "region"),
		Block:  source(rapid.IntRange(0, 2).Draw(s.T, "block")),
		Source: source(rapid.IntRange(-5, 1).Draw(s.T, "from")),
	}
}

// spendGuarded draws a send of one of few numbers, some of which are known.
func (s *script) spendGuarded(n guard.Numbers, hour int64) operation {
	s.sends++
	ledger := fmt.Sprintf("N#%d#g%d", s.run, rapid.IntRange(0, 20).Draw(s.T, "number"))
	sp := spend(ledger, fmt.Sprint("g", s.sends), s.now)
	sp.Guard = &guard.Message{
		Policy: guard.Policy{
			Mode:  rapid.SampledFrom([]guard.Mode{guard.Enforce, guard.Enforce, guard.Monitor}).Draw(s.T, "mode"),
			Young: rapid.SampledFrom([]int{3, 3, 9}).Draw(s.T, "young"), Shards: 1,
		},
		Numbers: n, Hour: hour, Label: func() []byte { return []byte("label") },
	}
	sp.KnownSince = s.now.Add(-otp.KnownMemory)
	refund := rapid.IntRange(0, 4).Draw(s.T, "refund") == 0
	answer := otp.Answer{Ledger: sp.Key, At: s.now}
	answers := rapid.IntRange(0, 9).Draw(s.T, "answers") == 0
	return operation{"spend", func(st Store) string {
		sp := sp
		if ahead, ok := st.(otp.Ahead); ok { // else a refusal leaves empty entries
			var err error
			if sp.Found, err = ahead.Look(ctx, sp.Key, *sp.Guard); err != nil {
				return err.Error()
			}
		}
		got, err := st.Spend(ctx, sp)
		v := got.Verdict
		text := fmt.Sprintf("%v %v %q %v %x %v", got.Applied, got.Answered, v.Reason, v.Charged, v.Tag, err)
		if v.Reason != "" {
			text += fmt.Sprintf(" %d of %d for %d hours", v.Entry.Left, v.Entry.Allowance(), v.Entry.Wait())
		}
		switch {
		case !got.Applied:
		case refund:
			text += fmt.Sprint(st.Refund(ctx, sp.Key, sp.ID, v.Charged...))
		case answers:
			text += fmt.Sprint(st.Answered(ctx, answer))
		}
		return text
	}}
}

// credit draws the credits of a batch for one message, or for many to its country.
func (s *script) credit(n guard.Numbers, hour int64) operation {
	events := []guard.Event{
		guard.Answered, guard.AnsweredByKnown, guard.WasRefused, guard.WasWatched,
	}
	event := rapid.SampledFrom(events).Draw(s.T, "event")
	hour -= int64(rapid.SampledFrom([]int{0, 0, 1, 25}).Draw(s.T, "late"))
	times := rapid.SampledFrom([]int{1, 1, 12}).Draw(s.T, "times")
	var all []guard.Credit
	for range times {
		s.record++
		c := guard.Credit{
			Key: n.CountryKey(), Country: n.CountryKey(), Event: event, Hour: hour, Block: n.Block,
			From: fmt.Sprint(s.record / 20 * 20), Record: fmt.Sprint(s.record),
		}
		all = append(all, c)
		for _, c.Key = range []string{n.BlockKey(), n.YoungKey()} {
			c.Block = nil
			all = append(all, c)
		}
	}
	return operation{"credit", func(st Store) string { return fmt.Sprint(s.creditTo(st, all)) }}
}
