package storetest

import (
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"countersign/pkg/otp"
)

// testReceipts receives receipts of messages.
func testReceipts(t *testing.T, o Opener) {
	run(t, o, cases{
		{"every field is kept", receiptFields},
		{"the higher one of two is kept, in both orders", receiptPairs},
		{"a state is new once, however many come at once", receiptsTogether},
		{"a lost answer loses no receipt", receiptsLost},
	})
}

// receive receives a receipt, which must or must not change the state of its message.
func receive(t testing.TB, s Store, r otp.Receipt, want bool) {
	t.Helper()
	changed, err := s.Receive(ctx, r)
	if err != nil || changed != want {
		t.Fatalf("receive %s: changed %v, %v; want %v", r.Reason, changed, err, want)
	}
}

// receipt reads the receipt of a message.
func receipt(t testing.TB, s Store, messageID string) *otp.Receipt {
	t.Helper()
	r, err := s.Receipt(ctx, messageID)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func receiptFields(t *testing.T, o Opener) {
	s := o.Open(t)
	for n := range 2 {
		r := FilledReceipt(n)
		r.MessageID = messageID(1)
		receive(t, s, r, n == 0) // the reasons have one state
		if got := receipt(t, s, r.MessageID); !reflect.DeepEqual(got, &r) {
			t.Errorf("stored\n%+v\nwant\n%+v", got, r)
		}
	}
	bare := otp.Receipt{MessageID: messageID(2), Reason: otp.ReasonArrived, At: now, TTL: now.Seconds()}
	receive(t, s, bare, true)
	if got := receipt(t, s, bare.MessageID); !reflect.DeepEqual(got, &bare) {
		t.Errorf("stored\n%+v\nwant\n%+v", got, bare)
	}
	if got := receipt(t, s, messageID(3)); got != nil {
		t.Errorf("a message without receipts has %+v", got)
	}
}

// receiptPairs receives each receipt before and after each other one, and once more.
func receiptPairs(t *testing.T, o Opener) {
	s, message := o.Open(t), 0
	for _, first := range otp.Reasons() {
		for _, second := range otp.Reasons() {
			message++
			a := otp.Receipt{MessageID: messageID(message), Reason: first, At: now, TTL: now.Seconds()}
			b := a
			b.Reason, b.At = second, now+1
			receive(t, s, a, true)
			higher := second.Rank() > first.Rank()
			receive(t, s, b, higher && first.State() != second.State())
			receive(t, s, a, false)
			want := a
			if higher {
				want = b
			}
			if got := receipt(t, s, a.MessageID); *got != want {
				t.Fatalf("%s, then %s: stored %+v", first, second, got)
			}
		}
	}
}

func receiptsTogether(t *testing.T, o Opener) {
	s := o.Open(t)
	var all sync.WaitGroup
	var changed [3]atomic.Int64
	for n, reason := range []otp.Reason{otp.ReasonSilence, otp.ReasonSpam, otp.ReasonArrived} {
		for range 8 {
			all.Go(func() {
				r := otp.Receipt{MessageID: messageID(1), Reason: reason, At: now, TTL: now.Seconds()}
				switch is, err := s.Receive(ctx, r); {
				case err != nil:
					t.Error(err)
				case is:
					changed[n].Add(1)
				}
			})
		}
	}
	all.Wait()
	if n := changed[2].Load(); n != 1 || changed[0].Load() > 1 || changed[1].Load() > 1 {
		t.Errorf("the states were new %d, %d and %d times, want at most once, at most once, and once",
			changed[0].Load(), changed[1].Load(), n)
	}
	if got := receipt(t, s, messageID(1)); got.Reason != otp.ReasonArrived {
		t.Errorf("the receipt is %s", got.Reason)
	}
}

// receiptsLost loses each request in turn, before and after it is applied. The store's client repeats it: the receipt
// is kept, and no state is new twice.
func receiptsLost(t *testing.T, o Opener) {
	for _, fate := range []Fate{LostBefore, LostAfter} {
		for lost := 1; lost <= 3; lost++ {
			s := o.Lossy(t, nth(lost, fate))
			changes := 0
			for _, reason := range []otp.Reason{otp.ReasonSilence, otp.ReasonArrived, otp.ReasonSilence} {
				r := otp.Receipt{MessageID: messageID(1), Reason: reason, At: now, TTL: now.Seconds()}
				changed, err := s.Receive(ctx, r)
				if err != nil {
					t.Fatalf("%s request %d: %v", fate, lost, err)
				}
				if changed {
					changes++
				}
			}
			if got := receipt(t, s, messageID(1)); got.Reason != otp.ReasonArrived || changes > 2 || changes < 1 {
				t.Errorf("%s request %d: the receipt is %s, after %d changes", fate, lost, got.Reason, changes)
			}
		}
	}
}
