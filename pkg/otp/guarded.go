package otp

import (
	"context"
	"errors"
	"time"

	"countersign/pkg/guard"
)

// guarded returns what the guard counts for the message of this call, nil if it counts nothing. source is the digest of
// the source of an earlier message of the challenge, where this call has none.
func (s *sending) guarded(region string, tag guard.Tag) *guard.Message {
	if !s.Guard.On() {
		return nil
	}
	n := s.keys.Numbers(s.Client, s.To, s.Guard.Shards)
	n.Region, n.Source = region, s.keys.guardedSource(s.Client, s.Source)
	if n.Source == nil {
		earlier, _, _, _ := tag.Numbers(n.Client, region)
		n.Source = earlier.Source
	}
	return &guard.Message{
		Policy: s.Guard, Numbers: n, Hour: s.at.Hour(),
		Label: func() []byte { return s.keys.blockLabel(s.Client, s.To) },
	}
}

// look reads what decides about a message, once in a call. Nothing is read where the message of the challenge went to a
// known number: no entry counts this one. An error is none of the call: the writes find out what is stored.
func (s *sending) look(ctx context.Context, m *guard.Message, tag guard.Tag) {
	if _, _, known, _ := tag.Numbers("", ""); m == nil || s.Ahead == nil || s.looked || known {
		return
	}
	s.found, _ = s.Ahead.Look(ctx, s.limited()[0].key, *m)
	s.looked = true
}

// block returns the beginning of a number that its block has in common: all but the last four digits.
func (p Phone) block() string { return string(p[:max(2, len(p)-4)]) }

// GuardNumbers returns what the keys of all entries of a client have in common.
func GuardNumbers(client string) guard.Numbers { return guard.Numbers{Client: part(client)} }

// Numbers returns the digests under which the guard counts a number, without its country. They are made with the key of
// the oldest ledger, which every process holds while the number key is rotated.
func (k *Keys) Numbers(client string, to Phone, shards int) guard.Numbers {
	oldest := k.numbers[len(k.numbers)-1]
	n := guard.Numbers{
		Client: part(client),
		Block:  oldest.key.of("block", client, to.block())[:guard.DigestSize],
	}
	if shards > 1 {
		n.Shard = int(oldest.key.of("shard", client, to.E164())[0]) % shards
	}
	return n
}

func (k *Keys) guardedSource(client, source string) []byte {
	if source == "" {
		return nil
	}
	oldest := k.numbers[len(k.numbers)-1]
	return oldest.key.of("guard source", client, source)[:guard.DigestSize]
}

// blockLabel returns the beginning of the numbers of a block, encrypted. Without it, a report could not name the block:
// in clear, it and the mask would be nearly the whole number.
func (k *Keys) blockLabel(client string, to Phone) []byte {
	oldest := k.numbers[len(k.numbers)-1]
	// The nonce is a keyed digest of the text: the same text has the same nonce, and no other one.
	nonce := oldest.key.of("label", client, to.block())[:oldest.box.NonceSize()]
	return oldest.box.Seal(nonce, nonce, []byte(to.block()), []byte(client)) // #nosec G407 -- see above
}

// Block returns the beginning of the numbers of a block, such as "+6012345", from the label of its entry.
func (k *Keys) Block(client string, label []byte) (string, error) {
	for _, n := range k.numbers {
		size := n.box.NonceSize()
		if len(label) < size {
			break
		}
		if text, err := n.box.Open(nil, label[:size], label[size:], []byte(client)); err == nil {
			return string(text), nil
		}
	}
	return "", errors.New(
		"keys: the label of a block cannot be decrypted: its number key was retired, or it was changed")
}

// over has the budget of each outcome by which one refuses.
var over = map[Outcome]guard.Reason{
	OverBlock: guard.ByBlock, OverCountry: guard.ByCountry, OverClient: guard.ByClient, OverSource: guard.BySource,
}

// Over returns the budget that refuses a message with this outcome, "" if none does. [OperatorBlock] is of a rule, and
// of no budget.
func (o Outcome) Over() guard.Reason { return over[o] }

// overOf returns the outcome of a reason of the guard.
func overOf(r guard.Reason) Outcome {
	for o, reason := range over {
		if reason == r {
			return o
		}
	}
	return ""
}

// note keeps what a spend returned: for the challenge, for a refund, for the answer, and for the newer ledgers of the
// number. Where the limits refused the message before the guard was asked, no entry counts it: there is no tag.
func (s *sending) note(p Spend, spent Spent) {
	if p.Guard == nil {
		return
	}
	s.verdict, s.charged, s.answered = spent.Verdict, spent.Verdict.Charged, spent.Answered
	s.tag = spent.Verdict.Tag
	if s.tag == "" && spent.Answered > p.KnownSince {
		s.tag = p.Guard.Numbers.Tag(false, true)
	}
}

// tagOf returns the tag for a challenge whose message this call counted, nil if it has that of an earlier message.
func (s *sending) tagOf(c Challenge) []byte {
	if len(c.Guard) > 0 {
		return nil
	}
	return []byte(s.tag)
}

// refusalOf returns what a challenge keeps of the verdict that refused its message, zero if none did.
func refusalOf(c Challenge) (v guard.Verdict) {
	if v.Reason = c.Result.Over(); v.Reason != "" {
		v.Figures = guard.Tag(c.Guard).Figures()
	}
	return v
}

// refuses reports whether the guard, and not a limit, refuses the message.
func (p Spend) refuses(v guard.Verdict) bool { return p.Guard != nil && v.Refused(p.Guard.Mode) }

// GuardWait returns the time until the entry that refused a message has room. An answer may come earlier.
func GuardWait(v guard.Verdict, now Millis) time.Duration {
	hour := now.Hour() + 1
	if e := v.Entry; e != nil {
		hour = max(hour, e.Hour+e.Wait()) // it may have been read an hour ago
	}
	return Millis(hour * time.Hour.Milliseconds()).Sub(now)
}
