package dynamostore_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
)

func storeOn(t testing.TB, table string, transport http.RoundTripper) *dynamostore.Store {
	t.Helper()
	return dynamostore.New(dynamotest.Client(t, transport), table)
}

// ledger reads a ledger by a spend that is refused, because its id is counted already.
func ledger(t testing.TB, s *dynamostore.Store, key, id string) otp.Ledger {
	t.Helper()
	got, err := s.Spend(t.Context(), spend(key, id, now.Add(10*365*24*time.Hour)))
	if err != nil || got.Applied {
		t.Fatalf("applied %v, %v", got.Applied, err)
	}
	return *got.Item
}

func ids(n otp.Ledger) []string {
	var out []string
	for _, s := range n.Sends {
		out = append(out, s.ID)
	}
	return out
}

// Over many days a ledger stays short, and keeps each send that a limit needs. A later trim
// does the work of one that failed.
func TestTrim(t *testing.T) {
	table, wire := dynamotest.Table(t), dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s, beside := storeOn(t, table, wire), storeOn(t, table, nil)
	limits := otp.Limits{Windows: []otp.Window{{Sends: 10, In: 24 * time.Hour}}}
	var all []otp.Send
	at, trims := now, 0
	for n := range 80 {
		at = at.Add(24 * time.Hour / 10) // as many as the day allows, to the millisecond
		p := spend("N#1", fmt.Sprint(n), at)
		p.Limits = limits
		if early := p; n >= 10 {
			early.Now--
			if got, err := beside.Spend(t.Context(), early); err != nil || got.Applied {
				t.Fatalf("send %d, 1 ms early: applied %v, %v", n, got.Applied, err)
			}
		}
		failing := n >= 25 && n < 40
		wire.Follow(func(n int, _ string) dynamotest.Fault {
			if n > 1 && failing {
				return dynamotest.Lost
			}
			return dynamotest.Through
		})
		if got, err := s.Spend(t.Context(), p); err != nil || !got.Applied {
			t.Fatalf("send %d: applied %v, %v", n, got.Applied, err)
		}
		if wire.Total() > 1 && !failing {
			trims++
		}
		all = slices.Insert(all, 0, otp.Send{At: at, ID: p.ID})
		kept := ledger(t, beside, "N#1", p.ID).Sends
		if long := limits.Trim(len(kept)) < len(kept); long != (failing && n > 30) {
			t.Fatalf("the ledger has %d sends after send %d; trims fail: %v", len(kept), n, failing)
		}
		if k := min(len(all), limits.Depth()+2); len(kept) < k || !slices.Equal(kept[:k], all[:k]) {
			t.Fatalf("the ledger has %+v, want at least %+v", kept, all[:k])
		}
	}
	if trims != 5 {
		t.Errorf("%d trims for 80 sends, want 5: at the 22nd, when they stop failing, and at each tenth after", trims)
	}
}

// A window that allows no sends is an error.
func TestSpendOfNoWindow(t *testing.T) {
	p := spend("N#1", "a", now)
	p.Limits.Windows = []otp.Window{{Sends: 0, In: time.Hour}}
	if got, err := dynamotest.Store(t, nil).Spend(t.Context(), p); err == nil || got.Applied {
		t.Errorf("applied %v, error %v", got.Applied, err)
	}
}
