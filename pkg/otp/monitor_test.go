package otp

import (
	"context"
	"slices"
	"testing"
	"time"

	"countersign/pkg/guard"
)

// verdicts is a ledger whose guard has a verdict on each message, whatever the limits make of it.
type verdicts struct {
	Ledgers
	spent  Spent
	spends int
}

func (v *verdicts) Spend(_ context.Context, p Spend) (Spent, error) {
	v.spends++
	if len(p.Source) > 0 { // a known source has room
		return Spent{Applied: true, Verdict: v.spent.Verdict}, nil
	}
	return v.spent, nil
}

// In mode monitor a limit refuses a message for its own reason, a known source goes on, and whoever asks sees what the
// guard makes of a message that goes out.
func TestVerdictAndLimits(t *testing.T) {
	k, now := testKeys(t, 1), Millis(500_000*3_600_000)
	n := k.Numbers("demo", "+606543216353", 1)
	block := guard.Fresh(n.BlockKey(), guard.Block, 500_000)
	full := guard.Verdict{Reason: guard.ByBlock, Entry: &block, Tag: n.Tag(false, false)}
	known := [][]byte{k.Source("demo", "+606543216353", "home")}
	justSent := &Ledger{Sends: []Send{{At: now, ID: "another"}}}
	sevenToday := &Ledger{Sends: slices.Repeat([]Send{{At: now.Add(-2 * time.Hour), ID: "another"}}, 7), Known: known}
	for name, c := range map[string]struct {
		mode   guard.Mode
		source string
		spent  Spent
		want   Outcome
		spends int
	}{
		"a limit, with a verdict":        {guard.Monitor, "", Spent{Item: justSent, Verdict: full}, TooSoon, 1},
		"a limit, without one":           {guard.Enforce, "", Spent{Item: justSent}, TooSoon, 1},
		"a known source, with a verdict": {guard.Monitor, "home", Spent{Item: sevenToday, Verdict: full}, "", 2},
		"the guard":                      {guard.Enforce, "", Spent{Item: &Ledger{}, Verdict: full}, OverBlock, 1},
		"the guard, and a known source":  {guard.Enforce, "home", Spent{Item: sevenToday, Verdict: full}, OverBlock, 1},
		"the guard would":                {guard.Monitor, "", Spent{Applied: true, Verdict: full}, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			ledgers := &verdicts{spent: c.spent}
			s := sending{
				Issuer: Issuer{Ledgers: ledgers, Now: now.Time}, at: now, keys: k, id: SendID([]byte("seed"), "owner"),
				Start: Start{
					Client: "demo", To: "+606543216353", Source: c.source, Policy: DefaultPolicy(),
					Guard: guard.Policy{Mode: c.mode, Young: 1, Shards: 1},
				},
			}
			got, err := s.countNumber(t.Context(), Challenge{Reported: Reported{Region: "MY"}})
			if err != nil || got.Outcome != c.want || ledgers.spends != c.spends {
				t.Errorf("%s %v after %d writes, want %q after %d", got.Outcome, err, ledgers.spends, c.want, c.spends)
			}
			if c.want == OverBlock && (got.Wait <= 0 || got.Wait > 24*time.Hour || got.Guard.Reason != guard.ByBlock) {
				t.Errorf("wait %v, refused by %q", got.Wait, got.Guard.Reason)
			}
			if s.verdict.Reason != c.spent.Verdict.Reason {
				t.Errorf("the answer has the reason %q", s.verdict.Reason)
			}
		})
	}
}
