package otp

import (
	"bytes"
	"context"
	"slices"
	"time"
)

// A source is where an end user is: an address or a device, as text. A source from which
// a right code for a number came is known for that number. Ledgers and challenges have
// keyed digests of sources only, from [Keys.Source].

// MaxKnown is the most known sources of a ledger.
const MaxKnown = 8

// sourceSize is the length of a source's digest in bytes. Nobody without the key can look
// for a source with the same digest, so a short one is enough.
const sourceSize = 8

// Source returns the digest of a source for a client and a number, nil for "". It is made
// with the key of the oldest ledger in [Keys.LedgerKeys], which is the one that keeps it.
func (k *Keys) Source(client string, to Phone, source string) []byte {
	if source == "" {
		return nil
	}
	oldest := k.numbers[len(k.numbers)-1]
	return oldest.key.of("source", client, to.E164(), source)[:sourceSize]
}

// Knows reports whether a right code came from a source, given as its digest.
func (n Ledger) Knows(source []byte) bool {
	return len(source) > 0 && slices.ContainsFunc(n.Known, func(k []byte) bool { return bytes.Equal(k, source) })
}

// Remember returns the known sources of a ledger once a right code came from a further
// one, in the order of their bytes. If there are enough already, the new one takes the
// place of another, which its own digest chooses: all stores and all repeats choose the
// same.
func Remember(known [][]byte, source []byte) [][]byte {
	if len(source) == 0 || (Ledger{Known: known}).Knows(source) {
		return known
	}
	known = slices.SortedFunc(slices.Values(known), bytes.Compare)
	if len(known) >= MaxKnown {
		at := int(source[0]) % len(known)
		known = slices.Delete(known, at, at+1)
	}
	at, _ := slices.BinarySearchFunc(known, source, bytes.Compare)
	return slices.Insert(known, at, source)
}

const (
	// ledgerMemory is how long a ledger is kept after its last send: longer than any
	// window and any pause.
	ledgerMemory = 30 * 24 * time.Hour
	// KnownMemory is the same where it matters who answered: sources, and numbers for the guard. People who sign in
	// every few months are known.
	KnownMemory = 180 * 24 * time.Hour
)

// memory returns how long the ledgers of this call are kept. A message without a source does
// not shorten it: anybody can leave his own out.
func (s *sending) memory() time.Duration {
	if s.Remembers || s.Guard.On() {
		return KnownMemory
	}
	return ledgerMemory
}

// sourceDigest returns the digest of the source of this call, or else that of the
// challenge of a re-send.
func (s *sending) sourceDigest() []byte {
	if digest := s.keys.Source(s.Client, s.To, s.Source); digest != nil {
		return digest
	}
	return s.source
}

// spendFrom counts a message that a source asked for, and returns the limits that decided.
// It spends as a stranger first, so that an ordinary message takes one write. If a limit
// refuses that, and the ledger knows the source, the limits of a known source decide.
func (s *sending) spendFrom(ctx context.Context, source []byte, p Spend) (Spent, Limits, error) {
	p.TTL = p.Now.Add(s.memory()).Seconds()
	spent, err := s.Ledgers.Spend(ctx, p)
	known := func() bool {
		return err == nil && !spent.Applied && !p.refuses(spent.Verdict) &&
			spent.Item.Knows(source) && !spent.Item.Counted(p.ID)
	}
	if p.Limits.Uncounted || !known() {
		return spent, p.Limits, err
	}
	limits, strangers := s.Policy.KnownLimits(), p.Limits
	if why, _ := limits.Refusal(*spent.Item, p.Now); why != "" {
		return spent, limits, nil
	}
	p.Limits, p.Source = limits, source
	if spent, err = s.Ledgers.Spend(ctx, p); !spent.Applied && !known() {
		return spent, strangers, err // another source took its place meanwhile
	}
	return spent, limits, err
}
