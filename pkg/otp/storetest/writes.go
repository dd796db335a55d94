package storetest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"countersign/pkg/otp"
)

var ctx = context.Background()

// now lies far ahead, so that the TTL deletion of an engine never finds an item to
// delete.
const now otp.Millis = 4_102_531_208_457 // 2100-01-02

// challenge returns a reserved challenge with every attribute set.
func challenge(key string) otp.Challenge {
	expires := now.Add(5 * time.Minute)
	return otp.Challenge{
		Reported:    otp.Reported{AuthID: "20261122190077000000162140200586657", Mask: "+60******6353"},
		Key:         key,
		Fingerprint: bytes32(1), State: otp.Reserved, Owner: "owner-1", Lease: now.Add(otp.Lease),
		Seed: bytes32(2)[:16], Encrypted: bytes32(5), Digits: 6, KeyVersion: 1, Code: bytes32(3),
		Guess: []byte("-"), Op: "-", Attempts: 0, Max: 5,
		SentAt: now, ExpiresAt: expires, LedgerKey: "N#ledger",
		TTL: expires.Add(24 * time.Hour).Seconds(),
	}
}

func bytes32(b byte) []byte {
	out := make([]byte, 32)
	for i := range out {
		out[i] = b ^ byte(i)
	}
	return out
}

// applied fails the test unless a write went as expected and, if item is given,
// returned it.
func applied(t testing.TB, w otp.Write, err error, want bool, item *otp.Challenge) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if w.Applied != want {
		t.Fatalf("applied is %v, want %v (item %+v)", w.Applied, want, w.Item)
	}
	if item != nil && !reflect.DeepEqual(w.Item, item) {
		t.Fatalf("the write returned\n%+v\nwant\n%+v", w.Item, item)
	}
}

// stored reads an item with a write that is always refused.
func stored(t testing.TB, s Store, key string) *otp.Challenge {
	t.Helper()
	w, err := s.Attempt(ctx, otp.Guess{
		Key: key, AuthID: "no such", KeyVersion: 1, Digest: bytes32(9), Op: "peek", Now: now,
	})
	if err != nil || w.Applied {
		t.Fatalf("peek: %v, applied %v", err, w.Applied)
	}
	return w.Item
}

// put stores a challenge under a free key.
func put(t testing.TB, s Store, c otp.Challenge) {
	t.Helper()
	w, err := s.Reserve(ctx, c, nil, now)
	applied(t, w, err, true, nil)
}
