package otp

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/guard"
)

// Entries and tags are stored: their keys are the same in every release, else each deployment gives all budgets anew.
func TestKnownEntries(t *testing.T) {
	k := testKeys(t, 1)
	n := k.Numbers("demo", "+606543216353", 32)
	n.Source = k.guardedSource("demo", "192.0.2.1")
	for got, want := range map[string]string{
		n.BlockKey():   "G#demo#b#k2_M1ltACHI",
		n.SourceKey():  "G#demo#s#n9rM8qKmzOM",
		n.YoungKey():   "G#demo#y#18",
		n.CountryKey(): "G#demo#c#ZZ#18",
		hex.EncodeToString(k.blockLabel("demo", "+606543216353")): "36d433a7b2993646206eda3e41f7f481f686" +
			"3246345353ef0b115ca51fe4e9b334ea06a98a",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A block is the ten thousand numbers that differ in the last four digits, of one client. Short numbers have one too.
func TestBlocks(t *testing.T) {
	k := testKeys(t, 1)
	key := func(client string, to Phone) string { return k.Numbers(client, to, 1).BlockKey() }
	for _, to := range []Phone{
		"+606543210000", "+2901234", "+29051234", "+24740123", "+247612345", "+6838000", "+447624123456",
		"+441481123456", "+15005550006", "+7701", "+79",
	} {
		block := to.block()
		if len(block) < 2 || len(to) > 6 && len(to)-len(block) != 4 {
			t.Errorf("%s has the block %s", to, block)
		}
		for range 20 {
			var b [2]byte
			_, _ = rand.Read(b[:])
			other := Phone(fmt.Sprintf("%s%04d", block, (int(b[0])<<8|int(b[1]))%10000))
			if len(to) > 6 && key("demo", other) != key("demo", to) {
				t.Errorf("%s and %s are of two blocks", to, other)
			}
		}
		if len(to) > 6 && key("demo", to+"0") == key("demo", to) || key("other", to) == key("demo", to) {
			t.Errorf("%s has the block of a longer number, or of another client", to)
		}
		label := k.blockLabel("demo", to)
		if got, err := k.Block("demo", label); err != nil || got != block {
			t.Errorf("%s: the label is %q %v", to, got, err)
		}
		if bytes.Contains(label, []byte(block)) {
			t.Errorf("%s: the label shows it", to)
		}
		if !bytes.Equal(label, k.blockLabel("demo", Phone(block+"9999"))) && len(to) > 6 {
			t.Errorf("%s: two labels of one block", to)
		}
	}
}

// A label is of no use to another client, without its key, or changed.
func TestLabels(t *testing.T) {
	k := testKeys(t, 1)
	label := k.blockLabel("demo", "+606543216353")
	changed := slices.Clone(label)
	changed[len(changed)-1] ^= 1
	for name, c := range map[string]struct {
		client string
		label  []byte
		keys   *Keys
	}{
		"another client": {"other", label, k}, "another key": {"demo", label, numberKeys(t, 2)},
		"changed": {"demo", changed, k},
		"empty":   {"demo", nil, k}, "short": {"demo", label[:11], k}, "the nonce only": {"demo", label[:12], k},
	} {
		if got, err := c.keys.Block(c.client, c.label); err == nil || got != "" {
			t.Errorf("%s: %q %v, want an error", name, got, err)
		}
	}
	older := numberKeys(t, 1).blockLabel("demo", "+606543216353")
	if got, err := numberKeys(t, 3, 1).Block("demo", older); got != "+60654321" {
		t.Errorf("after a rotation: %q %v", got, err)
	}
}

// numberKeys returns keys with number secrets of these versions.
func numberKeys(t *testing.T, versions ...int) *Keys {
	t.Helper()
	numbers := Secrets{}
	for _, v := range versions {
		numbers[v] = bytes.Repeat([]byte{byte(v)}, MinSecret)
	}
	k, err := NewKeys(Secrets{1: make([]byte, MinSecret)}, 1, numbers)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// While the number key is rotated, all processes count in the entries of the older one.
func TestEntriesWhileRotated(t *testing.T) {
	old, both, newer := numberKeys(t, 1), numberKeys(t, 1, 2), numberKeys(t, 2)
	of := func(k *Keys) string {
		n := k.Numbers("demo", "+606543216353", 32)
		n.Source = k.guardedSource("demo", "192.0.2.1")
		return n.CountryKey() + n.BlockKey() + n.SourceKey() + string(k.blockLabel("demo", "+606543216353"))
	}
	if of(both) != of(old) || of(newer) == of(old) {
		t.Error("the entries are not those of the oldest key")
	}
}

// Numbers are spread over all shards, each number is always in one, and no client id leads into another's entries.
func TestNumbersOfClients(t *testing.T) {
	k := testKeys(t, 1)
	for _, shards := range []int{1, 2, 3, 31, guard.MaxShards} {
		counts := make([]int, shards)
		for i := range 100 * shards {
			counts[k.Numbers("demo", Phone(fmt.Sprintf("+6065432%05d", i)), shards).Shard]++
		}
		if slices.Min(counts) < 50 || slices.Max(counts) > 180 {
			t.Errorf("%d shards have %v numbers", shards, counts)
		}
	}
	seen := map[string]string{}
	for _, client := range []string{"demo", "a#b#c", "a", "", "~demo", digestOf("a#b#c"), "G#demo", "demo#c#MY#0"} {
		n := k.Numbers(client, "+606543216353", 1)
		if n.Region = "MY"; guard.KindOf(n.CountryKey()) != guard.Country || guard.KindOf(n.BlockKey()) != guard.Block {
			t.Errorf("%q has the keys %s, %s", client, n.CountryKey(), n.BlockKey())
		}
		if other, ok := seen[n.CountryKey()]; ok {
			t.Errorf("%q and %q have the same entries", client, other)
		}
		if seen[n.CountryKey()] = client; GuardNumbers(client).Client != n.Client {
			t.Errorf("%q has two parts of keys", client)
		}
	}
}

// The wait is until the hour in which the entry has room. It is never in the past, whatever the entry's hour is.
func TestGuardWait(t *testing.T) {
	const hour = 500_000
	now := Millis(hour*3_600_000 + 60_000)
	e := guard.Fresh("k", guard.Block, hour-2)
	for range 8 {
		e.Take(guard.Charge{Kind: guard.Block, Hour: hour - 2})
	}
	for ahead, want := range map[int64]time.Duration{
		0:  22*time.Hour - time.Minute, // read two hours ago, or now
		1:  22*time.Hour - time.Minute, // of a host whose clock is ahead
		-2: 22*time.Hour - time.Minute,
	} {
		entry := e
		if ahead >= 0 {
			entry = e.At(hour + ahead)
		}
		if got := GuardWait(guard.Verdict{Entry: &entry}, now); got != want {
			t.Errorf("an entry of the hour %+d: %v, want %v", ahead, got, want)
		}
	}
	if got := GuardWait(guard.Verdict{}, now); got != 59*time.Minute {
		t.Errorf("without an entry: %v", got)
	}
}

// What a spend returned decides on the tag: that of the verdict, that of a known number, or none where the limits
// refused the message before the guard was asked.
func TestTagOfSpend(t *testing.T) {
	n := guard.Numbers{Block: make([]byte, guard.DigestSize)}
	message := &guard.Message{Numbers: n}
	for name, c := range map[string]struct {
		guard *guard.Message
		spent Spent
		want  guard.Tag
	}{
		"counted": {
			message, Spent{Applied: true, Verdict: guard.Verdict{Tag: n.Tag(true, false)}}, n.Tag(true, false),
		},
		"known":              {message, Spent{Applied: true, Answered: 11}, n.Tag(false, true)},
		"known long ago":     {message, Spent{Applied: true, Answered: 10}, ""},
		"the limits refuse":  {message, Spent{}, ""},
		"nothing is counted": {nil, Spent{Applied: true, Answered: 11}, ""},
	} {
		s := sending{}
		s.note(Spend{Guard: c.guard, KnownSince: 10}, c.spent)
		first, later := s.tagOf(Challenge{}), s.tagOf(Challenge{Guard: []byte{1}})
		if s.tag != c.want || string(first) != string(c.want) || later != nil {
			t.Errorf("%s: the tag %x, want %x", name, s.tag, c.want)
		}
	}
}

// Each reason of the guard is an outcome, and each of them is stored in its turn.
func TestOutcomesOfGuard(t *testing.T) {
	for _, reason := range []guard.Reason{guard.ByBlock, guard.ByCountry, guard.ByClient, guard.BySource} {
		if overOf(reason) == "" || !slices.Contains(overLimits, overOf(reason)) {
			t.Errorf("%s is the outcome %q", reason, overOf(reason))
		}
	}
	if len(overLimits) >= startTries {
		t.Error("a start may be given up because of refusals")
	}
	if overOf("") != "" {
		t.Error("no reason is an outcome")
	}
	for _, o := range Outcomes() {
		reason, ours := strings.CutPrefix(string(o), "guard_")
		if want := guard.Reason(reason); ours && o != OperatorBlock && o.Over() != want || !ours && o.Over() != "" {
			t.Errorf("%s is of the budget %q", o, o.Over())
		}
	}
}
